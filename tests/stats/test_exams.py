"""The ratio of an exam's points: its errors, what counts of it, by problem too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats import exam_ratio, wilson, wilson_effective
from evalkit.stats.exams import Points, best

EARNED, WORTH = [2, 0, 1.5, 4, 0, 3], [2.0, 2, 3, 5, 4, 3]
PROBLEMS = ["1", "1", "2", "3", "3", "3"]
# statsmodels 0.15: WLS of earned on worth without intercept, weights 1/worth, by HC1
# and by cov_type="cluster" over the problems.
RATIO, ERROR, BY_PROBLEM = 0.55263158, 0.18471698, 0.02918464


def test_the_errors_are_those_of_statsmodels() -> None:
    points = Points(EARNED, WORTH)
    assert points.ratio == pytest.approx(RATIO, abs=1e-8)
    assert points.error() == pytest.approx(ERROR, abs=1e-8)
    assert points.error(PROBLEMS) == pytest.approx(BY_PROBLEM, abs=1e-8)
    found = exam_ratio(EARNED, WORTH)
    assert (found["n"], found["counted"]) == (6, [])
    assert found["interval"] == wilson_effective(RATIO, ERROR, 6, 5)[
        "interval"
    ] or found["interval"] == pytest.approx(
        wilson_effective(RATIO, ERROR, 6, 5)["interval"], abs=1e-6
    )


def test_the_best_problems_count_and_the_earlier_of_two_alike() -> None:
    earned = [1.0, 2, 1, 3, 0, 3, 0]
    problem = ["1", "2", "2", "3", "3", "4", "4"]
    group = ["", "B", "B", "B", "B", "B", "B"]
    found = exam_ratio(earned, [3.0] * 7, problem, group, 2)
    assert found["counted"] == ["2", "3"]
    assert (found["n"], found["ratio"]) == (5, pytest.approx(7 / 15))
    assert best([("x", 0.1), ("x", 0.2), ("y", 0.3)], 1) == ["x"]
    assert best([("x", 1), ("y", 2)], None) == ["x", "y"]


def test_problems_whose_questions_go_together_are_the_units() -> None:
    # Of each problem all or nothing: twelve problems tell as much as twelve questions.
    earned = [2.0 * (place // 3 % 2) for place in range(36)]
    problems = [str(place // 3) for place in range(36)]
    worth = Points(earned, [2.0] * 36).value_of(problems)
    error = (12 / 11 * 12 * 3**2) ** 0.5 / 72
    assert worth.n_eff == pytest.approx(wilson_effective(0.5, error, 12, 11)["n_eff"])
    assert worth.method == "Wilson on the effective number, 12 problems"


def test_problems_do_not_narrow_an_interval() -> None:
    # In each problem one question is right: by problems nothing varies.
    earned = [2.0 * (place % 3 == 0) for place in range(36)]
    points = Points(earned, [2.0] * 36)
    alone = points.value_of([str(place) for place in range(36)])
    together = points.value_of([str(place // 3) for place in range(36)])
    assert together.n_eff <= 12 < alone.n_eff


def test_points_that_few_questions_make_count_as_right_or_wrong() -> None:
    earned, worth = [0.0] * 30, [2.0] * 15 + [6.0] * 15
    earned[3] = earned[20] = 1.0
    points = Points(earned, worth)
    found = points.value_of([str(place) for place in range(30)])
    alike = 120**2 / (15 * 4 + 15 * 36)
    assert found.n_eff == pytest.approx(alike)
    assert found.interval(points.ratio) == pytest.approx(wilson(2 / 120 * alike, alike))
    assert found.method == "Wilson (under 5 samples carry half the spread)"


@pytest.mark.parametrize("share", [0, 1])
def test_none_and_all_of_the_points_are_wilson_on_the_questions(share: int) -> None:
    worth = [1.0, 2, 3, 4] * 5
    found = Points([share * each for each in worth], worth).value_of(list("ab") * 10)
    assert found.n_eff <= 20
    alone = Points([share * each for each in worth], worth)
    assert alone.value_of(list(map(str, range(20)))).interval(share) == wilson(
        share * 20, 20
    )


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=3, max_size=25),
    st.randoms(use_true_random=False),
)
def test_the_order_of_questions_changes_nothing(
    rows: list[tuple[int, int]], chance: "object"
) -> None:
    def told(pairs: list[tuple[int, int]]) -> tuple[float, ...]:
        points = Points([float(e) for e, _ in pairs], [float(4 + p) for _, p in pairs])
        return (points.ratio, points.value_of([str(p) for _, p in pairs]).n_eff)

    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(rows) == pytest.approx(told(shuffled))


def test_an_exam_worth_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="worth any points"):
        Points([], [])
