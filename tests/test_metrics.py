"""Metrics on results whose value is plain to see."""

from collections.abc import Iterable
from itertools import combinations

import pytest
from scipy import stats

from evalkit import Accuracy, Attempt, Outcome, PassAt, SampleResult, Score


def results(*samples: Iterable[float]) -> list[SampleResult]:
    return [
        SampleResult(
            index=index,
            id=str(index),
            question="",
            target="",
            max_points=1.0,
            metadata={},
            attempts=tuple(
                Attempt(turns=(), score=Score(value=v, outcome=Outcome.WRONG))
                for v in values
            ),
        )
        for index, values in enumerate(samples)
    ]


def test_accuracy_of_zeros_and_ones_has_wilsons_interval() -> None:
    estimate = Accuracy().estimate(results([1], [0], [1], [1]))
    expected = stats.binomtest(3, 4).proportion_ci(method="wilson")
    assert (estimate.value, estimate.n, estimate.method) == (0.75, 4, "Wilson")
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


def test_accuracy_over_attempts_has_the_t_interval_over_samples() -> None:
    means = [0.5, 1.0, 0.0, 0.75]
    estimate = Accuracy().estimate(
        results([1, 0, 1, 0], [1] * 4, [0] * 4, [1, 1, 1, 0])
    )
    expected = stats.t.interval(0.95, 3, loc=0.5625, scale=stats.sem(means))
    assert estimate.value == pytest.approx(0.5625)
    assert estimate.low == pytest.approx(max(0, expected[0]))
    assert estimate.high == pytest.approx(min(1, expected[1]))


def test_values_all_alike_do_not_pretend_to_be_certain() -> None:
    estimate = Accuracy().estimate(results([0.5], [0.5], [0.5]))
    assert estimate.low < 0.4
    assert estimate.high > 0.6


def test_a_single_sample_says_little() -> None:
    estimate = Accuracy().estimate(results([1, 0]))
    assert estimate.high - estimate.low > 0.7


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_pass_at_k_counts_subsets(k: int) -> None:
    values = [1, 0, 0, 1, 0]
    subsets = list(combinations(values, k))
    expected = sum(any(subset) for subset in subsets) / len(subsets)
    assert PassAt(k).estimate(results(values)).value == pytest.approx(expected)
    assert PassAt(k).attempts == k
