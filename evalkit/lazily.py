"""Public names that are imported when they are first asked for."""

import importlib
from collections.abc import Callable, Mapping, Sequence


def names_of(
    package: str, homes: Mapping[str, Sequence[str]]
) -> Callable[[str], object]:
    """A package's ``__getattr__``: it imports a name from the module that has it.

    `homes` has the names that each module defines.
    """

    def find(name: str) -> object:
        for home, names in homes.items():
            if name in names:
                return getattr(importlib.import_module(home), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
