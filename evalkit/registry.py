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

ALIKE = 0.65
"""How alike two names must be for one to be suggested, from 0 to 1."""
BUILTIN = "evalkit"
"""The origin of what ships with evalkit."""
MANY = 20
"""As many names are worth listing in an error."""


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin's name, and the distribution that it came with."""

    name: str
    origin: str

    def __str__(self) -> str:
        return f"{self.name} ({self.origin})"

    @property
    def is_builtin(self) -> bool:
        """Whether it ships with evalkit."""
        return self.origin == BUILTIN

    @property
    def giver(self) -> str:
        """How errors name it; empty for what ships with evalkit."""
        return "" if self.is_builtin else str(self)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One registered thing and the plugin that brought it."""

    item: T
    source: Source


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
                    f"{first.source} and {entry.source}. Uninstall one, or leave one "
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

    def giver(self, name: str) -> str:
        """The plugin that registers a name, if it is not evalkit itself."""
        entry = self._entries.get(name)
        return "" if entry is None else entry.source.giver

    def in_plugin_order(self) -> Iterator[T]:
        """Built-in items first, then those of others."""
        return (entry.item for entry in self._entries.values())


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that nobody registered."""
    names = sorted(known)
    close = closest(name, names)
    if close is not None:
        return f"no {kind} named {name!r}. Did you mean {close!r}?"
    listed = ", ".join(names[:MANY]) or "none"
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"no {kind} named {name!r}. There are: {listed}{more}"


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that was meant, as far as that can be told: the same but for capitals
    and signs, or one that looks alike, or the only one that this is a part of."""
    known = {folded(each): each for each in names}
    wanted = folded(name)
    alike = difflib.get_close_matches(wanted, known, n=1, cutoff=ALIKE)
    if wanted in known or alike:
        return known.get(wanted) or known[alike[0]]
    around = [each for each in known if wanted and wanted in each]
    return known[around[0]] if len(around) == 1 else None


def folded(name: str) -> str:
    """A name without what is easily typed otherwise."""
    return "".join(each for each in name.casefold() if each.isalnum()) or name
