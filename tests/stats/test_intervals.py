"""Intervals of one share against scipy's and statsmodels', and at their edges."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from evalkit import student as public_student
from evalkit import wilson as public_wilson
from evalkit.stats import (
    clopper_pearson,
    jeffreys,
    student,
    student_mean_interval,
    wilson,
    wilson_effective,
)
from evalkit.stats.intervals import t_quantile

shares = st.integers(0, 400).map(lambda k: k / 400)
# statsmodels 0.15, proportion_confint by "wilson", "beta" and "jeffreys".
STATSMODELS = [
    (7, 12, 0.95, wilson, (0.31951131254954973, 0.8067396863412435)),
    (41, 250, 0.99, wilson, (0.11251973460941583, 0.2328537815216266)),
    (250, 250, 0.9, wilson, (0.989293691712834, 1.0)),
    (7, 12, 0.95, clopper_pearson, (0.2766696856821058, 0.8483477701915698)),
    (0, 7, 0.95, clopper_pearson, (0.0, 0.4096163972250034)),
    (41, 250, 0.99, clopper_pearson, (0.10859801371537538, 0.232627726014652)),
    (7, 12, 0.95, jeffreys, (0.31194042504011954, 0.8195213052102984)),
    (41, 250, 0.99, jeffreys, (0.11026873337657096, 0.2303765417119084)),
    (0, 7, 0.95, jeffreys, (0.0, 0.2924361736623099)),
    (250, 250, 0.9, jeffreys, (0.9923541457284215, 1.0)),
]


@pytest.mark.parametrize(("k", "n", "level", "function", "expected"), STATSMODELS)
def test_intervals_are_those_of_statsmodels(
    k: int, n: int, level: float, function: object, expected: tuple[float, float]
) -> None:
    assert callable(function)
    assert function(k, n, level) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 10), (3, 10), (10, 10), (83, 100)])
def test_intervals_are_those_of_scipy(k: int, n: int, level: float) -> None:
    test = scipy_stats.binomtest(k, n)
    for function, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        expected = test.proportion_ci(level, method=method)
        found = function(k, n, level)
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("function", [wilson, clopper_pearson, jeffreys])
def test_nothing_is_known_without_questions(function: object) -> None:
    assert callable(function)
    assert function(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("function", [wilson, clopper_pearson, jeffreys])
@pytest.mark.parametrize("n", [1, 7, 100_000])
def test_all_and_none_end_exactly_where_shares_end(function: object, n: int) -> None:
    assert callable(function)
    assert function(0, n)[0] == 0.0
    assert function(n, n)[1] == 1.0
    assert 0 < function(0, n)[1] < 1
    assert function(0, n)[1] == pytest.approx(1 - function(n, n)[0])


@pytest.mark.parametrize("df", [1, 2, 2.5, 3, 7, 30, 32, 1318, 100_000])
@pytest.mark.parametrize("level", [0.2, 0.8, 0.95, 0.99])
def test_the_quantile_of_t_is_scipys(level: float, df: float) -> None:
    expected = scipy_stats.t.ppf((1 + level) / 2, df)
    assert t_quantile(level, df) == pytest.approx(expected, rel=1e-12)


def test_the_t_interval_is_scipys() -> None:
    values = [0.5, 0.0, 1.0, 0.75, 0.25, 1.0]
    error = scipy_stats.sem(values)
    expected = scipy_stats.t.interval(0.9, 5, loc=3.5 / 6, scale=error)
    assert student_mean_interval(values, 0.9) == pytest.approx(expected, rel=1e-12)
    assert student(3.5 / 6, float(error), 5, 0.9) == pytest.approx(expected)
    assert student_mean_interval([0.25, 0.75])[0] < 0  # it is not clipped


@pytest.mark.parametrize(
    ("mean", "se", "units", "df"), [(0.3, 0.05, 40, 39), (0.98, 0.01, 100, 12)]
)
def test_the_effective_number_has_the_standard_error_of_the_mean(
    mean: float, se: float, units: int, df: int
) -> None:
    found = wilson_effective(mean, se, units, df)
    shrunk = scipy_stats.norm.ppf(0.975) / scipy_stats.t.ppf(0.975, df)
    n_eff = found["n_eff"]
    assert math.sqrt(mean * (1 - mean) / n_eff) * shrunk == pytest.approx(se)
    low, high = found["interval"]
    # Wilson's ends are the shares from which the mean is z standard errors away.
    for end in (low, high):
        error = math.sqrt(end * (1 - end) / n_eff)
        assert abs(end - mean) == pytest.approx(scipy_stats.norm.ppf(0.975) * error)


@given(st.integers(1, 5000), shares)
def test_no_spread_is_wilson_on_the_units(units: int, mean: float) -> None:
    found = wilson_effective(mean, 0, units, units - 1)
    assert found == {"n_eff": units, "interval": wilson(mean * units, units)}
    for certain in (0, 1):
        at_end = wilson_effective(certain, 0.1, units, units - 1)
        assert at_end["interval"] == wilson(certain * units, units)


@given(shares, st.floats(1e-3, 1e6), st.floats(0.5, 0.999))
def test_wilson_holds_its_share_and_mirrors(p: float, n: float, level: float) -> None:
    low, high = wilson(p * n, n, level)
    assert 0 <= low <= min(1, p * n / n) <= high <= 1
    assert low < high
    mirrored = wilson((1 - p) * n, n, level)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: wilson(3, 2), "3 in 2 is no share"),
        (lambda: wilson(-1, 2), "-1 in 2 is no share"),
        (lambda: wilson(math.nan, 2), "nan in 2 is no share"),
        (lambda: wilson(1, 2, 95), "a level lies between 0 and 1"),
        (lambda: clopper_pearson(1, 2, 1.0), "a level lies between 0 and 1"),
        (lambda: student(0.5, 0.1, 0), "needs a degree of freedom"),
        (lambda: student_mean_interval([1.0]), "needs two values or more, not 1"),
        (lambda: wilson_effective(1.5, 0.1, 3, 2), "is no share"),
    ],
)
def test_what_is_no_share_is_refused(call: object, why: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=why):
        call()


def test_the_names_of_before_are_the_same_functions() -> None:
    assert (public_wilson, public_student) == (wilson, student)
    assert public_wilson(27, 30) == wilson(k=27, n=30)  # successes by position


def test_only_what_needs_a_library_imports_it() -> None:
    code = (
        "import sys; from evalkit import stats\n"
        "def has(*names): return [n for n in names if n in sys.modules]\n"
        "stats.wilson(1, 2); stats.macro_average([1], [2]); stats.pass_at_k(4, 2, 3)\n"
        "assert not has('numpy', 'scipy', 'mpmath'), 1\n"
        "stats.wilson_effective(.5, .1, 9, 8)\n"
        "assert not has('numpy', 'scipy'), 2\n"
        "stats.jeffreys(1, 2); assert has('scipy') and not has('scipy.stats'), 3\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
