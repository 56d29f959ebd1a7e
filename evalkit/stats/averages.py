"""Averages over the parts of a suite, each a share with what it rests on."""

import math
from collections.abc import Sequence
from typing import TypedDict

from evalkit.stats.intervals import LEVEL, Ends, normal_quantile, wilson

PULL = 12
"""Each part's share is pulled towards the average by so many questions."""
MANY = 3
"""Where so many parts make the spread, an average leans less than each of them."""
LEAST = 0.25
"""Questions that a part is worth at the least: a share is never off by more than 1."""


class Average(TypedDict):
    """A weighted average and its interval."""

    value: float
    interval: Ends


class Stratified(TypedDict):
    """An average over strata, how well it is known, and its interval."""

    mean: float
    se: float
    n_eff: float
    interval: Ends


def macro_average(
    k: Sequence[float],
    n: Sequence[float],
    weights: Sequence[float] | None = None,
    level: float = LEVEL,
) -> Average:
    """The average of shares of k in n, with Wilson's limits of each joined.

    The value is Σw·p, with equal weights unless some are given; its low end
    value - sqrt(Σw²(p - low)²), its high end value + sqrt(Σw²(high - p)²). It assumes
    parts that are independent and have many questions: of 57 parts with one to ten
    questions each it covers .81 to .91 in place of .95. `stratified_mean` holds there.

    Zou, Donner, "Construction of confidence limits about effect measures", Statistics
    in Medicine 27 (2008), doi:10.1002/sim.3095.
    """
    if not all(n):
        raise ValueError("a part without questions has no share")
    shares = [each / count for each, count in zip(k, n, strict=True)]
    ends = [wilson(*each, level) for each in zip(k, n, strict=True)]
    found = joined(shares, ends, weights)
    low, high = found["interval"]
    return Average(value=found["value"], interval=(max(0.0, low), min(1.0, high)))


def joined(
    values: Sequence[float],
    ends: Sequence[Ends],
    weights: Sequence[float] | None = None,
) -> Average:
    """The average of values of any range, with the limits of each joined."""
    rows = list(zip(weighed(len(values), weights), values, ends, strict=True))
    value = math.fsum(weight * each for weight, each, _ in rows)
    below = math.hypot(*(weight * (each - low) for weight, each, (low, _) in rows))
    above = math.hypot(*(weight * (high - each) for weight, each, (_, high) in rows))
    return Average(value=value, interval=(value - below, value + above))


def stratified_mean(
    means: Sequence[float],
    units: Sequence[float],
    weights: Sequence[float] | None = None,
    level: float = LEVEL,
    *,
    pull: float = PULL,
) -> Stratified:
    """The average of shares, each known by so many units, with Wilson's interval.

    The value is p = Σw·p_j, with equal weights unless some are given. A part's variance
    is q(1-q)/m for its units m, where q = (m·p_j + pull·p)/(m + pull) is its share
    pulled towards the average by a few questions: a part that was asked one question is
    not certain of it. se² = Σw²q(1-q)/m, n_eff = p(1-p)/se², and the interval is
    Wilson's on n_eff. Where fewer than three parts make the spread, each end is at
    least as far out as the parts' limits, joined, would have it (`macro_average`).
    With an infinite `pull` all parts are read at the average, as if their questions
    were those of one task; then, and where p is 0 or 1, n_eff is 1/Σ(w²/m).

    It assumes parts that are independent, and fixed: other questions, the same parts.
    The pulled share is the mean of a posterior with the average for its prior, as in
    Efron, Morris, "Data analysis using Stein's estimator", JASA 70 (1975); that the
    interval covers is shown by simulation, in docs/statistics.md.
    """
    parts = weighed(len(means), weights)
    mean = math.fsum(map(math.prod, zip(parts, means, strict=True)))
    mean = min(1.0, max(0.0, mean))
    rows = list(zip(parts, means, units, strict=True))
    se = math.sqrt(
        math.fsum(
            weight * weight * variance(pulled(share, count, mean, pull), count)
            for weight, share, count in rows
        )
    )
    spreads = [weight * weight / count for weight, _, count in rows]
    own = 0 < mean < 1 and se > 0 and math.isfinite(pull)
    n_eff = mean * (1 - mean) / (se * se) if own else 1 / math.fsum(spreads)
    low, high = wilson(mean * n_eff, n_eff, level)
    if math.isfinite(pull) and leading(spreads) < MANY:
        ends = [wilson(share * n, n, level) for _, share, n in rows]
        below, above = joined(means, ends, weights)["interval"]
        low, high = max(0.0, min(low, below)), min(1.0, max(high, above))
    return Stratified(mean=mean, se=se, n_eff=n_eff, interval=(low, high))


def leading(spreads: Sequence[float]) -> float:
    """How many parts make the spread of an average: all, where they are alike."""
    return math.fsum(spreads) ** 2 / math.fsum(each * each for each in spreads)


def weighed(count: int, weights: Sequence[float] | None) -> Sequence[float]:
    """Weights that add up to 1, equal ones if there are none."""
    if not count:
        raise ValueError("there are no parts")
    if weights is None:
        return [1 / count] * count
    if len(weights) != count or not all(each >= 0 for each in weights):
        raise ValueError(f"weights must be {count} numbers of 0 or more")
    total = math.fsum(weights)
    if not total > 0:
        raise ValueError("no part has any weight")
    return [each / total for each in weights]


def pulled(share: float, units: float, mean: float, pull: float) -> float:
    """A part's share, as if some more of its questions had been as good as the mean."""
    if math.isinf(pull):
        return mean
    return (units * share + pull * mean) / (units + pull)


def variance(share: float, units: float) -> float:
    """That of a share of so many questions."""
    return share * (1 - share) / units


def units_of(mean: float, ends: Ends, level: float = LEVEL) -> float:
    """How many questions' worth an interval is: those of which Wilson's is as wide.

    Solves 2·sqrt(p(1-p)·a + a²/4)/(1 + a) = high - low for a = z²/n, which is n itself
    for Wilson's own. The mean and the ends are shares.
    """
    width = min(1.0, max(0.0, ends[1] - ends[0]))
    if width == 0:
        return math.inf
    # The quadratic (1 - w²)a² + 2·half·a - w² = 0, either way without cancellation.
    square = width * width
    half = 2 * mean * (1 - mean) - square
    root = math.sqrt(half * half + (1 - square) * square)
    if half > 0:
        a = square / (half + root)
    else:
        a = (root - half) / (1 - square) if square < 1 else math.inf
    return max(LEAST, normal_quantile(level) ** 2 / a)
