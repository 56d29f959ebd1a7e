"""The total of the Hungarian exam: its rule, its interval, people's marks."""

from math import isclose

import pytest

from evalkit import (
    Attempt,
    Outcome,
    SampleResult,
    Score,
)
from evalkit.stats import wilson
from evalkit_tasks.hungarian_exam import ExamTotal
from tests.tasks.hungarian import SAMPLES, graded


def result(number: str, *earned: float) -> SampleResult:
    sample = SAMPLES[number]
    attempts = (
        Attempt(turns=(), score=Score(value=0, outcome=Outcome.WRONG, points=points))
        for points in earned
    )
    return SampleResult(
        index=list(SAMPLES).index(number),
        id=number,
        question=sample.question,
        target=sample.target,
        max_points=sample.points,
        metadata=sample.metadata,
        attempts=tuple(attempts),
    )


def test_full_marks_are_exactly_100() -> None:
    results = [result(number, each.points) for number, each in SAMPLES.items()]
    estimate = ExamTotal().estimate(results)
    assert (estimate.value, estimate.scale, estimate.high) == (100.0, 100.0, 100.0)
    assert estimate.method == "Wilson"


def test_only_the_best_two_of_the_last_three_problems_count() -> None:
    earned = {"16a": 5.0, "17c": 7.0, "18a": 6.0}
    results = [result(number, earned.get(number, 0.0)) for number in SAMPLES]
    estimate = ExamTotal().estimate(results)
    assert isclose(estimate.value, 13.0)
    assert "17 and 18" in estimate.note
    assert estimate.n == 33 - 3


def test_attempts_are_averaged() -> None:
    earned = {"1": (2.0, 0.0), "10": (4.0, 1.0)}
    results = [result(number, *earned.get(number, (0.0, 0.0))) for number in SAMPLES]
    assert isclose(ExamTotal().estimate(results).value, 1.0 + 2.5)


def test_nothing_earned_still_has_an_interval() -> None:
    estimate = ExamTotal().estimate([result(number, 0.0) for number in SAMPLES])
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert 5.0 < estimate.high < 20.0


def test_a_part_of_the_exam_is_scaled_up() -> None:
    estimate = ExamTotal().estimate([result("1", 2.0), result("2", 0.0)])
    assert isclose(estimate.value, 50.0)
    assert "scaled up from 4 points" in estimate.note
    assert ExamTotal().estimate([]).n == 0


def test_a_few_questions_are_right_or_wrong() -> None:
    earned = {"1": 2.0, "2": 0.0, "3": 0.0, "5": 2.0}
    estimate = ExamTotal().estimate(result(n, p) for n, p in earned.items())
    low, high = wilson(2, 4)
    assert isclose(estimate.low, 100 * low)
    assert isclose(estimate.high, 100 * high)
    assert estimate.method == "Wilson (under 5 samples carry half the spread)"


# The ends: weighted least squares of statsmodels, by HC1, and Wilson's interval on the
# effective number in mpmath.
@pytest.mark.parametrize(
    ("model", "total", "low", "high"),
    [
        ("Qwen-14B-Chat", 36.5, 22.9, 52.7),
        ("Baichuan2-13B-Chat", 19.5, 11.2, 31.7),
        ("Yi-34B-Chat", 39.0, 23.9, 56.5),
    ],
)
def test_the_total_agrees_with_published_human_marks(
    model: str, total: float, low: float, high: float
) -> None:
    rows = graded()
    marks = {
        row["id"].rpartition("-")[2]: row["human_points"]
        for row in rows
        if row["model"] == model
    }
    assert set(marks) == set(SAMPLES)
    estimate = ExamTotal().estimate(result(n, marks[n]) for n in SAMPLES)
    assert isclose(estimate.value, total)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.05)
    assert estimate.method == "Wilson on the effective number, ratio of points"
