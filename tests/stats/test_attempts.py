"""Several attempts: components of variance, and the chance to be right in k."""

import random
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats import pass_at_k, pass_hat_k, variance_components

ATTEMPTS = [[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]]
# statsmodels 0.15, anova_lm of the above by question: the mean squares.
BETWEEN, WITHIN = 0.555556, 0.166667


def test_the_components_are_those_of_an_analysis_of_variance() -> None:
    found = variance_components(ATTEMPTS)
    assert found["mean"] == pytest.approx(0.5)
    assert found["within"] == pytest.approx(WITHIN, abs=1e-6)
    assert found["between"] == pytest.approx((BETWEEN - WITHIN) / 3, abs=1e-6)
    assert found["se_new_questions"] == pytest.approx((BETWEEN / 12) ** 0.5, abs=1e-6)
    assert found["se_same_questions"] == pytest.approx((WITHIN / 12) ** 0.5, abs=1e-6)
    assert found["flips_between_two_runs"] == pytest.approx(2 * WITHIN, abs=1e-6)


def test_what_one_attempt_each_cannot_tell_is_none() -> None:
    found = variance_components([[1], [0], [1], [1]])
    assert found["within"] is found["between"] is found["se_same_questions"] is None
    assert found["se_new_questions"] == pytest.approx(0.25)
    alone = variance_components([[1, 0]])
    assert (alone["within"], alone["between"]) == (0.5, None)
    with pytest.raises(ValueError, match="no attempts"):
        variance_components([])


def test_more_attempts_at_some_questions_keep_the_two_errors_apart() -> None:
    chance = random.Random(4)
    rows = [
        [float(chance.random() < skill) for _ in range(4 + 12 * (place % 2))]
        for place, skill in enumerate(chance.betavariate(1, 1) for _ in range(4000))
    ]
    found = variance_components(rows)
    # Of shares drawn from Beta(1, 1): p(1-p) is 1/6 on average, p varies by 1/12.
    assert found["within"] == pytest.approx(1 / 6, abs=0.01)
    assert found["between"] == pytest.approx(1 / 12, abs=0.01)


@pytest.mark.parametrize("c", range(6))
@pytest.mark.parametrize("k", range(1, 6))
def test_chances_count_the_choices_of_k(c: int, k: int) -> None:
    drawn = list(combinations([True] * c + [False] * (5 - c), k))
    some = Fraction(sum(map(any, drawn)), len(drawn))
    every = Fraction(sum(map(all, drawn)), len(drawn))
    assert pass_at_k(5, c, k) == float(some)
    assert pass_hat_k(5, c, k) == float(every)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_one_attempt_is_the_share(pair: tuple[int, int]) -> None:
    n, c = pair
    assert pass_at_k(n, c, 1) == pass_hat_k(n, c, 1) == pytest.approx(c / n)


@pytest.mark.parametrize(("n", "c", "k"), [(4, 2, 5), (4, 2, 0), (4, 5, 1), (4, -1, 1)])
def test_more_than_there_are_cannot_be_drawn(n: int, c: int, k: int) -> None:
    for function in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match=r"attempts"):
            function(n, c, k)
