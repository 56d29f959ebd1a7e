"""Files known by a hash of what they hold, and read only as they were when it was made.

A file's content may be changed, or another put in its place, with the size and the time
of the old one. What the system notes of each change, and lets nobody set, tells it all
the same.
"""

import hashlib
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, TypeAlias

from evalkit.disk import opened
from evalkit.errors import DataError

Stamp: TypeAlias = tuple[int, int, int, int, int]


class Hashed:
    """Remembers the hash of each file together with the state that it was taken in."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, bytes]] = {}

    def sha256(self, files: Iterable[tuple[Path, str]]) -> str:
        """Over the names that files go by and their bytes, in the files' order."""
        total = hashlib.sha256()
        for path, name in sorted(files):
            total.update(f"{name}\0".encode())
            total.update(self._digest(path, name))
        return total.hexdigest()

    def _digest(self, path: Path, name: str) -> bytes:
        with held(path, name) as file:
            before = stamp(file)
            known = self._known.get(path)
            if known is not None and known[0] == before:
                return known[1]
            digest = hashlib.file_digest(file, "sha256").digest()
            check(file, before, name)
        self._known[path] = before, digest
        return digest

    @contextmanager
    def reading(self, path: Path, name: str) -> Generator[BinaryIO]:
        """A file to be read: a DataError if it is not what was hashed, or changes."""
        with held(path, name) as file:
            before = stamp(file)
            known = self._known.get(path)
            if known is not None:
                check(file, known[0], name)
            yield file
            check(file, before, name)


@contextmanager
def held(path: Path, name: str) -> Generator[BufferedReader]:
    """A file, open; a DataError says why it cannot be."""
    try:
        file = opened(path)
    except OSError as exc:
        raise DataError(f"{name} cannot be read: {exc.strerror}") from exc
    with file:
        yield file


def stamp(file: BinaryIO) -> Stamp:
    """What tells a file as it is from any other, and from itself once it is changed."""
    found = os.fstat(file.fileno())
    return (
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )


def check(file: BinaryIO, wanted: Stamp, name: str) -> None:
    """Refuse a file that is not as it was."""
    if stamp(file) != wanted:
        raise DataError(
            f"{name} was changed while it was being read: rows of two states would "
            "pass for one. The same command begins with what is there now"
        )
