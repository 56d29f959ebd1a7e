"""A run's folder: where its files are, and who may write them.

runs/<task>/<protocol>--<model>--<hash8>/
"""

import os
import re
import shutil
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from evalkit.disk import (
    DAMAGES,
    check_kind,
    draft_own,
    home_of,
    make_own,
    named,
    open_own,
    read_file,
    remove_own,
    replace_own,
)
from evalkit.errors import DataError, UsageError, reason
from evalkit.locking import alone, undisturbed
from evalkit.misnamed import instead
from evalkit.record import RunRecord, RunSpec, Session, encode, pretty

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
HASHED = re.compile(r".+--[0-9a-f]{8}")
"""The name of a run's folder, which lies in one of its task's."""
LITTER = re.compile(r"\..+\.[0-9a-f]{12}\.part")
"""What a killed process may leave of a file that was to be replaced."""


class Damaged(UsageError):
    """The record of a run is not what evalkit wrote."""

    def __init__(self, path: Path, what: str) -> None:
        self.what = what
        super().__init__(
            f"{str(path)!r} is damaged ({what}). The command that made the run makes "
            "it anew from completions.jsonl, and asks nothing that is answered there"
        )


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of one run's files, and the few ways to write them."""

    path: Path
    own: int = 1
    """So many of the last parts of the path are evalkit's to make: none of them may be
    a link to somewhere else where something is written."""

    @classmethod
    def of(cls, root: Path, spec: RunSpec) -> "RunFolder":
        """The folder that belongs to a spec."""
        name = f"{slug(spec.protocol)}--{slug(spec.model)}--{spec.digest[:8]}"
        return cls(root / slug(spec.task) / name, own=2)

    @classmethod
    def named(cls, path: Path) -> "RunFolder":
        """The folder that a user named."""
        return cls(path, own=2 if HASHED.fullmatch(path.name) else 1)

    @property
    def completions(self) -> Path:
        return self.path / "completions.jsonl"

    @property
    def results(self) -> Path:
        return self.path / "results.jsonl"

    @property
    def record(self) -> Path:
        return self.path / "record.json"

    @property
    def card(self) -> Path:
        return self.path / "card.md"

    @property
    def sessions(self) -> Path:
        return self.path / "sessions.jsonl"

    @property
    def spec(self) -> Path:
        return self.path / "spec.json"

    @property
    def regrading(self) -> Path:
        """A folder in which a rescored run's new files are made."""
        return self.path / "regrading"

    @property
    def regraded(self) -> Path:
        """The same folder once it is whole: its files are about to take their place."""
        return self.path / "regraded"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    def judging(self, spec: RunSpec) -> "RunFolder":
        """Where a judge's completions of this run are kept; `spec` is the judge's."""
        name = f"{slug(spec.model)}--{spec.digest[:8]}"
        return RunFolder(self.path / "judging" / name, self.own + 2)

    def read_record(self) -> RunRecord:
        """The record of a finished run; UsageError if there is none to be read."""
        found = self.find_record()
        if found is None:
            state = f"{self.state()}: no record.json"
            meant = instead(self.path)
            raise UsageError(f"{str(self.path)!r} is {state}{meant}")
        return found

    def find_record(self) -> RunRecord | None:
        """The record, if there is one; Damaged if it is none."""
        try:
            record = msgspec.json.decode(read_file(self.record), type=RunRecord)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            raise UsageError(
                f"{str(self.record)!r} cannot be read: {exc.strerror}"
            ) from exc
        except DAMAGES as exc:
            raise Damaged(self.record, reason(exc)) from exc
        return record.lying_in(self.path)

    def state(self) -> str:
        """Why there may be no record."""
        if self.regraded.exists():
            return (
                "getting new scores; if nothing is at work, evalkit grade --write "
                "mends it"
            )
        return "not finished" if self.completions.exists() else "not a run folder"

    def finish_regrade(self) -> str | None:
        """Bring rescored files to their places; say so if it had to be done at all.

        The old record goes first and the new one comes last: whenever there is a
        record, the results beside it are its own. Whoever holds the lock may do this,
        and after a crash does it again.
        """
        self._clear(self.regrading)
        if not os.path.lexists(self.regraded):
            return None
        staged = RunFolder(self.regraded, self.own + 1)
        if staged.results.exists():
            remove_own(self.record, self.own)
            self._take(staged.results)
        for new in (staged.card, staged.record):
            if new.exists():
                self._take(new)
        self._clear(self.regraded)
        return "a rescoring that had been cut off was completed"

    def _take(self, new: Path) -> None:
        """Put a file from a folder within this one in its place here."""
        with (
            home_of(new, self.own + 1) as there,
            home_of(self.record, self.own) as here,
        ):
            os.replace(new.name, new.name, src_dir_fd=there, dst_dir_fd=here)

    def _clear(self, inner: Path) -> None:
        """Remove a folder within this one with all that is in it."""
        if os.path.lexists(inner):
            check_kind(inner, inner.lstat().st_mode, folder=True)
            shutil.rmtree(inner)

    def make(self) -> None:
        """Make the folder, if it is not there."""
        make_own(self.path, self.own)

    def write_spec(self, spec: RunSpec) -> None:
        replace_own(self.spec, pretty(spec), self.own)

    def write_record(self, record: RunRecord) -> None:
        replace_own(self.record, pretty(record), self.own)

    def write_card(self, markdown: str) -> None:
        replace_own(self.card, markdown.encode(), self.own)

    def remove_record(self) -> None:
        remove_own(self.record, self.own)

    def add_session(self, session: Session) -> None:
        with self.opened(self.sessions) as file, named(self.sessions):
            append(file.fileno(), encode(session) + b"\n")

    def opened(self, path: Path) -> BinaryIO:
        """A file of lines of this folder, for reading back and for appending."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        return os.fdopen(open_own(path, flags, self.own), "rb")

    def draft(self, path: Path) -> BinaryIO:
        """A new file of this folder."""
        return draft_own(path, self.own)

    def read_sessions(self) -> tuple[Session, ...]:
        if not self.sessions.exists():
            return ()
        try:
            lines = read_file(self.sessions).splitlines()
            return tuple(msgspec.json.decode(line, type=Session) for line in lines)
        except OSError as exc:
            raise UsageError(
                f"{str(self.sessions)!r} cannot be read: {exc.strerror}"
            ) from exc
        except DAMAGES as exc:
            raise DataError(f"{str(self.sessions)!r} is damaged: {exc}") from exc

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder for this process; refuse if another one does.

        The lock is the operating system's, so a killed process leaves none behind.
        """
        with ExitStack() as stack:
            try:
                self.make()
                stack.enter_context(alone(self.lock, self.own, now()))
                self._sweep()
            except OSError as exc:
                where = str(exc.filename or self.path)
                raise UsageError(
                    f"run folder {where!r} cannot be written: {exc.strerror}"
                    if where == str(self.path)
                    else f"{where!r} cannot be written: {exc.strerror}"
                ) from exc
            yield

    def _sweep(self) -> None:
        """Remove what a killed process has left."""
        for each in self.path.iterdir():
            if LITTER.fullmatch(each.name):
                remove_own(each, self.own)

    @contextmanager
    def undisturbed(self) -> Generator[None]:
        """Read the folder while nobody writes it, without changing anything there."""
        with undisturbed(self.lock, self.own):
            yield


def check_writable(root: Path) -> None:
    """Make the output folder and write in it, or say in one line why not."""
    probe = root / f".evalkit-{os.getpid()}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        draft_own(probe, 0).close()
        remove_own(probe, 0)
    except OSError as exc:
        why = exc.strerror or reason(exc)
        raise UsageError(
            f"output folder {str(root)!r} cannot be written: {why}"
        ) from exc


def append(descriptor: int, line: bytes) -> None:
    """Write a line at the end of a file: all of it, or none."""
    end = os.fstat(descriptor).st_size
    left = memoryview(line)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, end)
        raise


def cut_torn_line(path: Path, own: int) -> str | None:
    """Cut a half-written last line off a file of lines; say so if there was one."""
    if not os.path.lexists(path):
        return None
    with os.fdopen(open_own(path, os.O_RDWR, own), "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = end_of_last_line(file.fileno(), size)
        if end == size:
            return None
        file.truncate(end)
    return f"{path.name}: cut a half-written last line of {size - end} bytes"


def end_of_last_line(descriptor: int, size: int, block: int = 1 << 16) -> int:
    """Offset just behind the last newline, 0 if there is none."""
    position = size
    while position > 0:
        start = max(0, position - block)
        newline = os.pread(descriptor, position - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0


def slug(name: str) -> str:
    """A name as one harmless path component."""
    return UNSAFE.sub("-", name).strip(".-")[:100] or "unnamed"


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
