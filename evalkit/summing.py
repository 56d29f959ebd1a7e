"""What a run's results come to: each metric's estimate, and the bounds on it."""

from collections.abc import Iterable, Mapping

from evalkit.errors import TaskError, boundary
from evalkit.metrics import Metric
from evalkit.plan import PlannedRun
from evalkit.results import OPEN, Results, forgiven
from evalkit.seams import ESTIMATE, TITLES
from evalkit.task import task_label
from evalkit.titles import Titles
from evalkit.types import Estimate, SampleResult


def estimates(planned: PlannedRun, results: Results) -> tuple[Estimate, ...]:
    """Each metric's estimate, in the order of the metrics; a TaskError where two give
    theirs the same name."""
    found: dict[str, Estimate] = {}
    for metric in planned.metrics:
        given = estimate(planned, metric, results)
        if found.setdefault(given.metric, given) is not given:
            raise TaskError(
                f"{task_label(planned.task)}, metric {metric.name!r}: its estimate is "
                f"named {given.metric!r}, as that of another metric is"
            )
    return tuple(found.values())


def ceilings(
    planned: PlannedRun, results: Results, outcomes: Mapping[str, int]
) -> tuple[float, ...]:
    """Each metric's value if all that failed or is undecided were right.

    Empty if there is no such attempt.
    """
    if not any(outcomes.get(each.value, 0) for each in OPEN):
        return ()
    return tuple(
        estimate(planned, each, forgiven(results)).value for each in planned.metrics
    )


def titles(planned: PlannedRun) -> Titles:
    """What people call the task and its parts; a TaskError names it if it fails."""
    with boundary(TaskError, f"{task_label(planned.task)}, titles()"):
        return TITLES(planned.task.titles())


def estimate(
    planned: PlannedRun, metric: Metric, results: Iterable[SampleResult]
) -> Estimate:
    """A metric over results; what it raises is named as its own failure."""
    where = f"{task_label(planned.task)}, metric {metric.name!r}"
    with boundary(TaskError, where):
        return ESTIMATE(metric.estimate(results))
