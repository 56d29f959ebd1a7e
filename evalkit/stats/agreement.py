"""How far two markers agree on the points of the same answers.

Quadratic weighted kappa: J. Cohen, "Weighted kappa: nominal scale agreement with
provision for scaled disagreement or partial credit", Psychological Bulletin 70 (1968).
Its categories here are the points themselves, on one scale for all questions, whatever
each is worth; a disagreement weighs the square of the points between the two marks. So
kappa is 1 less the mean squared difference of the pairs over the mean squared
difference of all marks of one with all marks of the other: what chance would give
markers who hand out points as often as these do, but blindly. How the scale is cut
into halves, and how far it reaches, cancels out.

Marks depend on the question, so the interval of kappa draws whole questions: the
percentile bootstrap, with all the pairs of a question drawn together.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RESAMPLES = 2000
SEED = 1968
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What two markers' points for the same answers come to."""

    n: int
    """Answers that both marked."""
    exact: float
    """Share of the answers with equal points."""
    within_one: float
    """Share with at most one point between them."""
    mae: float
    """Mean absolute difference, in points."""
    bias: float
    """Mean of the first marker's points less the second's."""
    kappa: float | None
    """Quadratic weighted kappa; None where chance leaves nothing to agree on: both
    gave one and the same number throughout, or there is only one answer."""
    low: float | None
    high: float | None
    """Ends of kappa's 95 % interval; None without kappa, or with a single question."""


@dataclass(frozen=True, slots=True)
class Sums:
    """All that kappa needs to know of some pairs."""

    n: int = 0
    first: float = 0.0
    second: float = 0.0
    first_squares: float = 0.0
    second_squares: float = 0.0
    products: float = 0.0

    @property
    def kappa(self) -> float | None:
        """Quadratic weighted kappa, None where it is not defined."""
        if self.n < 2:
            return None
        # Both are n times a sum of squares. All marks of one with all of the other:
        squares = self.first_squares + self.second_squares
        by_chance = self.n * squares - 2 * self.first * self.second
        found = self.n * (squares - 2 * self.products)
        if by_chance <= 1e-12 * self.n * squares or by_chance == 0:
            return None
        return 1 - found / by_chance


def agreement(pairs: Sequence[tuple[float, float]], groups: Sequence[str]) -> Agreement:
    """The agreement on pairs of points, each with the question that it belongs to."""
    if not pairs:
        raise ValueError("there are no pairs of marks to compare")
    by_group: dict[str, list[tuple[float, float]]] = {}
    for pair, group in zip(pairs, groups, strict=True):
        by_group.setdefault(group, []).append(pair)
    clusters = [sums_of(each) for each in by_group.values()]
    kappa = added(clusters).kappa
    low, high = (None, None) if kappa is None else interval(clusters)
    n = len(pairs)
    gaps = [abs(first - second) for first, second in pairs]
    return Agreement(
        n=n,
        exact=sum(gap == 0 for gap in gaps) / n,
        within_one=sum(gap <= 1 for gap in gaps) / n,
        mae=math.fsum(gaps) / n,
        bias=math.fsum(first - second for first, second in pairs) / n,
        kappa=kappa,
        low=low,
        high=high,
    )


def sums_of(pairs: Sequence[tuple[float, float]]) -> Sums:
    """The sums over some pairs; points in halves are summed without any rounding."""
    return Sums(
        len(pairs),
        math.fsum(first for first, _ in pairs),
        math.fsum(second for _, second in pairs),
        math.fsum(first * first for first, _ in pairs),
        math.fsum(second * second for _, second in pairs),
        math.fsum(first * second for first, second in pairs),
    )


def added(clusters: Iterable[Sums]) -> Sums:
    """The sums of several questions' pairs together."""
    n, first, second, first_squares, second_squares, products = (
        0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
    )
    for each in clusters:
        n += each.n
        first += each.first
        second += each.second
        first_squares += each.first_squares
        second_squares += each.second_squares
        products += each.products
    return Sums(n, first, second, first_squares, second_squares, products)


def interval(clusters: Sequence[Sums]) -> tuple[float | None, float | None]:
    """The percentile bootstrap over questions, the same every time.

    A draw without a kappa tells nothing and is passed over; where most are like
    that, there is no interval.
    """
    if len(clusters) < 2:
        return None, None
    chance = random.Random(SEED)
    draws = (chance.choices(clusters, k=len(clusters)) for _ in range(RESAMPLES))
    kappas = sorted(
        kappa for kappa in (added(draw).kappa for draw in draws) if kappa is not None
    )
    if len(kappas) < RESAMPLES / 2:
        return None, None
    return quantile(kappas, (1 - LEVEL) / 2), quantile(kappas, (1 + LEVEL) / 2)


def quantile(values: Sequence[float], p: float) -> float:
    """A quantile of sorted values, between the two nearest."""
    place = p * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])
