"""Whether two equations say the same, by the values of their sides."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.grading.marking.floats import value_at
from evalkit.grading.maths.nodes import Node, names

POINTS = (0.3717, 1.7639, 2.9043, -0.8231, 5.1937, 3.3121, -2.6173, 0.1429, 4.4511)
TRIALS = 4
CLOSE = 1e-8
DISTINCT = 1e-6
ENOUGH = 3
"""As many points must bear a likeness out."""
MAX_NAMES = 4


def points(variables: Sequence[str]) -> list[dict[str, complex]]:
    """Values for names, in as many ways as are tried."""
    count = len(variables)
    return [
        {
            name: complex(POINTS[(trial * 2 + i * 3) % len(POINTS)] + 0.01 * i)
            for i, name in enumerate(variables)
        }
        for trial in range(TRIALS)
        if count
    ]


def paired(
    mine: frozenset[str], theirs: frozenset[str], *, renamed: bool
) -> list[tuple[str, str]] | None:
    """Which name stands for which, None if the names do not fit.

    A name fits one with another subscript, as x_1 does x, where there is but one.
    """
    if len(mine) != len(theirs) or not 0 < len(mine) <= MAX_NAMES:
        return None
    if len(mine) > 1:
        return [(each, each) for each in sorted(mine)] if mine == theirs else None
    one, other = min(mine), min(theirs)
    if one != other and not renamed and one != bare(other):
        return None
    return [(one, other)]


def bare(name: str) -> str:
    """A name without subscript and primes."""
    return name.partition("_")[0].rstrip("'")


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides that are said to be equal."""

    left: Node
    right: Node
    renamed: bool = False
    """Whether a single unknown may have any name."""

    def same(self, left: Node, right: Node) -> bool:
        """Whether other sides differ by a factor only from these, for all values."""
        mine = names(self.left) | names(self.right)
        pairs = paired(mine, names(left) | names(right), renamed=self.renamed)
        if pairs is None:
            return False
        ratios: list[complex] = []
        for point in points([each for each, _ in pairs]):
            renamed = {other: point[one] for one, other in pairs}
            mine_off = difference(self.left, self.right, point)
            their_off = difference(left, right, renamed)
            if mine_off is None or their_off is None or abs(mine_off) < CLOSE:
                continue
            ratios.append(their_off / mine_off)
        if len(ratios) < ENOUGH or abs(ratios[0]) < CLOSE:
            return False
        return all(abs(each - ratios[0]) <= CLOSE * abs(ratios[0]) for each in ratios)


@dataclass(frozen=True, slots=True)
class Roots:
    """The solutions of an equation in one unknown."""

    unknown: str
    """Its name; empty if it may have any."""
    solutions: tuple[float, ...]
    within: float | None = None
    isolated: bool = False
    """Whether the unknown must stand on one side only."""

    def solve(self, left: Node, right: Node) -> bool:
        """Whether an equation holds for all these values and not for others."""
        unknown = sorted(names(left) | names(right))
        if len(unknown) != 1 or self.unknown not in ("", unknown[0], bare(unknown[0])):
            return False
        name = unknown[0]
        if self.isolated and names(left) and names(right):
            return False
        if not all(self.holds(left, right, name, each) for each in self.solutions):
            return False
        others = [difference(left, right, {name: complex(p)}) for p in POINTS[:4]]
        found = [each for each in others if each is not None]
        return bool(found) and all(abs(each) > DISTINCT for each in found)

    def holds(self, left: Node, right: Node, name: str, solution: float) -> bool:
        """Whether both sides are equal there, or cross near by."""
        if self.within is None:
            gap = difference(left, right, {name: complex(solution)})
            size = value_at(left, {name: complex(solution)})
            return gap is not None and abs(gap) <= DISTINCT * max(1.0, abs(size or 0))
        ends = (solution - self.within, solution + self.within)
        gaps = [difference(left, right, {name: complex(each)}) for each in ends]
        low, high = gaps
        return low is not None and high is not None and low.real * high.real <= 0


def difference(left: Node, right: Node, point: dict[str, complex]) -> complex | None:
    one, other = value_at(left, point), value_at(right, point)
    return None if one is None or other is None else one - other


def same_function(one: Node, other: Node, *, renamed: bool = False) -> bool:
    """Whether two expressions with names have the same values everywhere."""
    pairs = paired(names(other), names(one), renamed=renamed)
    if pairs is None:
        return False
    tried = 0
    for point in points([each for each, _ in pairs]):
        wanted = value_at(other, point)
        found = value_at(one, {theirs: point[mine] for mine, theirs in pairs})
        if wanted is None or found is None:
            continue
        if abs(wanted - found) > CLOSE * max(1.0, abs(wanted)):
            return False
        tried += 1
    return tried >= ENOUGH
