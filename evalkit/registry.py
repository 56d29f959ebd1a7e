"""Names that a user can type, and what they stand for."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from evalkit.errors import PluginError, UsageError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)

MANY = 20
"""As many names are worth listing in an error."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One registered thing and the plugin that brought it."""

    item: T
    plugin: str


class Registry(Generic[T]):
    """An immutable mapping from name to one kind of plugin object.

    Raises PluginError, naming both sides, if two plugins claim one name.
    """

    def __init__(self, kind: str, entries: Iterable[Entry[T]]) -> None:
        self.kind = kind
        self._entries: dict[str, Entry[T]] = {}
        for entry in entries:
            first = self._entries.setdefault(entry.item.name, entry)
            if first is not entry:
                raise PluginError(
                    f"two plugins register the {kind} {entry.item.name!r}: "
                    f"{first.plugin} and {entry.plugin}. Uninstall one, or leave one "
                    "out: EVALKIT_WITHOUT=name"
                )

    def __iter__(self) -> Iterator[Entry[T]]:
        return iter(sorted(self._entries.values(), key=lambda each: each.item.name))

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name].item
        except KeyError:
            raise UsageError(unknown(self.kind, name, self._entries)) from None

    def in_plugin_order(self) -> Iterator[T]:
        """Built-in items first, then those of others."""
        return (entry.item for entry in self._entries.values())


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that nobody registered."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"no {kind} named {name!r}. Did you mean {close[0]!r}?"
    listed = ", ".join(names[:MANY]) or "none"
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"no {kind} named {name!r}. There are: {listed}{more}"
