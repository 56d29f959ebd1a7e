"""The exam's total and its parts, on results whose points are plain to see."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import Outcome, RunRecord, SampleResult, Score
from evalkit.exam.total import ExamTotal, is_exam, part_totals
from evalkit.results import forgiven
from evalkit.stats import wilson_effective
from tests.exam.finished import UNCHECKED, finished_run, marked, result, step

HALVES = st.integers(0, 8).map(lambda n: n / 2)
TWO_OF_THREE = [
    result("1", 1.5, worth=40),
    result("2", 20.0, worth=40),
    result("3a", 4.0, worth=6, part="II", choose=2),
    result("3b", 0.0, worth=4, part="II", choose=2),
    result("4", 3.5, worth=10, part="II", choose=2),
    result("5", 9.0, worth=10, part="II", choose=2),
]


def test_of_a_part_to_choose_from_the_best_problems_count() -> None:
    estimate = ExamTotal().estimate(TWO_OF_THREE)
    assert isclose(estimate.value, 1.5 + 20 + 4 + 9)
    assert (estimate.scale, estimate.n) == (100, 5)
    assert estimate.note == "of part II counted: 3 and 5"


def test_parts_tell_what_counts_in_the_order_of_the_exam() -> None:
    first, second = part_totals(TWO_OF_THREE)
    assert (first.name, first.earned, first.worth) == ("I", 21.5, 80)
    assert (first.problems, first.dropped, first.chooses) == (("1", "2"), (), False)
    assert (second.name, second.earned, second.worth) == ("II", 13, 20)
    assert (second.problems, second.dropped_problems) == (("3", "5"), ("4",))


def test_where_problems_tie_the_earlier_ones_count() -> None:
    tied = [result(n, 2.0, worth=5, part="II", choose=1) for n in ("9", "10", "11")]
    (part,) = part_totals(tied)
    assert (part.problems, part.named) == (("9",), "9")


def test_several_problems_are_named_as_a_sentence_has_them() -> None:
    (part,) = part_totals([result(number, 1.0) for number in ("1a", "1b", "2", "3")])
    assert part.named == "1, 2 and 3"


@given(st.lists(st.tuples(HALVES, HALVES), min_size=1, max_size=5), st.integers(1, 5))
def test_no_other_choice_would_have_earned_more(
    earned: Sequence[tuple[float, float]], choose: int
) -> None:
    results = [
        result(f"{n}{letter}", points, worth=4, part="II", choose=choose)
        for n, pair in enumerate(earned, start=1)
        for letter, points in zip("ab", pair, strict=True)
    ]
    (part,) = part_totals(results)
    several = combinations((sum(pair) for pair in earned), min(choose, len(earned)))
    assert isclose(part.earned, max(map(sum, several)))
    assert len(part.problems) == min(choose, len(earned))


def test_attempts_are_averaged_before_problems_are_chosen() -> None:
    results = [
        result("1", 4.0, 0.0, worth=4, part="II", choose=1, full=4),
        result("2", 3.0, 3.0, worth=4, part="II", choose=1, full=4),
    ]
    assert isclose(ExamTotal().estimate(results).value, 3.0)


def test_full_marks_are_exactly_what_the_exam_is_worth() -> None:
    results = [result(str(n), 2.0, full=60) for n in range(30)]
    estimate = ExamTotal().estimate(results)
    assert (estimate.value, estimate.high, estimate.scale) == (60, 60, 60)
    assert (estimate.method, estimate.note) == ("Wilson", "")


def test_nothing_earned_still_has_an_interval() -> None:
    estimate = ExamTotal().estimate([result(str(n), 0.0) for n in range(50)])
    assert (estimate.value, estimate.low) == (0, 0)
    assert 5 < estimate.high < 10


def test_a_run_over_a_part_of_the_exam_is_scaled_up() -> None:
    estimate = ExamTotal().estimate([result("1", 2.0), result("2", 0.0)])
    assert isclose(estimate.value, 50)
    assert estimate.note == "scaled up from 4 points"


def test_no_results_have_no_total() -> None:
    estimate = ExamTotal().estimate([])
    assert (estimate.n, estimate.value, estimate.method) == (0, 0, "no questions")


def test_the_interval_is_that_of_a_ratio() -> None:
    # Forty questions worth 2 each, half of them right: the standard error of the ratio
    # is sqrt(40/39 * 40) / 80, and t with 39 degrees of freedom is 2.0227.
    results = [result(str(n), 2.0 * (n % 2), full=80) for n in range(40)]
    estimate = ExamTotal().estimate(results)
    error = sqrt(40 / 39 * 40) / 80
    low, high = wilson_effective(0.5, error, 40, 39)["interval"]
    assert isclose(estimate.low, 80 * low, abs_tol=1e-9)
    assert isclose(estimate.high, 80 * high, abs_tol=1e-9)
    # In the middle of the scale that is hardly narrower than t's own interval.
    assert 0 < estimate.low - (40 - 80 * 2.0227 * error) < 1
    assert estimate.method == "Wilson on the effective number, ratio of points"


def test_questions_of_a_problem_that_go_together_are_its_own() -> None:
    # Twelve problems of three questions, all right or all wrong.
    results = [
        result(f"{n}{letter}", 2.0 * (n % 2), full=72)
        for n in range(12)
        for letter in "abc"
    ]
    estimate = ExamTotal().estimate(results)
    error = sqrt(12 / 11 * 12 * 3**2) / 72
    low, high = wilson_effective(0.5, error, 12, 11)["interval"]
    assert (estimate.low, estimate.high) == pytest.approx((72 * low, 72 * high))
    assert estimate.method == (
        "Wilson on the effective number, 12 problems, ratio of points"
    )


def test_the_interval_stays_within_the_exam() -> None:
    for earned in product((0.0, 0.5, 2.0), repeat=4):
        results = [result(str(n), each, full=8) for n, each in enumerate(earned)]
        estimate = ExamTotal().estimate(results)
        assert 0 <= estimate.low < estimate.high <= 8


def test_points_that_no_check_can_give_are_told_where_they_count() -> None:
    proof = step("proves it", 0, 4, UNCHECKED)
    counted = [marked("1", step("a value", 1), proof, full=5)]
    assert "4 points can only be given by a judge" in ExamTotal().estimate(counted).note


def test_points_that_only_a_dropped_problem_has_open_are_told_too() -> None:
    # By a judge's points the proof would count; nobody must take the total for final.
    proof = step("proves it", 0, 6, UNCHECKED)
    easy = marked("2", step("all", 2, 6), part="II", choose=1, full=10)
    dropped = marked("3", proof, part="II", choose=1, full=10)
    assert ExamTotal().estimate([easy, dropped]).note == (
        "of part II counted: 2; in problems that do not count so far, 6 points can "
        "only be given by a judge or a person; scaled up from 6 points"
    )
    first = marked("1", step("proves it", 0, 4, UNCHECKED), full=10)
    assert ExamTotal().estimate([first, easy, dropped]).note == (
        "of part II counted: 2; 4 points can only be given by a judge or a person, and "
        "6 more in problems that do not count so far"
    )
    by_hand = marked("3", step("proves it", 1, 6, "a start"), part="II", choose=1)
    assert "judge" not in ExamTotal().estimate([easy, by_hand]).note


def test_points_that_a_person_gave_are_not_told_as_missing() -> None:
    given_by_hand = marked("1", step("proves it", 4, 4, "a nice proof"), full=4)
    assert ExamTotal().estimate([given_by_hand]).note == ""


def failed(found: SampleResult) -> SampleResult:
    score = Score(value=0, outcome=Outcome.ERROR, explanation="the engine failed")
    attempts = tuple(replace(each, score=score) for each in found.attempts)
    return replace(found, attempts=attempts)


def test_failed_answers_count_as_nothing_and_bound_the_total() -> None:
    results = [failed(result("1", 0.0, full=6)), *TWO_OF_THREE[2:]]
    estimate = ExamTotal().estimate(results)
    best = ExamTotal().estimate(forgiven(results))
    assert estimate.n == best.n == 4
    assert isclose(best.value - estimate.value, 6 * 2 / 22)


@pytest.fixture
def record(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return finished_run(tmp_path_factory.mktemp("runs"), TWO_OF_THREE).read_record()


def test_a_run_is_an_exam_by_its_total_and_what_makes_it_up(record: RunRecord) -> None:
    bare = [replace(each, metadata={"part": "I"}) for each in TWO_OF_THREE]
    assert is_exam(record, TWO_OF_THREE)
    assert not is_exam(record, bare)
    assert not is_exam(record, [])
    assert not is_exam(replace(record, estimates=()), TWO_OF_THREE)
