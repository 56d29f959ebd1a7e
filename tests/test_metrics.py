"""Metrics on results whose value is plain to see."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from math import sqrt

import pytest
from scipy import stats

from evalkit import (
    Accuracy,
    Attempt,
    Outcome,
    PassAt,
    Plugins,
    SampleResult,
    Score,
    UsageError,
)
from evalkit.stats import wilson, wilson_effective


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


ROWS = [[1, 0, 1, 0], [1] * 4, [0] * 4, [1, 1, 1, 0], [0, 0, 0, 1], [0, 1, 1, 0]] * 4


def test_accuracy_over_attempts_takes_samples_for_units() -> None:
    estimate = Accuracy().estimate(results(*ROWS))
    means = [sum(row) / 4 for row in ROWS]
    mean = sum(means) / len(means)
    assert estimate.value == pytest.approx(mean)
    assert estimate.n == 24
    expected = wilson_effective(mean, float(stats.sem(means)), 24, 23)["interval"]
    assert (estimate.low, estimate.high) == pytest.approx(expected)
    pooled = wilson(mean * 96, 96)
    assert estimate.high - estimate.low > 1.3 * (pooled[1] - pooled[0])
    assert estimate.method == "Wilson on the effective number"


def test_accuracy_over_attempts_tells_what_asking_again_would_move() -> None:
    estimate = Accuracy().estimate(results(*ROWS))
    # Variances of a third, 0, 0, a quarter, a quarter and a third, 7/36 on average, of
    # four attempts at 24 samples; the samples' means vary by 2.5/23 in all.
    within, between = 7 / 36, 2.5 / 23 - 7 / 36 / 4
    assert 100 * sqrt(within / 4 / 24) == pytest.approx(4.5, abs=0.05)
    assert 3 < within / between < 4
    assert estimate.note == (
        "the same samples asked again: 4.5 points of standard error; attempts beyond 4 "
        "at each narrow the interval little"
    )
    assert Accuracy().estimate(results([1], [0])).note == ""


def test_samples_that_share_something_are_one_cluster() -> None:
    values = [1, 1, 0, 1, 0, 0, 0, 1, 1, 1]
    clusters = "aaabbbcccc"
    found = [
        replace(result, cluster=cluster)
        for result, cluster in zip(
            results(*([v] for v in values)), clusters, strict=True
        )
    ]
    for metric in (Accuracy(), PassAt(1)):
        estimate = metric.estimate(found)
        # By statsmodels, its cluster covariance of a mean, and mpmath.
        ends = (0.17924804106765063, 0.9115235171774325)
        assert (estimate.low, estimate.high) == pytest.approx(ends)
        assert estimate.method == (
            "Wilson on the effective number, 3 clusters (under 10)"
        )


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


def test_any_number_of_attempts_has_its_metric() -> None:
    metrics = Plugins(third_party=False).metrics
    for k in (1, 3, 5, 8, 100, 4096):
        assert f"pass@{k}" in metrics
        assert metrics[f"pass@{k}"] == PassAt(k)
    assert metrics["accuracy"] == Accuracy()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("pass3", "pass@3"),
        ("pass_at_12", "pass@12"),
        ("pass@03", "pass@3"),
        ("pass@k", "pass@1"),
        ("pass@0", "pass@1"),
        ("pass@2.5", "pass@2"),
        ("acuracy", "accuracy"),
        ("accuracy ", "accuracy"),
    ],
)
def test_a_metric_that_is_none_is_told_with_the_one_that_was_meant(
    name: str, meant: str
) -> None:
    metrics = Plugins(third_party=False).metrics
    assert name not in metrics
    with pytest.raises(UsageError, match="Did you mean") as told:
        metrics[name]
    assert str(told.value) == f"no metric named {name!r}. Did you mean {meant!r}?"


def test_a_metric_like_no_other_gets_the_list() -> None:
    with pytest.raises(UsageError, match=r"There are: accuracy, .*, pass@1$"):
        Plugins(third_party=False).metrics["f1"]


def test_no_attempt_at_all_is_no_metric() -> None:
    with pytest.raises(ValueError, match="k = 1 or more, not 0"):
        PassAt(0)
