"""How far what was tried tells of what was not."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Extent:
    """What could make a result differ from that of a plain pass."""

    length: int
    """Tokens of the text."""
    padding: int = 0
    """Places at most that were filled up to make it as long as its neighbors."""
    copied: bool = False
    """Whether its beginning is a copy of what was read for others too."""


class Reach:
    """Which extents are covered by those that were tried.

    A model may change at a length that its configuration names: a window, a block, a
    context. So nothing is known beyond the next such number, and behind one only twice
    as far as was tried: one token more than a window holds hardly shows what is lost.
    Of padding, too, twice as much is told.
    """

    def __init__(self, marks: Iterable[int]) -> None:
        self._marks = sorted(set(marks))
        self._tried: list[Extent] = []

    def add(self, extent: Extent) -> None:
        """Take note that this one was tried."""
        self._tried.append(extent)

    def covers(self, extent: Extent) -> bool:
        """Whether one was tried that tells of this."""
        return any(self.tells(each, extent) for each in self._tried)

    def tells(self, tried: Extent, extent: Extent) -> bool:
        """Whether one tells of another, once it is tried."""
        return (
            tried.copied >= extent.copied
            and self._far(tried.length) >= extent.length
            and 2 * tried.padding >= extent.padding
        )

    def _far(self, tried: int) -> int:
        """The largest number of tokens that as many tell of."""
        place = bisect_left(self._marks, tried)
        below = self._marks[place - 1] if place else 0
        doubled = tried + (tried - below)
        return min(doubled, *self._marks[place : place + 1], doubled)


def numbers(settings: object) -> Iterator[int]:
    """All whole numbers in a configuration, however deep they stand."""
    if isinstance(settings, Mapping):
        for value in cast(Mapping[object, object], settings).values():
            yield from numbers(value)
    elif isinstance(settings, (list, tuple)):
        for value in cast(Sequence[object], settings):
            yield from numbers(value)
    elif isinstance(settings, int) and not isinstance(settings, bool) and settings > 1:
        yield settings
