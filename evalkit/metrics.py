"""From many scores to one number with its uncertainty.

A metric reads the results once, in order, from disk: nothing grows with their
number. Intervals treat the questions as drawn from a larger pool of such questions.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from evalkit.hookspecs import hookimpl
from evalkit.types import Estimate, SampleResult

if TYPE_CHECKING:  # a list of tasks names metrics and has nothing to sum up
    from evalkit.stats.attempts import Repeats
    from evalkit.stats.means import Scores

NAMED = re.compile(r"pass@(?P<k>[1-9][0-9]{0,8})")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class Metric(ABC):
    """Sums up a run's results."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How the metric is written in a card, and after ``--metric``."""

    @property
    def attempts(self) -> int:
        """How many attempts at each sample it needs."""
        return 1

    @abstractmethod
    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        """The metric's value over all results."""

    def named(self, name: str) -> "Metric | None":
        """The metric of its kind with this name, None if there is none.

        One that has a number in its name, as pass@8 has, stands for all numbers.
        """
        return self if name == self.name else None

    def like(self, name: str) -> str:
        """Which name of its kind may have been meant by one that is none."""
        return self.name


class SampleMean(Metric):
    """A metric that is the mean of one number in [0, 1] per sample."""

    @abstractmethod
    def of_sample(self, result: SampleResult) -> float:
        """This metric's value for one sample."""

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        from evalkit.stats.means import Scores

        scores = Scores()
        for result in results:
            scores.add(self.of_sample(result), result.cluster)
        return estimate_of(self.name, scores)


def estimate_of(name: str, scores: "Scores") -> Estimate:
    """The mean of some scores, with an interval of the kind that suits them."""
    worth = scores.worth()
    low, high = worth.interval(scores.mean)
    return Estimate(
        metric=name,
        value=scores.mean,
        low=low,
        high=high,
        n=scores.n,
        method=worth.method,
    )


@dataclass(frozen=True)
class Accuracy(SampleMean):
    """The mean score, over the attempts at a sample and then over the samples."""

    @property
    def name(self) -> str:
        return "accuracy"

    def of_sample(self, result: SampleResult) -> float:
        return fmean(values_of(result))

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        from evalkit.stats.attempts import Repeats

        repeats = Repeats()

        def seen() -> Iterator[SampleResult]:
            for result in results:
                repeats.add(values_of(result))
                yield result

        found = super().estimate(seen())
        return replace(found, note=again(repeats))


def values_of(result: SampleResult) -> list[float]:
    """The value of each attempt at a sample."""
    return [attempt.score.value for attempt in result.attempts]


def again(repeats: "Repeats") -> str:
    """How far the score would move if the same samples were asked again, and whether
    more attempts would help; empty if each was asked once."""
    if not repeats.repeated:
        return ""
    found = repeats.components()
    again = found["se_same_questions"] or 0.0
    told = f"the same samples asked again: {100 * again:.1f} points of standard error"
    within, between = found["within"], found["between"]
    if not within or not between:
        return told
    enough = math.ceil(within / between)
    return f"{told}; attempts beyond {enough} at each narrow the interval little"


@dataclass(frozen=True)
class PassAt(SampleMean):
    """The chance that at least one of k attempts is right.

    The unbiased estimator of Chen et al., "Evaluating large language models
    trained on code", arXiv 2107.03374, section 2.1.
    """

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"pass@k is for k = 1 or more, not {self.k}")

    @property
    def name(self) -> str:
        return f"pass@{self.k}"

    def named(self, name: str) -> Metric | None:
        found = NAMED.fullmatch(name)
        if found is None or self.name != f"pass@{self.k}":
            return super().named(name)
        return replace(self, k=int(found["k"]))

    def like(self, name: str) -> str:
        found = NUMBER.search(name)
        return self.name.replace(str(self.k), found[0]) if found else self.name

    @property
    def attempts(self) -> int:
        return self.k

    def of_sample(self, result: SampleResult) -> float:
        from evalkit.stats.attempts import pass_at_k

        n = len(result.attempts)
        right = sum(attempt.score.value == 1.0 for attempt in result.attempts)
        return pass_at_k(n, right, self.k)


@hookimpl
def evalkit_metrics() -> Iterable[Metric]:
    return (Accuracy(), PassAt(1))
