"""From many scores to one number with its uncertainty.

A metric reads the results once, in order, from disk: nothing grows with their
number. Intervals treat the questions as drawn from a larger pool of such questions.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from evalkit.hookspecs import hookimpl
from evalkit.stats.intervals import student, wilson
from evalkit.types import Estimate, SampleResult


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


class SampleMean(Metric):
    """A metric that is the mean of one number in [0, 1] per sample."""

    @abstractmethod
    def of_sample(self, result: SampleResult) -> float:
        """This metric's value for one sample."""

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        sums = Sums()
        for result in results:
            sums.add(self.of_sample(result))
        return sums.estimate(self.name)


@dataclass(slots=True)
class Sums:
    """Running sum and variance (Welford), and whether all values were 0 or 1."""

    n: int = 0
    total: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    binary: bool = True

    def add(self, value: float) -> None:
        self.n += 1
        self.total += value
        step = value - self.mean
        self.mean += step / self.n
        self.squares += step * (value - self.mean)
        self.binary = self.binary and value in (0.0, 1.0)

    def estimate(self, name: str) -> Estimate:
        """Wilson's interval for 0/1 values, Student's t over samples for others.

        Values that are all alike have no spread for t to use; Wilson's interval
        with as many trials is the honest width then.
        """
        if self.binary or self.squares <= 1e-12 * self.n or self.n < 2:
            low, high = wilson(self.total, self.n)
            method = "Wilson"
        else:
            stderr = math.sqrt(self.squares / (self.n - 1) / self.n)
            low, high = student(self.mean, stderr, self.n - 1)
            method = "Student's t over samples"
        return Estimate(
            metric=name,
            value=self.total / self.n if self.n else 0.0,
            low=max(0.0, low),
            high=min(1.0, high),
            n=self.n,
            method=method,
        )


@dataclass(frozen=True)
class Accuracy(SampleMean):
    """The mean score, over the attempts at a sample and then over the samples."""

    @property
    def name(self) -> str:
        return "accuracy"

    def of_sample(self, result: SampleResult) -> float:
        return fmean(attempt.score.value for attempt in result.attempts)


@dataclass(frozen=True)
class PassAt(SampleMean):
    """The chance that at least one of k attempts is right.

    The unbiased estimator of Chen et al., "Evaluating large language models
    trained on code", arXiv 2107.03374, section 2.1.
    """

    k: int

    @property
    def name(self) -> str:
        return f"pass@{self.k}"

    @property
    def attempts(self) -> int:
        return self.k

    def of_sample(self, result: SampleResult) -> float:
        n = len(result.attempts)
        right = sum(attempt.score.value == 1.0 for attempt in result.attempts)
        return 1.0 - math.comb(n - right, self.k) / math.comb(n, self.k)


@hookimpl
def evalkit_metrics() -> Iterable[Metric]:
    return (Accuracy(), *(PassAt(k) for k in (1, 2, 4, 8, 16, 32, 64)))
