"""Files as they lie on a disk that others write too.

What is read may be a pipe that nobody writes to, a device without an end, or larger
than this machine: `opened` and `read_file` take plain files only, up to a size. What
is written may lie behind a link to somebody's own file: the functions with `own` write
through none. All of them raise an OSError whose words can be told as they are.
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import msgspec

LARGEST = 256 << 20
"""Bytes of a file, or of a line of one, that are read at once."""
DAMAGES = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What decoding says of content that is not what it should be."""
KINDS: Mapping[Callable[[int], bool], str] = MappingProxyType(
    {
        stat.S_ISLNK: "a symbolic link, and nothing is written through one",
        stat.S_ISDIR: "a folder, not a file",
        stat.S_ISFIFO: "a pipe, not a file",
        stat.S_ISSOCK: "a socket, not a file",
        stat.S_ISCHR: "a device, not a file",
        stat.S_ISBLK: "a device, not a file",
    }
)
PLAIN = os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""Of every file that is opened: a pipe without a writer is not waited for."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Unfit(OSError):
    """Something is there and cannot serve."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EINVAL, f"it is {what}", str(path))
        self.what = what


@contextmanager
def named(path: Path) -> Generator[None]:
    """Have errors tell the whole path of a file that is known by its folder."""
    try:
        yield
    except OSError as exc:
        exc.filename, exc.filename2 = str(path), None
        raise


def check_kind(path: Path, mode: int, *, folder: bool = False) -> None:
    """Refuse what is no plain file; or, if a folder is meant, what is none."""
    if folder and stat.S_ISDIR(mode):
        return
    for is_one, what in KINDS.items():
        if is_one(mode):
            raise Unfit(path, what)
    if folder:
        raise Unfit(path, "a file, not a folder")


def opened(path: Path) -> BufferedReader:
    """A plain file, to be read; links are followed, for caches are full of them."""
    check_kind(path, path.stat().st_mode)
    descriptor = os.open(path, os.O_RDONLY | PLAIN)
    file = os.fdopen(descriptor, "rb")
    try:
        check_kind(path, os.fstat(descriptor).st_mode)
    except OSError:
        file.close()
        raise
    return file


def read_file(path: Path, most: int = LARGEST) -> bytes:
    """All of a plain file, unless it has more bytes than that."""
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unfit(path, f"larger than {most >> 20} MiB")
    return content


def lines_of(path: Path, most: int = LARGEST) -> Iterator[bytes]:
    """The lines of a plain file, none of which may have more bytes than that."""
    with opened(path) as file:
        for line in iter(partial(file.readline, most + 1), b""):
            if len(line) > most:
                raise Unfit(path, f"no file of lines: one is over {most >> 20} MiB")
            yield line


@contextmanager
def home_of(path: Path, own: int, *, make: bool = False) -> Generator[int]:
    """A descriptor of the folder that a path lies in.

    The last `own` of the folders above it are evalkit's own, made here if that is
    wanted: none of them may be a link to somewhere else.
    """
    above = path.absolute().parent
    trusted = above.parents[own - 1] if 0 < own <= len(above.parents) else above
    if make:
        trusted.mkdir(parents=True, exist_ok=True)
    held = os.open(trusted, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in above.relative_to(trusted).parts:
            trusted /= name
            inner = folder_in(held, trusted, make=make)
            os.close(held)
            held = inner
        yield held
    finally:
        os.close(held)


def folder_in(held: int, path: Path, *, make: bool) -> int:
    """A descriptor of a folder within one that is held."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(path.name, dir_fd=held)
    mode = os.stat(path.name, dir_fd=held, follow_symlinks=False).st_mode
    check_kind(path, mode, folder=True)
    return os.open(path.name, FOLDER, dir_fd=held)


def make_own(path: Path, own: int) -> None:
    """Make a folder, the last `own` parts of whose path are evalkit's."""
    with home_of(path / "file", own, make=True):
        pass


def open_own(path: Path, flags: int, own: int) -> int:
    """A descriptor of a file that is evalkit's own: no link, and no other name's."""
    with home_of(path, own) as home, named(path):
        with suppress(FileNotFoundError):
            before = os.stat(path.name, dir_fd=home, follow_symlinks=False)
            check_kind(path, before.st_mode)
        descriptor = os.open(
            path.name, flags | PLAIN | os.O_NOFOLLOW, 0o666, dir_fd=home
        )
    try:
        found = os.fstat(descriptor)
        check_kind(path, found.st_mode)
        if found.st_nlink > 1:
            raise Unfit(path, "one file with another (a hard link): copy the folder")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def draft_own(path: Path, own: int) -> BinaryIO:
    """A new file to be written in place of whatever has the name."""
    with home_of(path, own) as home, named(path):
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=home)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN | os.O_NOFOLLOW
        return os.fdopen(os.open(path.name, flags, 0o666, dir_fd=home), "wb")


def draft_of(path: Path) -> Path:
    """A name beside a file's that nobody else will think of."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")


def replace_own(path: Path, content: bytes, own: int = 0) -> None:
    """Write a file so that readers see the old one or the new one, whole."""
    draft = draft_of(path)
    try:
        with draft_own(draft, own) as file:
            file.write(content)
        move_own(draft, path, own)
    except BaseException:
        with suppress(OSError):
            remove_own(draft, own)
        raise


def move_own(path: Path, to: Path, own: int) -> None:
    """Give a file the name of another in its folder, which goes."""
    with home_of(path, own) as home, named(to):
        os.replace(path.name, to.name, src_dir_fd=home, dst_dir_fd=home)


def remove_own(path: Path, own: int) -> None:
    """Remove a file, or a link to one, if there is such."""
    with home_of(path, own) as home, named(path), suppress(FileNotFoundError):
        os.unlink(path.name, dir_fd=home)
