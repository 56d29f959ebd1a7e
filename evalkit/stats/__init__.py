"""Statistics of evaluations: intervals of scores, averages, attempts and exams.

Shares are fractions of 1, and an interval is a pair of such: its low and its high end.
A level is that of the interval, 0.95 unless told otherwise. Questions are the units:
they are taken for a sample of a larger pool of such questions. docs/statistics.md says
which of these evalkit uses where, why, and how often the intervals cover.
"""

from typing import TYPE_CHECKING

from evalkit.lazily import names_of

if TYPE_CHECKING:
    from evalkit.stats.attempts import pass_at_k, pass_hat_k, variance_components
    from evalkit.stats.averages import macro_average, stratified_mean
    from evalkit.stats.exams import exam_ratio
    from evalkit.stats.intervals import (
        clopper_pearson,
        jeffreys,
        student,
        student_mean_interval,
        wilson,
        wilson_effective,
    )
    from evalkit.stats.means import clustered_mean

HOMES = {
    "evalkit.stats.attempts": ("pass_at_k", "pass_hat_k", "variance_components"),
    "evalkit.stats.averages": ("macro_average", "stratified_mean"),
    "evalkit.stats.exams": ("exam_ratio",),
    "evalkit.stats.intervals": (
        "clopper_pearson",
        "jeffreys",
        "student",
        "student_mean_interval",
        "wilson",
        "wilson_effective",
    ),
    "evalkit.stats.means": ("clustered_mean",),
}

__all__ = [
    "clopper_pearson",
    "clustered_mean",
    "exam_ratio",
    "jeffreys",
    "macro_average",
    "pass_at_k",
    "pass_hat_k",
    "stratified_mean",
    "student",
    "student_mean_interval",
    "variance_components",
    "wilson",
    "wilson_effective",
]


__getattr__ = names_of(__name__, HOMES)


def __dir__() -> list[str]:
    return __all__
