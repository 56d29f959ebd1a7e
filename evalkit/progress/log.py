"""Progress elsewhere, in a log or a pipe: lines now and then."""

import time
from collections.abc import Callable
from typing import TextIO

from evalkit.estimate import Outlook
from evalkit.progress.display import Display
from evalkit.progress.line import rows


class LogDisplay(Display):
    """A line per run, now and then."""

    every = 15.0

    def __init__(
        self,
        file: TextIO,
        ahead: Outlook | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(ahead, clock)
        self._file = file

    def show(self) -> None:
        lines = [(name, parts) for name, parts, _ in self.lines()]
        for name, told in rows(lines):
            self.say(f"{name.removesuffix(':')}: {told}")

    def say(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()

    def close(self) -> None:
        self.show()
