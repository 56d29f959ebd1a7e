"""Agreement of markers: known values, a slow direct computation, and the edges."""

import math
import random
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats.agreement import Agreement, agreement

Pairs = list[tuple[float, float]]


def of(pairs: Pairs) -> Agreement:
    """The agreement with each pair a question of its own."""
    return agreement(pairs, [str(number) for number in range(len(pairs))])


def cohen(pairs: Pairs) -> float:
    """Weighted kappa as Cohen wrote it: a table of categories, with all weights."""
    top = max(max(pair) for pair in pairs)
    scale = [half / 2 for half in range(int(2 * top) + 1)]
    n = len(pairs)
    seen = Counter(pairs)
    first = Counter(a for a, _ in pairs)
    second = Counter(b for _, b in pairs)
    observed = expected = 0.0
    for a, b in product(scale, repeat=2):
        weight = ((a - b) / top) ** 2
        observed += weight * seen[a, b] / n
        expected += weight * first[a] / n * second[b] / n
    return 1 - observed / expected


def test_a_case_computed_by_hand() -> None:
    # (0,0) (1,1) (2,2) (2,0): differences squared 0+0+0+4, mean 1. Means 1.25 and
    # 0.75, variances 0.6875 both: by chance 0.6875 + 0.6875 + 0.25 = 1.625.
    found = of([(0, 0), (1, 1), (2, 2), (2, 0)])
    assert found.kappa == pytest.approx(1 - 1 / 1.625)
    assert (found.n, found.exact, found.within_one) == (4, 0.75, 0.75)
    assert (found.mae, found.bias) == (0.5, 0.5)


def test_a_case_that_scikit_learn_computed() -> None:
    # sklearn.metrics.cohen_kappa_score of twice the points, with quadratic weights and
    # labels=range(11).
    a = [0, 0.5, 1, 2, 2, 3, 4, 1.5, 0, 5]
    b = [0, 1, 1, 2, 1, 3, 4, 2.5, 0.5, 3]
    assert of(list(zip(a, b, strict=True))).kappa == pytest.approx(SKLEARN, abs=1e-12)


SKLEARN = 0.8399014778325122

HALVES = st.integers(0, 14).map(lambda half: half / 2)


@given(st.lists(st.tuples(HALVES, HALVES), min_size=2, max_size=60))
def test_it_is_cohens_kappa(pairs: Pairs) -> None:
    if len({mark for pair in pairs for mark in pair}) < 2:
        assert of(pairs).kappa is None
    else:
        assert of(pairs).kappa == pytest.approx(cohen(pairs), abs=1e-9)


@given(st.lists(st.tuples(HALVES, HALVES), min_size=1, max_size=30))
def test_nothing_is_ever_a_nan_and_ends_hold_their_order(pairs: Pairs) -> None:
    found = of(pairs)
    for value in (found.kappa, found.low, found.high, found.mae, found.bias):
        assert value is None or math.isfinite(value)
    if found.low is not None and found.high is not None:
        assert found.low <= found.high <= 1


@pytest.mark.parametrize(
    "pairs", [[(2.0, 2.0)], [(1.0, 2.0)], [(2.0, 2.0)] * 5, [(0.0, 0.0)] * 3]
)
def test_where_there_is_nothing_to_agree_on_kappa_is_none(pairs: Pairs) -> None:
    found = of(pairs)
    assert (found.kappa, found.low, found.high) == (None, None, None)


def test_constant_marks_that_differ_agree_no_better_than_chance() -> None:
    assert of([(1, 2)] * 4).kappa == pytest.approx(0)


def test_perfect_agreement_is_one_throughout() -> None:
    found = of([(0, 0), (1.5, 1.5), (2, 2), (4, 4)])
    assert (found.kappa, found.exact, found.mae) == (1, 1, 0)
    assert found.high == 1


def test_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        agreement([], [])
    with pytest.raises(ValueError, match="argument"):
        agreement([(1, 1)], [])


def test_the_interval_is_the_same_every_time_and_holds_kappa() -> None:
    chance = random.Random(5)
    pairs = [noisy(chance) for _ in range(60)]
    first, second = of(pairs), of(pairs)
    assert first == second
    assert first.low is not None
    assert first.high is not None
    assert first.kappa is not None
    assert first.low < first.kappa < first.high


def test_the_interval_draws_whole_questions() -> None:
    # Three models' answers to a question that are all alike are one observation.
    chance = random.Random(6)
    once = [noisy(chance) for _ in range(40)]
    thrice = [pair for pair in once for _ in range(3)]
    names = [str(number) for number in range(40) for _ in range(3)]
    alone, pooled = of(once), agreement(thrice, names)
    apart = of(thrice)
    assert (pooled.low, pooled.high) == pytest.approx((alone.low, alone.high))
    assert width(apart) < 0.8 * width(pooled)


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    chance = random.Random(7)
    truth = cohen([noisy(chance) for _ in range(20_000)])
    hits = 0
    for _ in range(60):
        found = of([noisy(chance) for _ in range(80)])
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert 50 <= hits <= 60


def noisy(chance: random.Random) -> tuple[float, float]:
    """Points of two markers, of whom the second errs now and then."""
    points = chance.choice((0, 0, 1, 1.5, 2, 3, 4))
    slip = chance.choice((0, 0, 0, 0, -0.5, 0.5, 1, -1))
    return points, min(4, max(0, points + slip))


def width(found: Agreement) -> float:
    assert found.low is not None
    assert found.high is not None
    return float(found.high - found.low)
