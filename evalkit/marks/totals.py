"""What a run comes to by the marks of one marker or another."""

from collections.abc import Iterator

from evalkit.choosing import choose_task
from evalkit.data import Data
from evalkit.errors import TaskError, UsageError, boundary
from evalkit.exam.total import ExamTotal, is_exam
from evalkit.marks.sheet import MarkedRun
from evalkit.marks.store import Marking, remarked
from evalkit.metrics import Accuracy, Metric
from evalkit.plugins import Plugins
from evalkit.replan import as_words, metrics_again, task_again
from evalkit.types import Estimate


def metrics_of(run: MarkedRun, plugins: Plugins) -> tuple[Metric, ...]:
    """The metrics of a finished run, by which any marker's points are summed up.

    An exam's total needs nothing but its results. Where the task of another run is
    not installed any more, the metrics that can be had without it are left.
    """
    record = run.record
    if is_exam(record, run.results):
        return (ExamTotal(),)
    if record.spec.task in plugins.tasks:
        words = as_words(record.spec.task_options)
        task = choose_task(task_again(record, plugins, None), words, Data()).task
        return tuple(metrics_again(record, task, plugins))
    names = [each.metric for each in record.estimates]
    known = tuple(plugins.metrics[name] for name in names if name in plugins.metrics)
    return known or (Accuracy(),)


def totals(
    run: MarkedRun, metrics: tuple[Metric, ...], marking: Marking | None
) -> Iterator[Estimate]:
    """Each metric by a marker's points, or by the automatic ones if none is named."""
    results = run.results
    if marking is not None:
        check_current(run, marking)
        results = tuple(remarked(run.results, marking))
    for metric in metrics:
        where = f"task {run.record.spec.task!r}, metric {metric.name!r}"
        with boundary(TaskError, where):
            yield metric.estimate(results)


def check_current(run: MarkedRun, marking: Marking) -> None:
    """Refuse marks of an answer that the run has no more."""
    there = {
        (result.id, number)
        for result in run.results
        for number, _ in enumerate(result.attempts)
    }
    gone = [each.id for each in marking.answers if (each.id, each.attempt) not in there]
    if gone:
        raise UsageError(
            f"run {str(run.folder.path)!r}: {marking.marker!r} marked answers that it "
            f"does not have, such as {gone[0]!r}"
        )
