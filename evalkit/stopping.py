"""Ending a command in good order before its work is done."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

from evalkit.errors import Interrupted

INTERRUPTED = 130
"""Exit status of a command that somebody stopped, as shells have it."""
FAILED = 1
"""Exit status of a command of which some answers failed for good."""
TOO_DEAR = 3
"""Exit status of a command that would have cost more than was allowed."""


class Stopped(Exception):
    """The work under way was finished and saved, and the rest was not begun."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class GaveUp(Stopped):
    """All that a run asked first failed for one reason, which asking again does not
    change."""


class Stop:
    """Whether a command is to end early, and why.

    The work looks at `why` between its steps: it begins nothing more and waits for
    what is under way.
    """

    def __init__(self) -> None:
        self.why = ""
        self.status = 0
        self.worth_waiting = False
        """Whether anything may be under way: set by the work."""

    def request(self, why: str, status: int) -> None:
        """Have the work come to an end; the first reason counts."""
        if not self.why:
            self.why, self.status = why, status

    @contextmanager
    def on_interrupt(self, say: Callable[[str], None]) -> Generator[None]:
        """While the block runs the first Ctrl-C asks for an end in good order.

        The second stops at once, as the first does when nothing is under way yet.
        """
        here = threading.current_thread() is threading.main_thread()
        if not here or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            yield  # only the main thread may say what signals do, if they do anything
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self.why or not self.worth_waiting:
                raise Interrupted
            self.request("stopped by Ctrl-C", INTERRUPTED)
            with suppress(RuntimeError):  # it came in the middle of another line
                say("evalkit: finishing what is under way; Ctrl-C again stops now")

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
