"""The exam's own total: everything up to problem 15, and the best two of the rest."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from evalkit import Estimate, Metric, SampleResult, student, wilson

FULL_MARKS = 100.0
CHOSEN = 2
"""How many problems of part II.B a student hands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a sub-question was worth and what it earned."""

    problem: str
    earned: float
    worth: float
    optional: bool
    unmarked: bool
    """Whether it cannot be marked by a final answer."""


@dataclass(frozen=True)
class ExamTotal(Metric):
    """Points out of 100, the mean over attempts.

    A run over a part of the exam is scaled up to 100. The interval treats the
    sub-questions as drawn from a larger pool of such questions: the total is a
    ratio of points earned to points worth, and its standard error is that of a
    ratio. It leaves out that the two problems were chosen after marking.
    """

    @property
    def name(self) -> str:
        return "exam_total"

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        counted, chosen = count([item(each) for each in results])
        total, low, high, method = interval(counted)
        return Estimate(
            metric=self.name,
            value=total,
            low=max(0.0, low),
            high=min(FULL_MARKS, high),
            n=len(counted),
            scale=FULL_MARKS,
            method=method,
            note=note(counted, chosen),
        )


def item(result: SampleResult) -> Item:
    """A result as the exam counts it."""
    return Item(
        problem=result.id.rstrip("abcd"),
        earned=fmean(each.score.points for each in result.attempts),
        worth=result.max_points,
        optional=result.metadata["part"] == "II.B",
        unmarked=result.metadata["answer_type"] == "proof",
    )


def count(items: list[Item]) -> tuple[list[Item], list[str]]:
    """The items that count, and the optional problems among them."""
    optional = sorted(
        (each for each in items if each.optional), key=lambda each: each.problem
    )
    earned: Mapping[str, float] = {
        problem: sum(each.earned for each in group)
        for problem, group in groupby(optional, key=lambda each: each.problem)
    }
    best = sorted(earned, key=lambda problem: -earned[problem])[:CHOSEN]
    counted = [each for each in items if not each.optional or each.problem in best]
    return counted, sorted(best)


def interval(items: list[Item]) -> tuple[float, float, float, str]:
    """The total out of 100 with its interval, and how that was made."""
    n, worth = len(items), sum(each.worth for each in items)
    if n == 0:
        return 0.0, 0.0, FULL_MARKS, "no questions"
    ratio = sum(each.earned for each in items) / worth
    residuals = [each.earned - ratio * each.worth for each in items]
    squares = sum(each * each for each in residuals)
    if n < 2 or squares <= 1e-18 * worth * worth:
        low, high = wilson(ratio * n, n)
        total = FULL_MARKS * ratio
        return total, FULL_MARKS * low, FULL_MARKS * high, "Wilson"
    stderr = math.sqrt(n * squares / (n - 1)) / worth
    low, high = student(FULL_MARKS * ratio, FULL_MARKS * stderr, n - 1)
    return FULL_MARKS * ratio, low, high, "Student's t, ratio of points"


def note(items: list[Item], chosen: list[str]) -> str:
    """What a reader must know to compare the total."""
    worth = sum(each.worth for each in items)
    lost = sum(each.worth for each in items if each.unmarked)
    parts = [f"of part II.B counted: {' and '.join(chosen)}"] if chosen else []
    if lost:
        parts.append(f"{lost:g} points need a judge and cannot be earned yet")
    if worth != FULL_MARKS:
        parts.append(f"scaled up from {worth:g} points")
    return "; ".join(parts)
