"""SHA-256 of files, remembered for as long as they stay as they were.

A file is known again by its device, inode, size, and the times of its last change, the
one that programs can set and the one that they cannot. What is remembered is a hint
from a folder that somebody else may write to or that a full disk has spoiled: it is
believed only from a file that is this user's alone and whose own checksum holds.
"""

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

from evalkit_backends._models.cache import cache_folder
from evalkit_backends._models.files import opened

SMALL = 4 << 20
"""Bytes up to which hashing a file is as quick as looking for its hash."""
SETTLED = 2_000_000_000
"""Nanoseconds that a file must have been left alone: clocks of files are coarse, and
what is written twice within a tick looks as if it had been written once."""
HEADING = "evalkit-digest-1"
THREADS = 8


@dataclass(frozen=True, slots=True)
class State:
    """What tells whether a file was touched."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        return cls(
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
        )

    def __str__(self) -> str:
        return " ".join(map(str, astuple(self)))


def sha256_of(paths: Iterable[Path]) -> dict[Path, str]:
    """The hashes of files, in hexadecimal; OSError if one cannot be read."""
    wanted = list(paths)
    memory = Memory(cache_folder() / "digests")
    with ThreadPoolExecutor(min(THREADS, max(len(wanted), 1))) as pool:
        found = pool.map(memory.sha256, wanted)
        return dict(zip(wanted, found, strict=True))


class Memory:
    """Hashes that were worked out before, one small file for each."""

    def __init__(self, folder: Path, settled: int = SETTLED) -> None:
        self._folder = folder
        self._settled = settled

    def sha256(self, path: Path) -> str:
        """The hash of a file as it is now."""
        with opened(path) as file:
            before = State.of(os.fstat(file.fileno()))
            if before.size > SMALL and (known := self._recall(before)):
                return known
            begun = time.time_ns()
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            after = State.of(os.fstat(file.fileno()))
        if before != after:
            raise OSError(0, "it was changed while it was read", str(path))
        if before.size > SMALL and before.changed < begun - self._settled:
            self._remember(before, digest)
        return digest

    def _place(self, state: State) -> Path:
        return self._folder / hashlib.sha256(str(state).encode()).hexdigest()[:32]

    def _recall(self, state: State) -> str | None:
        """What was remembered of a file in this state, if it can be believed."""
        try:
            with opened(self._place(state)) as file:
                if not is_ours(os.fstat(file.fileno())):
                    return None
                line = file.read(1024)
            if not is_ours(self._folder.lstat()):
                return None
        except OSError:
            return None
        digest = line.decode(errors="replace").split(" ")[-2:-1]
        return digest[0] if digest and line == written(state, digest[0]) else None

    def _remember(self, state: State, digest: str) -> None:
        """Write down a hash; without a place to write to, it is worked out again."""
        place = self._place(state)
        draft = place.with_name(f".{place.name}-{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not is_ours(self._folder.lstat()):
                return
            draft.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with open(os.open(draft, flags, 0o600), "wb") as file:
                file.write(written(state, digest))
            draft.replace(place)
        except OSError:
            return


def written(state: State, digest: str) -> bytes:
    """A line of the memory, with a checksum over all of it."""
    line = f"{HEADING} {state} {digest}"
    return f"{line} {hashlib.sha256(line.encode()).hexdigest()}\n".encode()


def is_ours(found: os.stat_result) -> bool:
    """Whether nobody but this user can have written a file, or into a folder."""
    others = stat.S_IWGRP | stat.S_IWOTH
    return found.st_uid == os.geteuid() and not found.st_mode & others
