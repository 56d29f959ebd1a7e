"""The files of a model's folder that can move an answer, and opening them safely.

A pipe, a device or a link to nothing is refused by its name: it would be waited for
without end, or read for ever.
"""

import os
import re
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from evalkit import UsageError

CONFIG = "config.json"
READ = re.compile(
    r".*\.(safetensors|json|jinja|model|txt|tiktoken|spm|codes|bpe|vocab|tokenizer)"
)
"""Names of what loaders read; pickled weights are never among it."""
UNREAD = re.compile(
    r"(readme|licen[cs]e|notice|usage_policy|requirements)[^/]*\.txt"
    r"|trainer_state\.json|training_args\.json|(\w+_)?results\.json",
    re.IGNORECASE,
)
"""Names of what training and publishing leave beside a model, which nobody loads."""
TEMPLATES = "additional_chat_templates"
MOST_SETTINGS = 256 << 20
"""Bytes of a file of settings that is read as a whole."""


@dataclass(frozen=True, kw_only=True)
class Whose:
    """A model as its user named it, and the backend that was asked for it."""

    backend: str
    what: str
    """Such as "folder './good'"."""

    def refusal(self, problem: str) -> UsageError:
        """The error for something that is wrong with the model."""
        return UsageError(f"backend {self.backend!r}: {self.what} {problem}")


def listed(folder: Path, whose: Whose, *, code: bool = False) -> dict[str, Path]:
    """What of a folder a loader may read, by name; UsageError if that is unsafe.

    `code` says whether Python files are among it.
    """
    try:
        found = sorted(entries(folder, code=code))
    except OSError as exc:
        raise whose.refusal(f"cannot be looked through: {exc.strerror}") from exc
    for each in found:
        check_plain(each, folder, whose)
    return {each.relative_to(folder).as_posix(): each for each in found}


def entries(folder: Path, *, code: bool) -> Iterator[Path]:
    """The folder's own files, and those in folders within that a loader looks into."""
    yield from (each for each in folder.iterdir() if is_read(each.name))
    if (folder / TEMPLATES).is_dir():
        yield from (folder / TEMPLATES).glob("*.jinja")
    if code:
        yield from folder.rglob("*.py")


def is_read(name: str) -> bool:
    """Whether a loader may read a file of this name."""
    return bool(READ.fullmatch(name)) and not UNREAD.fullmatch(name)


def check_plain(path: Path, folder: Path, whose: Whose) -> None:
    """Refuse what is no file, or a link to settings that lie elsewhere.

    Settings come to be printed, published and sent; weights are only computed with, and
    often too large to lie in every folder that uses them.
    """
    name = path.name
    try:
        mode = path.stat().st_mode
    except OSError as exc:
        why = "is a link to nothing" if path.is_symlink() else f"is {exc.strerror}"
        raise whose.refusal(f"cannot be loaded: {name} {why}") from exc
    if not stat.S_ISREG(mode):
        raise whose.refusal(f"cannot be loaded: {name} is {kind(mode)}, and no file")
    if path.is_symlink() and path.suffix != ".safetensors":
        home = own_ground(folder.resolve())
        if not path.resolve().is_relative_to(home):
            raise whose.refusal(
                f"cannot be loaded: {name} is a link out of the folder; copy it there"
            )


def own_ground(folder: Path) -> Path:
    """Where links may lead: within the folder, or the Hub's cache of its repository."""
    return folder.parents[1] if folder.parent.name == "snapshots" else folder


def kind(mode: int) -> str:
    """What something other than a file is."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


@contextmanager
def opened(path: Path) -> Generator[BufferedReader]:
    """A plain file, open for reading; OSError for what has become something else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no file", str(path))
        yield file


def read(path: Path, whose: Whose) -> bytes:
    """All of a file of settings; UsageError if it cannot be read or is too large."""
    try:
        with opened(path) as file:
            content = file.read(MOST_SETTINGS + 1)
    except OSError as exc:
        raise whose.refusal(f"cannot be read: {path.name}: {exc.strerror}") from exc
    if len(content) > MOST_SETTINGS:
        raise whose.refusal(
            f"cannot be loaded: {path.name} has more than {MOST_SETTINGS >> 20} MiB"
        )
    return content
