"""Several attempts at each question: what varies, and the chance to be right in k."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, variance
from typing import TypedDict

from evalkit.stats.means import Moments


class Components(TypedDict):
    """Where the spread of scores comes from, and what it does to their mean."""

    mean: float
    within: float | None
    """Variance between attempts at one question; None if nothing was asked twice."""
    between: float | None
    """Variance between questions, beyond that; None for a single question."""
    se_new_questions: float | None
    """Standard error of the mean, for other questions of this kind."""
    se_same_questions: float | None
    """For the same questions asked again."""
    flips_between_two_runs: float | None
    """The share of questions, right or wrong, that two such runs judge otherwise."""


def variance_components(attempts: Sequence[Sequence[float]]) -> Components:
    """What part of the spread is the questions', and what part is chance.

    `attempts` has a row of scores for each question. MSW is the mean of the questions'
    variances, and MSB is K times the variance of the questions' means: within = MSW,
    between = max(0, (MSB - MSW)/K). The standard error for other questions is
    sqrt(MSB/nK), that for the same ones sqrt(MSW/nK): two claims, never to be mixed. It
    assumes attempts that are alike and independent. Rows of unlike length have the mean
    of MSW/K_i in place of MSW/K.

    Analysis of variance, as E. Miller has it for evaluations, arXiv 2411.00640.
    """
    found = Repeats()
    for row in attempts:
        found.add(row)
    return found.components()


@dataclass(slots=True)
class Repeats:
    """Attempts at questions as they come, of which only sums are kept."""

    means: Moments = field(default_factory=Moments)
    total: float = 0.0
    repeated: int = 0
    """Questions with more than one attempt."""
    variances: float = 0.0
    shares: float = 0.0
    """The sum of 1/K."""

    def add(self, row: Sequence[float]) -> None:
        """Take the scores of all attempts at a question."""
        mean = fmean(row)
        self.means.add(mean)
        self.total += mean
        self.shares += 1 / len(row)
        if len(row) > 1:
            self.repeated += 1
            self.variances += variance(row)

    def components(self) -> Components:
        """What part of the spread is the questions', and what part is chance."""
        n = self.means.n
        if not n:
            raise ValueError("there are no attempts")
        within = self.variances / self.repeated if self.repeated else None
        chance = None if within is None else within * self.shares / n
        spread = self.means.squares / (n - 1) if n > 1 else None
        known = spread is not None and chance is not None
        return Components(
            mean=self.total / n,
            within=within,
            between=max(0.0, (spread or 0.0) - (chance or 0.0)) if known else None,
            se_new_questions=None if spread is None else math.sqrt(spread / n),
            se_same_questions=None if chance is None else math.sqrt(chance / n),
            flips_between_two_runs=None if within is None else 2 * within,
        )


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k attempts is right, from n with c right.

    1 - C(n-c, k)/C(n, k), exactly: the share of the choices of k attempts among the n
    that hold a right one. It assumes attempts that are alike, and is unbiased.

    Chen et al., "Evaluating large language models trained on code", arXiv 2107.03374.
    """
    check_attempts(n, c, k)
    all_of_them = math.comb(n, k)
    return (all_of_them - math.comb(n - c, k)) / all_of_them


def pass_hat_k(n: int, c: int, k: int) -> float:
    """The chance that all of k attempts are right, from n with c right.

    C(c, k)/C(n, k), exactly. It assumes attempts that are alike, and is unbiased.

    Yao et al., "τ-bench", arXiv 2406.12045.
    """
    check_attempts(n, c, k)
    return math.comb(c, k) / math.comb(n, k)


def check_attempts(n: int, c: int, k: int) -> None:
    """Raise ValueError unless k of n attempts can be drawn, of which c are right."""
    if not 0 <= c <= n:
        raise ValueError(f"{c} of {n} attempts cannot be right")
    if not 1 <= k <= n:
        raise ValueError(f"k is at least 1 and at most the {n} attempts, not {k}")
