"""The command line within this process: what it prints, and how it ends."""

import signal
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from unittest import mock

from evalkit.commands import main

TAKEN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that the command line has handlers of its own for."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended; a bug's traceback stands in `stderr`, as Python has it."""

    status: int
    stdout: str
    stderr: str

    @property
    def complaint(self) -> str:
        """The only line on standard error, for a command that was refused."""
        (line,) = self.stderr.splitlines()
        return line


def evalkit_here(*words: str) -> Done:
    """Run the command line with the plugins that are on the path now."""
    out, err = StringIO(), StringIO()
    handlers = {number: signal.getsignal(number) for number in TAKEN}
    status = 0
    with (
        mock.patch.object(sys, "argv", ["evalkit", *words]),
        mock.patch.object(sys, "excepthook", sys.excepthook),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as exc:
            status = (
                exc.code if isinstance(exc.code, int) else int(exc.code is not None)
            )
        except BaseException:
            status = 1
            err.write(traceback.format_exc())
    for number, handler in handlers.items():
        signal.signal(number, handler)
    return Done(status, out.getvalue(), err.getvalue())
