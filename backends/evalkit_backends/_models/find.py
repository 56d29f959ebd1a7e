"""Which files a model's name stands for: the built-in one, a folder, the Hub's."""

import re
from dataclasses import dataclass
from pathlib import Path

from evalkit import Model, UsageError
from evalkit_backends._models import builtin, folder, hub_model
from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.weights import ADAPTER

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A model as a user named it."""

    name: str
    revision: str
    backend: str
    """Whose name mistakes are told in."""
    code: bool = False
    """Whether the model's own code may run."""


def find(wanted: Wanted) -> Model:
    """The model of a name, ready on disk; raise UsageError if it cannot be had."""
    name, backend = wanted.name, wanted.backend
    if name == builtin.NAME:
        refuse(wanted, f"the built-in model {name!r}")
        return builtin.find(backend=backend)
    path = Path(name).expanduser()
    if any(is_there(path / each) for each in (CONFIG, ADAPTER)):
        refuse(wanted, f"the folder {name!r}")
        whose = Whose(backend=backend, what=f"folder {name!r}")
        place = path.resolve()
        return folder.describe(place, spelled(place), whose, code=wanted.code)
    if HUB_ID.fullmatch(name) and not path.is_file():
        whose = Whose(backend=backend, what=f"model {name!r}")
        return hub_model.find(name, wanted.revision or "main", whose, code=wanted.code)
    raise UsageError(
        f"backend {backend!r}: {name!r} is neither a folder with a {CONFIG} nor "
        "a Hub model OWNER/NAME"
    )


def is_there(path: Path) -> bool:
    """Whether anything has this name, be it a link to nothing."""
    return path.is_symlink() or path.exists()


def spelled(folder: Path) -> str:
    """The one name of a folder, however it was named: where it lies."""
    home = Path("~").expanduser()
    if folder.is_relative_to(home) and folder != home:
        return f"~/{folder.relative_to(home).as_posix()}"
    return str(folder)


def refuse(wanted: Wanted, what: str) -> None:
    """Raise UsageError if a revision was given where there is none to choose."""
    if wanted.revision:
        raise UsageError(
            f"backend {wanted.backend!r}: option 'revision' means nothing for {what}, "
            f"which has one only; it was {wanted.revision!r}"
        )
