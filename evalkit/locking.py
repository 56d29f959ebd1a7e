"""One process at a time in a folder, by whatever lock the folder's filesystem has.

The system's own locks leave nothing behind when a process is killed, and there are two
kinds of them. A filesystem that has neither gets a file that says who holds the folder:
whoever finds one whose process is gone takes it away.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from evalkit.disk import open_own, read_file, remove_own
from evalkit.errors import UsageError
from evalkit.text import visible

LACKING = frozenset(
    (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)
)
"""What systems say where a filesystem has no such lock."""
BUSY = frozenset((errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK))
LONGEST = 400
"""Bytes of a holder's name that are read."""

Lock: TypeAlias = Callable[[int, int], object]
LOCKS: Sequence[Lock] = (fcntl.flock, fcntl.lockf)


class InUse(UsageError):
    """Somebody else holds the folder."""

    def __init__(self, folder: Path, holder: str, hint: str = "") -> None:
        who = visible(" ".join(holder.split())) or "another process"
        super().__init__(f"run folder {str(folder)!r} is in use by {who}{hint}")


@contextmanager
def alone(path: Path, own: int, since: str) -> Generator[None]:
    """Hold a folder by the file `path` in it; InUse if another process does.

    `own` is as in `evalkit.disk`.
    """
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT, own)
    name = f"process {os.getpid()} on {os.uname().nodename}, since {since}"
    with os.fdopen(descriptor, "rb+") as file, ExitStack() as stack:
        if not locked(file, path, fcntl.LOCK_EX):
            stack.enter_context(held_by_file(path, own, name))
        write(file, name)
        yield
        write(file, "")


@contextmanager
def undisturbed(path: Path, own: int) -> Generator[None]:
    """Keep others from holding a folder while it is read, as far as that can be done
    without changing anything there; InUse if another process does."""
    with ExitStack() as stack:
        with suppress(OSError):  # there was no lock, or none that could be opened
            descriptor = open_own(path, os.O_RDONLY, own)
            file = stack.enter_context(os.fdopen(descriptor, "rb"))
            locked(file, path, fcntl.LOCK_SH)
        yield


def locked(file: BinaryIO, path: Path, kind: int) -> bool:
    """Take one of the system's locks; False if the filesystem has none."""
    for lock in LOCKS:
        try:
            lock(file.fileno(), kind | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno in BUSY:
                holder = file.read(LONGEST).decode(errors="replace")
                raise InUse(path.parent, holder) from None
            if exc.errno not in LACKING:
                raise
        else:
            return True
    return False


def write(file: BinaryIO, text: str) -> None:
    """Leave a text in a lock's file, for whoever finds it locked."""
    file.seek(0)
    file.truncate()
    file.write(text.encode())
    file.flush()


@contextmanager
def held_by_file(lock: Path, own: int, name: str) -> Generator[None]:
    """Hold a folder by a file that nobody else could make."""
    path = lock.with_name("lock-held")
    with suppress(FileNotFoundError):
        check_gone(path)
        remove_own(path, own)
    try:
        descriptor = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, own)
    except FileExistsError:
        raise InUse(path.parent, "") from None
    with os.fdopen(descriptor, "wb") as file:
        write(file, f"{machine()}\n{os.getpid()} {begun(os.getpid())}\n{name}\n")
    try:
        yield
    finally:
        remove_own(path, own)


def check_gone(path: Path) -> None:
    """Refuse a folder whose holder may still be at work."""
    told = read_file(path).decode(errors="replace")
    where, process, name = (*told.split("\n"), "", "", "")[:3]
    number, _, since = process.partition(" ")
    if where == machine() and number.isdecimal() and begun(int(number)) != since:
        return
    hint = f"; if that has ended, remove {str(path)!r}: there are no locks here"
    raise InUse(path.parent, name, hint)


def machine() -> str:
    """What tells this machine since it was started, and the container that this is."""
    known = [os.uname().nodename]
    with suppress(OSError):
        known.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        known.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(known)


def begun(process: int) -> str:
    """When a process began, in the system's own count; empty if there is none."""
    with suppress(OSError):
        stat = Path(f"/proc/{process}/stat").read_text(errors="replace")
        return stat.rpartition(")")[2].split()[19]
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "some time"
    return "some time"
