"""Intervals of one share: from counts, or from a mean with its standard error.

The normal quantile is Python's own; Student's t and the beta distribution come from
mpmath and scipy, which are imported by the first call that needs them.
"""

import importlib
import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist, fmean, stdev
from typing import Any, TypeAlias, TypedDict

Ends: TypeAlias = tuple[float, float]
"""The low and the high end of an interval."""

LEVEL = 0.95
ROUNDING = 1e-12
"""A standard error of no more than this is none: sums of floats leave as much."""


class Effective(TypedDict):
    """A mean's interval, and how many questions' worth of right and wrong it has."""

    n_eff: float
    interval: Ends


def wilson(k: float, n: float, level: float = LEVEL) -> Ends:
    """The Wilson score interval of a share of k in n, such as that of right answers.

    With p = k/n and z the normal quantile at (1 + level)/2 its centre is
    (p + z²/2n)/(1 + z²/n) and half its width z·sqrt(p(1-p)/n + z²/4n²)/(1 + z²/n).
    It assumes independent questions that are right or wrong. Neither k nor n need be
    whole. Without questions it is all of [0, 1]; at k = n it ends in 1 exactly.

    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927); compared with others by Brown, Cai, DasGupta,
    doi:10.1214/ss/1009213286.
    """
    share = share_of(k, n)
    z = normal_quantile(level)
    if n == 0:
        return 0.0, 1.0
    pulled = z * z / n
    if math.isinf(pulled):  # so few that nothing is known
        return 0.0, 1.0
    middle = (share + pulled / 2) / (1 + pulled)
    spread = share * (1 - share) / n + pulled / n / 4
    half = z * math.sqrt(spread) / (1 + pulled)
    low = 0.0 if share == 0 else middle - half
    high = 1.0 if share == 1 else middle + half
    # Rounding must not push an end past the share itself.
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def clopper_pearson(k: float, n: float, level: float = LEVEL) -> Ends:
    """The interval of a share of k in n that covers never less often than its level.

    Its ends are quantiles of beta distributions, Beta(k, n-k+1) and Beta(k+1, n-k): all
    shares that a binomial test keeps, each side by itself. It assumes independent
    questions that are right or wrong. Wider than Wilson's: for a claim that must hold.

    Clopper, Pearson, "The use of confidence or fiducial limits illustrated in the case
    of the binomial", Biometrika 26 (1934).
    """
    share = share_of(k, n)
    tail = (1 - checked_level(level)) / 2
    low = 0.0 if share == 0 or n == 0 else beta_quantile(tail, k, n - k + 1)
    high = 1.0 if share == 1 or n == 0 else beta_quantile(1 - tail, k + 1, n - k)
    return low, high


def jeffreys(k: float, n: float, level: float = LEVEL) -> Ends:
    """Jeffreys' interval of a share of k in n: quantiles of Beta(k + ½, n - k + ½).

    It assumes independent questions that are right or wrong. At k = 0 it begins at 0,
    and at k = n it ends at 1. On average it covers as often as its level says, and for
    some shares less often: .87 in place of .95.

    Brown, Cai, DasGupta, "Interval estimation for a binomial proportion", Statistical
    Science 16 (2001), doi:10.1214/ss/1009213286.
    """
    share = share_of(k, n)
    tail = (1 - checked_level(level)) / 2
    a, b = k + 0.5, n - k + 0.5
    low = 0.0 if share == 0 or n == 0 else beta_quantile(tail, a, b)
    high = 1.0 if share == 1 or n == 0 else beta_quantile(1 - tail, a, b)
    return low, high


def wilson_effective(
    mean: float, se: float, units: float, df: float, level: float = LEVEL
) -> Effective:
    """Wilson's interval of a mean in [0, 1], by the effective number of questions.

    n_eff = mean(1-mean)/se² · (z/t)² questions that are right or wrong would have the
    same standard error; t is Student's quantile with `df` degrees of freedom, z the
    normal one. The interval is ``wilson(mean·n_eff, n_eff)``. Where there is no spread,
    or the mean is 0 or 1, n_eff is `units`, how many independent units there are: no
    spread is not certainty. It assumes that `se` is that of the design that the scores
    come from: attempts, clusters, points.

    The effective number: Korn, Graubard, Survey Methodology 24 (1998) 193-201. With
    Wilson's interval: Franco et al., J. Survey Statistics and Methodology 7 (2019)
    334-364.
    """
    if not 0 <= mean <= 1 or not se >= 0:
        raise ValueError(f"a mean of {mean} with a standard error of {se} is no share")
    if se <= ROUNDING or mean in (0, 1):
        n_eff = float(units)
    else:
        shrunk = normal_quantile(level) / t_quantile(level, df)
        n_eff = mean * (1 - mean) * (shrunk / se) ** 2
    return Effective(n_eff=n_eff, interval=wilson(mean * n_eff, n_eff, level))


def student(mean: float, stderr: float, df: float, level: float = LEVEL) -> Ends:
    """The t interval of a mean whose standard error has `df` degrees of freedom.

    mean ± t·stderr, with Student's quantile at (1 + level)/2. It assumes a mean that is
    nearly normal, which is not so near 0 and 1: there it reaches beyond, and
    `wilson_effective` does not.
    """
    half = t_quantile(level, df) * stderr
    return mean - half, mean + half


def student_mean_interval(values: Sequence[float], level: float = LEVEL) -> Ends:
    """The t interval of a mean of independent values, in their unit; two at least.

    mean ± t·sd/sqrt(n) with n - 1 degrees of freedom: what R's t.test prints. It may
    reach beyond [0, 1]. "Student", "The probable error of a mean", Biometrika 6 (1908).
    """
    if len(values) < 2:
        raise ValueError(f"a t interval needs two values or more, not {len(values)}")
    n = len(values)
    return student(fmean(values), stdev(values) / math.sqrt(n), n - 1, level)


def share_of(k: float, n: float) -> float:
    """k/n, whatever n is; a ValueError unless it is a share."""
    if not 0 <= k <= n * (1 + ROUNDING) or math.isinf(n):
        raise ValueError(f"{k} in {n} is no share")
    return min(1.0, k / n) if n else 0.0


def checked_level(level: float) -> float:
    """A level as it was given; a ValueError unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, such as 0.95, not at {level}")
    return level


def normal_quantile(level: float) -> float:
    """How many standard deviations hold that share of a normal distribution."""
    return NormalDist().inv_cdf((1 + checked_level(level)) / 2)


@lru_cache(maxsize=1024)
def t_quantile(level: float, df: float) -> float:
    """How many standard errors hold that share, with `df` degrees of freedom."""
    if not df > 0:
        raise ValueError(f"a t interval needs a degree of freedom, not {df}")
    # A fifth of what scipy.special takes to import, and no state of anybody else's.
    mp: Any = importlib.import_module("mpmath").mp.clone()
    mp.dps = 20
    tail = (1 - checked_level(level)) / 2

    def beyond(t: Any) -> Any:
        x = df / (df + t * t)
        return mp.betainc(mp.mpf(df) / 2, 0.5, 0, x, regularized=True) / 2 - tail

    return float(mp.findroot(beyond, normal_quantile(level)))


def beta_quantile(p: float, a: float, b: float) -> float:
    """Where the distribution Beta(a, b) reaches probability p."""
    special: Any = importlib.import_module("scipy.special")
    return float(special.betaincinv(a, b, p))
