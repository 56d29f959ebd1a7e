"""Intervals against scipy's, and against counting."""

import math
import random

import pytest
from scipy import stats

from evalkit.stats.intervals import student, t_cdf, t_quantile, wilson


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(
    ("right", "n"), [(0, 1), (0, 10), (3, 10), (10, 10), (83, 100)]
)
def test_wilson_is_scipys(right: int, n: int, level: float) -> None:
    expected = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    assert wilson(right, n, level) == pytest.approx((expected.low, expected.high))


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("df", [1, 2, 3, 7, 30, 32, 1318, 100_000])
@pytest.mark.parametrize("p", [0.6, 0.9, 0.975, 0.995])
def test_t_quantile_is_scipys(p: float, df: int) -> None:
    assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-9)


@pytest.mark.parametrize("t", [0.0, 0.1, 1.0, 5.0, 40.0])
def test_t_cdf_is_scipys(t: float) -> None:
    assert t_cdf(t, 9) == pytest.approx(stats.t.cdf(t, 9), abs=1e-12)


def test_student_covers_as_often_as_it_says() -> None:
    chance = random.Random(7)
    hits = 0
    for _ in range(2000):
        values = [chance.gauss(5, 2) for _ in range(12)]
        mean = math.fsum(values) / 12
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / 11 / 12)
        low, high = student(mean, spread, 11)
        hits += low <= 5 <= high
    assert 0.935 < hits / 2000 < 0.965
