"""Standard streams that may be closed, full or gone, or too narrow for a character.

What is printed is never a reason for a run to end: it goes on without. Standard error
falls silent when it cannot be written. That standard output could not be is told when
the command is done, for it may have been what the user wanted. Of a closed pipe its
reader is to blame, who had enough.
"""

import io
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STREAMS = (0, 1, 2)
FAILED = 2
"""Exit status of a command whose output could not be written."""


class Patient(io.FileIO):
    """Writes to a descriptor until that fails, and from then on to nowhere."""

    def __init__(self, descriptor: int, *, tells_readers: bool) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.failure: OSError | None = None
        self._tells_readers = tells_readers
        """Whether a reader that has gone is told of, as an exception."""

    def write(self, data: "ReadableBuffer") -> int:
        size = memoryview(data).nbytes
        if self.failure is not None:
            return size
        try:
            return self._write_all(data)
        except OSError as exc:
            self.failure = exc
            if self._tells_readers and isinstance(exc, BrokenPipeError):
                raise
            return size

    def _write_all(self, data: "ReadableBuffer") -> int:
        """Write as much as a blocking descriptor takes, though this may be none."""
        while True:
            written: int | None = super().write(data)
            if written is not None:
                return written
            select.select((), (self.fileno(),), ())


def guarded() -> Callable[[], str]:
    """Have the standard streams take anything; gives what tells, at the end, why
    standard output lacks something: nothing if it does not."""
    open_all()
    sys.stderr, _ = wrapped(sys.stderr, sys.__stderr__, 2)
    sys.stdout, raw = wrapped(sys.stdout, sys.__stdout__, 1)

    def why() -> str:
        with suppress(BrokenPipeError):
            sys.stdout.flush()
        failure = None if raw is None else raw.failure
        if failure is None or isinstance(failure, BrokenPipeError):
            return ""
        return f"cannot write to standard output: {failure.strerror}"

    return why


def open_all() -> None:
    """Open what was closed, to nowhere: or the next file opened would take its place,
    and with it whatever any library prints."""
    for descriptor in STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)


def wrapped(
    stream: TextIO | None, original: TextIO | None, descriptor: int
) -> tuple[TextIO, Patient | None]:
    """A stream to the same place that takes any text; one that somebody has put in
    its place stays as it is."""
    if stream is not None and (stream is not original or not has(stream, descriptor)):
        return stream, None
    if stream is not None:
        with suppress(OSError):
            stream.flush()
    raw = Patient(descriptor, tells_readers=descriptor == 1)
    text = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding if stream is not None else "utf-8",
        errors="replace",
        line_buffering=descriptor == 2 or raw.isatty(),
    )
    return text, raw


def has(stream: TextIO, descriptor: int) -> bool:
    """Whether a stream writes to a descriptor."""
    try:
        return stream.fileno() == descriptor
    except (OSError, ValueError):
        return False
