"""Means of scores in [0, 1]: one rule for questions, attempts and clusters.

Scores that are all 0 or 1, of questions that have nothing in common, get Wilson's
interval. All others get it on their effective number of questions (`wilson_effective`),
with the standard error of their design:

- a score per question, or the mean of the attempts at it: sd/sqrt(n), df = n - 1;
- clusters, questions that share a passage, a problem or a template:
  sqrt(G/(G-1)·Σ(Σ(x - mean))²)/n over G clusters, df = G - 1.

Clusters can only widen an interval: where the questions by themselves tell of fewer
effective ones, as they do by chance where clusters are few, these count.
"""

import math
from bisect import insort
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from evalkit.stats.intervals import LEVEL, Ends, wilson, wilson_effective

FEW = 4
"""If so many units carry half of the sum of squares, it is no measure of the spread."""
FEW_CLUSTERS = 10
"""With fewer than these an interval may cover too little, and says so."""
WILSON = "Wilson"
EFFECTIVE = "Wilson on the effective number"


class Clustered(TypedDict):
    """The mean of questions in clusters."""

    mean: float
    se: float
    clusters: int
    interval: Ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How many questions that are right or wrong would tell as much as some scores."""

    n_eff: float
    method: str
    """How the interval is made, and what a reader must know of it."""

    def interval(self, mean: float, level: float = LEVEL) -> Ends:
        """Wilson's interval of the mean of these scores."""
        return wilson(mean * self.n_eff, self.n_eff, level)


def clustered_mean(
    values: Sequence[float], clusters: Sequence[Hashable], level: float = LEVEL
) -> Clustered:
    """The mean of questions of which some share something, and its interval.

    `clusters` names each question's. The standard error sums the deviations of each
    cluster's questions before it squares them: sqrt(G/(G-1)·Σ_g(Σ(x - mean))²)/n. The
    interval is `wilson_effective` with G - 1 degrees of freedom. It assumes clusters
    that are independent of each other, whatever goes on within them; fewer than 10 of
    them cover less often than they should, and a single one tells nothing.

    Cameron, Miller, "A practitioner's guide to cluster-robust inference", J. Human
    Resources 50 (2015), doi:10.3368/jhr.50.2.317.
    """
    groups: dict[Hashable, Sums] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, Sums()).add(value)
    if len(groups) < 2:
        raise ValueError(f"clusters must be two or more, not {len(groups)}")
    mean = math.fsum(values) / len(values)
    se = cluster_error(mean, len(values), groups.values())
    found = wilson_effective(mean, se, len(groups), len(groups) - 1, level)
    return Clustered(mean=mean, se=se, clusters=len(groups), interval=found["interval"])


@dataclass(slots=True)
class Sums:
    """How many scores there are, and what they add up to."""

    n: int = 0
    total: float = 0.0

    def add(self, value: float) -> None:
        """Take one score."""
        self.n += 1
        self.total += value


def cluster_error(
    mean: float, n: int, groups: Iterable[Sums], alone: int = 0, squares: float = 0.0
) -> float:
    """The standard error of a mean over clusters, and `alone` questions that are in
    none, whose deviations from it have a sum of `squares`."""
    count = alone
    for each in groups:
        count += 1
        squares += (each.total - each.n * mean) ** 2
    return math.sqrt(squares * count / (count - 1)) / n


@dataclass(slots=True)
class Moments:
    """A running mean and sum of squared deviations: Welford's."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one score."""
        self.n += 1
        step = value - self.mean
        self.mean += step / self.n
        self.squares += step * (value - self.mean)


@dataclass(slots=True)
class Scores:
    """Scores as they come, of which only sums are kept, and a pair for each cluster."""

    total: float = 0.0
    every: Moments = field(default_factory=Moments)
    alone: Moments = field(default_factory=Moments)
    clusters: dict[str, Sums] = field(default_factory=dict[str, Sums])
    lowest: list[float] = field(default_factory=list[float])
    highest: list[float] = field(default_factory=list[float])
    binary: bool = True

    def add(self, value: float, cluster: str = "") -> None:
        """Take a question's score; `cluster` names what it shares with others."""
        self.total += value
        self.every.add(value)
        self.binary = self.binary and value in (0.0, 1.0)
        insort(self.lowest, value)
        insort(self.highest, value)
        del self.lowest[FEW:], self.highest[:-FEW]
        if cluster:
            self.clusters.setdefault(cluster, Sums()).add(value)
        else:
            self.alone.add(value)

    @property
    def n(self) -> int:
        """How many questions there are."""
        return self.every.n

    @property
    def mean(self) -> float:
        """Their mean, 0 without any."""
        return self.total / self.n if self.n else 0.0

    @property
    def units(self) -> int:
        """How many clusters there are, questions in none of them included."""
        return self.alone.n + len(self.clusters)

    def worth(self, level: float = LEVEL) -> Worth:
        """By how many questions' worth of right and wrong the mean is known."""
        single = self._single(level)
        if self.units == self.n:
            return single
        return wider(single, self._clustered(level))

    def _single(self, level: float) -> Worth:
        squares = self.every.squares
        if self.binary or self.n < 2 or squares <= 1e-12 * self.n:
            return Worth(n_eff=self.n, method=WILSON)
        if self.n <= 2 * FEW or carried_by_few(self._farthest(), squares):
            return too_few(self.n)
        se = math.sqrt(squares / (self.n - 1) / self.n)
        return by_spread(self.mean, se, self.n, level)

    def _farthest(self) -> list[float]:
        """The squares that those add which lie the farthest from the mean."""
        return [(each - self.mean) ** 2 for each in (*self.lowest, *self.highest)]

    def _clustered(self, level: float) -> Worth:
        if self.units < 2:
            return of_clusters(self.mean, 0.0, self.units, level)
        shift = self.alone.mean - self.mean
        squares = self.alone.squares + self.alone.n * shift * shift
        se = cluster_error(
            self.mean, self.n, self.clusters.values(), self.alone.n, squares
        )
        return of_clusters(self.mean, se, self.units, level)


def by_spread(mean: float, se: float, units: int, level: float = LEVEL) -> Worth:
    """What a mean of independent units is worth, by its standard error."""
    found = wilson_effective(mean, se, units, units - 1, level)
    return Worth(n_eff=found["n_eff"], method=EFFECTIVE)


def of_clusters(
    mean: float, se: float, count: int, level: float = LEVEL, noun: str = "cluster"
) -> Worth:
    """What a mean over clusters is worth; one alone is worth a question."""
    n_eff = float(count)
    if count > 1:
        n_eff = wilson_effective(mean, se, count, count - 1, level)["n_eff"]
    named = f"{count} {noun}" if count == 1 else f"{count} {noun}s"
    few = f" (under {FEW_CLUSTERS})" if count < FEW_CLUSTERS else ""
    return Worth(n_eff=n_eff, method=f"{EFFECTIVE}, {named}{few}")


def too_few(units: float) -> Worth:
    """What scores are worth whose spread a few of them make."""
    why = f"under {FEW + 1} samples carry half the spread"
    return Worth(n_eff=units, method=f"{WILSON} ({why})")


def carried_by_few(squares: Sequence[float], total: float) -> bool:
    """Whether the greatest few of some squares make half of their total."""
    return 2 * math.fsum(sorted(squares)[-FEW:]) >= total


def wider(one: Worth, other: Worth) -> Worth:
    """Whichever is worth less, the other if both are worth the same."""
    return one if one.n_eff < other.n_eff else other
