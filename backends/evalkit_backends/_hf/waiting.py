"""Requests whose prompts are still to be read, those that begin alike together.

They are put in order when the last order is used up: what comes meanwhile waits for the
next. A queue is thus sorted a few times in a run, not each time that a row joins.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

from evalkit_backends._hf.regimes import Regimes
from evalkit_backends._hf.trunks import Group, grouped
from evalkit_backends._hf.writing import Writing


class Waiting:
    """A queue of rows in groups, of which the first is worked on."""

    def __init__(self, regimes: Regimes, *, shares: bool) -> None:
        self._regimes = regimes
        self._shares = shares
        """Whether rows may begin with a copy of what another has read."""
        self._new: list[Writing] = []
        self._groups: deque[Group[Writing]] = deque()

    def add(self, rows: Sequence[Writing]) -> None:
        """Queue rows, new ones and such as have to start over."""
        self._new += rows

    def group(self) -> Group[Writing]:
        """The rows to take from now: of one group, the longest first."""
        if not self._groups:
            self._groups.extend(self._ordered(self._new))
            self._new = []
        return self._groups[0] if self._groups else Group(0, [])

    def take(self, count: int) -> None:
        """Let the first rows of the group go."""
        if count:
            del self._groups[0].questions[:count]
            if not self._groups[0].questions:
                self._groups.popleft()

    def withdraw(self) -> Sequence[Writing]:
        """Let all rows go."""
        rows = [row for group in self._groups for row in group.questions]
        rows += self._new
        self._groups.clear()
        self._new = []
        return rows

    def first(self, row: Writing) -> None:
        """Put a row before all others, to be read by itself."""
        self._groups.appendleft(Group(0, [row]))

    @property
    def shares(self) -> bool:
        """Whether the next rows may begin as the last ones did."""
        return bool(self._groups[0].shared if self._groups else self._new)

    def _ordered(self, rows: Sequence[Writing]) -> Iterator[Group[Writing]]:
        """The rows in groups, each by falling length, so that little is padded.

        A beginning that is shared is short, so rows that are long enough to be read
        otherwise share none.
        """
        regimes: defaultdict[int, list[Writing]] = defaultdict(list)
        for row in rows:
            row.regime = self._regimes.of(row.length)
            regimes[row.regime].append(row)
        for regime, alike in sorted(regimes.items()):
            if self._shares and regime == 0:
                yield from sharing(alike)
            else:
                yield Group(0, by_length(alike))


def sharing(rows: Sequence[Writing]) -> Sequence[Group[Writing]]:
    """Rows in groups that begin alike."""
    same: dict[tuple[int, ...], list[Writing]] = {}
    for row in rows:
        same.setdefault(tuple(row.prompt), []).append(row)
    for alike in same.values():
        for row in alike:
            row.prompt = alike[0].prompt  # so that they are known to be the same
    groups = grouped([alike[0] for alike in same.values()])
    return [Group(each.shared, by_length(all_of(each, same))) for each in groups]


def all_of(
    group: Group[Writing], same: Mapping[tuple[int, ...], Sequence[Writing]]
) -> list[Writing]:
    """All rows of a group that has one of each prompt."""
    return [row for each in group.questions for row in same[tuple(each.prompt)]]


def by_length(rows: Sequence[Writing]) -> list[Writing]:
    """The longest first, and those of one length as they came."""
    return sorted(rows, key=lambda row: row.length, reverse=True)
