"""Confidence intervals for scores.

Formulas: E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", JASA 22 (1927), for proportions; Student's t for means. The quantile of
t comes from bisection on its distribution function, which is a regularized
incomplete beta function evaluated by its continued fraction (Lentz's method).
"""

import math
from statistics import NormalDist


def wilson(successes: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a proportion, as fractions of 1."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = successes / n
    center = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (center - half) / scale, (center + half) / scale
    # Rounding must not push an end past the proportion itself.
    return max(0.0, min(low, p)), min(1.0, max(high, p))


def student(
    mean: float, stderr: float, df: int, level: float = 0.95
) -> tuple[float, float]:
    """The t interval of a mean whose standard error has `df` degrees of freedom."""
    half = t_quantile((1 + level) / 2, df) * stderr
    return mean - half, mean + half


def t_quantile(p: float, df: int) -> float:
    """Where Student's t with `df` degrees of freedom reaches probability p >= 1/2."""
    low, high = 0.0, 1.0
    while t_cdf(high, df) < p:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if t_cdf(middle, df) < p else (low, middle)
    return (low + high) / 2


def t_cdf(t: float, df: int) -> float:
    """Probability that Student's t stays below t >= 0."""
    return 1 - incomplete_beta(df / (df + t * t), df / 2, 0.5) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - incomplete_beta(1 - x, b, a)
    log_front = (
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(x)
        + b * math.log1p(-x)
    )
    return math.exp(log_front) / (a * continued_fraction(x, a, b))


def continued_fraction(x: float, a: float, b: float) -> float:
    """1/(I_x / front): Lentz's evaluation of the beta function's fraction."""
    tiny = 1e-300
    c, d = 1.0, 0.0
    value = 1.0
    for i in range(1000):
        m = i // 2
        if i == 0:
            numerator = 1.0
        elif i % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 + numerator * d
        d = 1 / (d if abs(d) > tiny else tiny)
        c = 1 + numerator / c
        c = c if abs(c) > tiny else tiny
        value *= c * d
        if abs(1 - c * d) < 1e-15:
            break
    return 1 / (value - 1) if value != 1 else math.inf
