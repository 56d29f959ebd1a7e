"""A run's folder: where its files are, and who may write them.

runs/<task>/<protocol>--<model>--<hash8>/
"""

import fcntl
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from evalkit.errors import DataError, UsageError, reason
from evalkit.misnamed import instead
from evalkit.record import RunRecord, RunSpec, Session, encode, pretty

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of one run's files, and the few ways to write them."""

    path: Path

    @classmethod
    def of(cls, root: Path, spec: RunSpec) -> "RunFolder":
        """The folder that belongs to a spec."""
        name = f"{slug(spec.protocol)}--{slug(spec.model)}--{spec.digest[:8]}"
        return cls(root / slug(spec.task) / name)

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

    def judging(self, spec: RunSpec) -> "RunFolder":
        """Where a judge's completions of this run are kept; `spec` is the judge's."""
        name = f"{slug(spec.model)}--{spec.digest[:8]}"
        return RunFolder(self.path / "judging" / name)

    def read_record(self) -> RunRecord:
        """The record of a finished run; UsageError if there is none to be read."""
        try:
            record = msgspec.json.decode(self.record.read_bytes(), type=RunRecord)
        except OSError:
            state = f"{self._state()}: no record.json"
            meant = instead(self.path)
            raise UsageError(f"{str(self.path)!r} is {state}{meant}") from None
        except msgspec.DecodeError as exc:
            raise UsageError(f"{str(self.record)!r} is damaged: {exc}") from exc
        return record.lying_in(self.path)

    def _state(self) -> str:
        """Why there may be no record."""
        if self.regraded.exists():
            return "getting new scores; if nothing is at work, evalkit grade mends it"
        return "not finished" if self.completions.exists() else "not a run folder"

    def finish_regrade(self) -> str | None:
        """Bring rescored files to their places; say so if it had to be done at all.

        The old record goes first and the new one comes last: whenever there is a
        record, the results beside it are its own. Whoever holds the lock may do this,
        and after a crash does it again.
        """
        if self.regrading.exists():
            shutil.rmtree(self.regrading)
        if not self.regraded.exists():
            return None
        staged = RunFolder(self.regraded)
        if staged.results.exists():
            self.record.unlink(missing_ok=True)
            staged.results.replace(self.results)
        for new, old in ((staged.card, self.card), (staged.record, self.record)):
            if new.exists():
                new.replace(old)
        shutil.rmtree(self.regraded)
        return "a rescoring that had been cut off was completed"

    def write_spec(self, spec: RunSpec) -> None:
        replace_file(self.spec, pretty(spec))

    def write_record(self, record: RunRecord) -> None:
        replace_file(self.record, pretty(record))

    def write_card(self, markdown: str) -> None:
        replace_file(self.card, markdown.encode())

    def add_session(self, session: Session) -> None:
        with self.sessions.open("ab") as file:
            file.write(encode(session) + b"\n")

    def read_sessions(self) -> tuple[Session, ...]:
        if not self.sessions.exists():
            return ()
        lines = self.sessions.read_bytes().splitlines()
        try:
            return tuple(msgspec.json.decode(line, type=Session) for line in lines)
        except msgspec.DecodeError as exc:
            raise DataError(f"{str(self.sessions)!r} is damaged: {exc}") from exc

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder for this process; refuse if another one does.

        The lock is the operating system's, so a killed process leaves none behind.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            opened = (self.path / "lock").open("a+")
        except PermissionError as exc:
            raise UsageError(
                f"run folder {str(self.path)!r} cannot be written: {exc.strerror}"
            ) from None
        with opened as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "another process"
                raise UsageError(
                    f"run folder {str(self.path)!r} is in use by {holder}"
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()} on {os.uname().nodename}, since {now()}")
            file.flush()
            yield
            file.truncate(0)


def check_writable(root: Path) -> None:
    """Make the output folder and write in it, or say in one line why not."""
    probe = root / f".evalkit-{os.getpid()}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as exc:
        why = exc.strerror or reason(exc)
        raise UsageError(
            f"output folder {str(root)!r} cannot be written: {why}"
        ) from exc


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old one or the new one, whole."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    temporary.replace(path)


def cut_torn_line(path: Path) -> str | None:
    """Cut a half-written last line off a file of lines; say so if there was one."""
    if not path.exists():
        return None
    with path.open("rb+") as file:
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
