"""Which files a model's name stands for: the built-in one, a folder, the Hub's."""

import re
from pathlib import Path

from evalkit import Model, UsageError
from evalkit_backends._models import builtin, folder, hub_model

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


def find(name: str, revision: str, *, backend: str) -> Model:
    """The model called `name`, ready on disk; raise UsageError if it cannot be had."""
    if name == builtin.NAME:
        refuse(revision, f"the built-in model {name!r}", backend=backend)
        return builtin.find(backend=backend)
    path = Path(name).expanduser()
    if (path / folder.CONFIG).is_file():
        refuse(revision, f"the folder {name!r}", backend=backend)
        return folder.describe(path, name, backend=backend)
    if HUB_ID.fullmatch(name) and not path.is_file():
        return hub_model.find(name, revision or "main", backend=backend)
    raise UsageError(
        f"backend {backend!r}: {name!r} is neither a folder with a {folder.CONFIG} nor "
        "a Hub model OWNER/NAME"
    )


def refuse(revision: str, what: str, *, backend: str) -> None:
    """Raise UsageError if a revision was given where there is none to choose."""
    if revision:
        raise UsageError(
            f"backend {backend!r}: option 'revision' means nothing for {what}, "
            f"which has one only; it was {revision!r}"
        )
