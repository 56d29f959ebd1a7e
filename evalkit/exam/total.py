"""An exam's points: by question, by part, and the total.

What counts is in the results: their metadata name the `part` and the `problem` that a
question belongs to, how many problems of that part a student hands in (`choose`,
nothing for all), and what the exam is worth (`full_marks`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING

from evalkit.errors import DataError, boundary
from evalkit.metrics import Metric
from evalkit.record import RunRecord
from evalkit.types import Estimate, SampleResult

if TYPE_CHECKING:  # a list of tasks has nothing to add up
    from evalkit.stats.intervals import Ends
    from evalkit.stats.means import Worth

NAME = "exam_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionTotal:
    """What a question was worth and what it earned."""

    number: str
    part: str
    problem: str
    choose: int | None
    """How many problems of its part count; None for all."""
    full_marks: float
    """What the whole exam is worth."""
    earned: float
    """The mean over the attempts."""
    worth: float
    unchecked: float
    """How much of its worth no automatic check can give."""


@dataclass(frozen=True, slots=True)
class PartTotal:
    """What a part of an exam came to."""

    name: str
    counted: tuple[QuestionTotal, ...]
    dropped: tuple[QuestionTotal, ...]
    """Questions of problems that do not count, for others earned more."""

    @property
    def earned(self) -> float:
        return sum(each.earned for each in self.counted)

    @property
    def worth(self) -> float:
        return sum(each.worth for each in self.counted)

    @property
    def chooses(self) -> bool:
        """Whether some of its problems need not be handed in."""
        return any(each.choose is not None for each in self.counted)

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems that count, in the order of the exam."""
        return tuple(dict.fromkeys(each.problem for each in self.counted))

    @property
    def named(self) -> str:
        """The problems that count, as a sentence has them."""
        *others, last = self.problems
        return f"{', '.join(others)} and {last}" if others else last

    @property
    def dropped_problems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.problem for each in self.dropped))


@dataclass(frozen=True)
class ExamTotal(Metric):
    """Points out of the exam's full marks, the mean over attempts.

    A run over a part of the exam is scaled up to full marks. The interval treats the
    questions as drawn from a larger pool of such questions: the total is a ratio of
    points earned to points worth, and its standard error is that of a ratio, by
    question or, where that is greater, by problem (`evalkit.stats.exam_ratio`). That
    the best of some problems count belongs to what is estimated.
    """

    @property
    def name(self) -> str:
        return NAME

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        questions = [question_total(each) for each in results]
        parts = parts_of(questions)
        counted = [each for part in parts for each in part.counted]
        full = questions[0].full_marks if questions else 100.0
        share, (low, high), worth = known(counted)
        return Estimate(
            metric=self.name,
            value=full * share,
            low=full * low,
            high=full * high,
            n=len(counted),
            scale=full,
            method=worth.method,
            note=note(parts, full),
        )


def is_exam(record: RunRecord, results: Iterable[SampleResult]) -> bool:
    """Whether a run is to be told as an exam: it has the total, and what makes it up.

    Only the first result is looked at, and that only where there is a total.
    """
    return any(each.metric == NAME for each in record.estimates) and any(
        {"part", "problem", "full_marks"} <= first.metadata.keys()
        for first in islice(results, 1)
    )


def part_totals(results: Iterable[SampleResult]) -> tuple[PartTotal, ...]:
    """What each part came to, in the order of the exam."""
    return parts_of([question_total(each) for each in results])


def question_total(result: SampleResult) -> QuestionTotal:
    """A result as the exam counts it."""
    metadata = result.metadata
    choose = metadata.get("choose", "")
    with boundary(DataError, f"the result of {result.id!r}, as an exam counts it"):
        return QuestionTotal(
            number=result.id,
            part=metadata["part"],
            problem=metadata["problem"],
            choose=int(choose) if choose else None,
            full_marks=float(metadata["full_marks"]),
            earned=fmean(each.score.points for each in result.attempts),
            worth=result.max_points,
            unchecked=unchecked(result),
        )


def unchecked(result: SampleResult) -> float:
    """Points for steps that no check could look at, as the marks say."""
    return max(
        sum(mark.worth for mark in attempt.score.marks if mark.unchecked)
        for attempt in result.attempts
    )


def parts_of(questions: Sequence[QuestionTotal]) -> tuple[PartTotal, ...]:
    """Questions by part, those apart that do not count."""
    groups: dict[str, list[QuestionTotal]] = {}
    for each in questions:
        groups.setdefault(each.part, []).append(each)
    return tuple(part_total(name, group) for name, group in groups.items())


def part_total(name: str, group: Sequence[QuestionTotal]) -> PartTotal:
    """A part with the problems that earned most; the earlier ones where some tie."""
    from evalkit.stats.exams import best

    pairs = [(each.problem, each.earned) for each in group]
    counted = best(pairs, group[0].choose)
    return PartTotal(
        name=name,
        counted=tuple(each for each in group if each.problem in counted),
        dropped=tuple(each for each in group if each.problem not in counted),
    )


def known(counted: Sequence[QuestionTotal]) -> "tuple[float, Ends, Worth]":
    """The share of the points that was earned, its interval, and how that was made."""
    from evalkit.stats.exams import Points
    from evalkit.stats.means import EFFECTIVE, Worth

    if not any(each.worth for each in counted):
        return 0.0, (0.0, 1.0), Worth(n_eff=0, method="no questions")
    points = Points([each.earned for each in counted], [each.worth for each in counted])
    worth = points.value_of([each.problem for each in counted])
    if worth.method.startswith(EFFECTIVE):
        worth = replace(worth, method=f"{worth.method}, ratio of points")
    return points.ratio, worth.interval(points.ratio), worth


def note(parts: Sequence[PartTotal], full: float) -> str:
    """What a reader must know to compare the total."""
    said = [
        f"of part {part.name} counted: {part.named}" for part in parts if part.chooses
    ]
    counted = [each for part in parts for each in part.counted]
    dropped = [each for part in parts for each in part.dropped]
    if waiting := open_points(counted, dropped):
        said.append(waiting)
    worth = sum(each.worth for each in counted)
    if worth and not math.isclose(worth, full):
        said.append(f"scaled up from {worth:g} points")
    return "; ".join(said)


def open_points(
    counted: Iterable[QuestionTotal], dropped: Iterable[QuestionTotal]
) -> str:
    """Which points no check can give, if any; those of dropped problems too, for with
    them such a problem might count."""
    here = sum(each.unchecked for each in counted)
    elsewhere = sum(each.unchecked for each in dropped)
    uncounted = "in problems that do not count so far"
    only = "points can only be given by a judge or a person"
    if not here:
        return f"{uncounted}, {elsewhere:g} {only}" if elsewhere else ""
    return f"{here:g} {only}" + (
        f", and {elsewhere:g} more {uncounted}" if elsewhere else ""
    )
