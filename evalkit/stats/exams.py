"""The points of an exam: a ratio of those earned to those that questions are worth."""

import math
from collections.abc import Sequence
from typing import TypedDict

from evalkit.stats.intervals import LEVEL, Ends, wilson_effective
from evalkit.stats.means import (
    FEW,
    WILSON,
    Worth,
    by_spread,
    carried_by_few,
    of_clusters,
    too_few,
    wider,
)


class Ratio(TypedDict):
    """The share of an exam's points that was earned."""

    counted: list[str]
    """The problems that count of those to choose from."""
    ratio: float
    se: float
    n: int
    """How many questions count."""
    n_eff: float
    interval: Ends


def exam_ratio(
    earned: Sequence[float],
    worth: Sequence[float],
    problem: Sequence[str] = (),
    choice_group: Sequence[str] = (),
    choose: int | None = None,
    level: float = LEVEL,
) -> Ratio:
    """The share of an exam's points that was earned, and its interval.

    R = Σe/Σw over the n questions that count, e points earned of w. Its standard error
    is that of a ratio, sqrt(n/(n-1)·Σ(e - R·w)²)/Σw, and the interval is
    `wilson_effective` with n - 1 degrees of freedom. Of the problems of a choice group,
    any but "", only as many as `choose` count: those that earned most, the earlier ones
    where some tie. That choice is part of what is estimated: totals with and without it
    cannot be compared. It assumes questions drawn independently of each other.

    W. G. Cochran, "Sampling Techniques" (1977), chapter 6, for the ratio.
    """
    names = problem or [str(place) for place in range(len(earned))]
    groups = choice_group or [""] * len(earned)
    rows = list(zip(names, earned, worth, groups, strict=True))
    chosen: list[str] = []
    for group in dict.fromkeys(each for each in groups if each):
        offered = [(name, points) for name, points, _, its in rows if its == group]
        chosen += best(offered, choose)
    kept = [row for row in rows if not row[3] or row[0] in chosen]
    points = Points([row[1] for row in kept], [row[2] for row in kept])
    found = wilson_effective(
        points.ratio, points.error(), points.n, points.n - 1, level
    )
    return Ratio(
        counted=chosen,
        ratio=points.ratio,
        se=points.error(),
        n=points.n,
        n_eff=found["n_eff"],
        interval=found["interval"],
    )


def best(earned: Sequence[tuple[str, float]], choose: int | None) -> list[str]:
    """The problems that earned most, in their order; the earlier ones of some that tie.

    `earned` has a problem's name and points for each question; None chooses all.
    """
    totals: dict[str, float] = {}
    for name, points in earned:
        totals[name] = totals.get(name, 0.0) + points
    # Means over attempts may tie but for rounding.
    ranked = sorted(totals, key=lambda name: -round(totals[name], 9))[:choose]
    return [name for name in totals if name in ranked]


class Points:
    """What the questions that count have earned, and what they are worth."""

    def __init__(self, earned: Sequence[float], worth: Sequence[float]) -> None:
        self.n = len(earned)
        self.worth = math.fsum(worth)
        if not self.worth > 0:
            raise ValueError("no question is worth any points")
        self.alike = self.worth**2 / math.fsum(most * most for most in worth)
        """As many questions that are all worth the same would tell as much: Kish's."""
        self.ratio = min(1.0, math.fsum(earned) / self.worth)
        self.residuals = [
            points - self.ratio * most
            for points, most in zip(earned, worth, strict=True)
        ]

    def error(self, problems: Sequence[str] | None = None) -> float:
        """The standard error of the ratio, by question, or by the `problems` that
        these belong to."""
        sums: dict[object, float] = {}
        for place, residual in enumerate(self.residuals):
            unit = problems[place] if problems else place
            sums[unit] = sums.get(unit, 0.0) + residual
        if len(sums) < 2:
            return 0.0
        squares = math.fsum(each * each for each in sums.values())
        return math.sqrt(squares * len(sums) / (len(sums) - 1)) / self.worth

    def value_of(self, problems: Sequence[str], level: float = LEVEL) -> Worth:
        """By how many questions' worth of right and wrong the ratio is known.

        Questions of one problem may rise and fall together; where they do, problems
        are the units. As everywhere they can only widen the interval.
        """
        single = self._single(level)
        count = len(set(problems))
        if count == self.n or not self._spread:
            return single
        together = of_clusters(
            self.ratio, self.error(problems), count, level, "problem"
        )
        return wider(together, single)

    @property
    def _spread(self) -> bool:
        """Whether the questions differ at all."""
        return self.error() > 1e-9

    def _single(self, level: float) -> Worth:
        squares = [each * each for each in self.residuals]
        if not self._spread:
            return Worth(n_eff=self.n, method=WILSON)
        if self.n <= 2 * FEW or carried_by_few(squares, math.fsum(squares)):
            return too_few(self.alike)
        return by_spread(self.ratio, self.error(), self.n, level)
