"""From the record of a finished run back to its task, protocol and metrics."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from evalkit.checked import check_samples
from evalkit.choosing import asker, choose_task, data_root, offered
from evalkit.data import Data
from evalkit.errors import UsageError
from evalkit.finding import exemplars_of, find_data
from evalkit.identity import option_values
from evalkit.metrics import Metric
from evalkit.opening import Opened, installed, opened_folder
from evalkit.plan import PlannedRun
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol
from evalkit.record import DatasetFacts, Plain, RunRecord, RunSpec
from evalkit.selecting import Selection, select
from evalkit.task import Task, task_label


def planned_again(
    record: RunRecord, data: Path | None, plugins: Plugins, home: Path | None = None
) -> PlannedRun:
    """The run as its record has it, with the task as it is installed now.

    `home` is the folder of a task that lies in one. Raises UsageError if the task no
    longer has the questions that were asked.
    """
    spec = record.spec
    found = task_again(record, plugins, home)
    words = as_words(spec.task_options)
    asked = choose_task(found, words, Data(root=data_root(data)))
    task = asked.task
    check_options(task, spec)
    protocol = restored(offered(task, spec.protocol, plugins), spec)
    chosen = find_data(asked, examples=protocol.shows_examples)
    selection = select(task, spec.limit, spec.shuffle)
    check_same_samples(task, record, selection, chosen.dataset)
    exemplars = exemplars_of(task) if protocol.shows_examples else ()
    return PlannedRun(
        spec=spec,
        task=task,
        task_words=asked.words,
        protocol=protocol,
        asker=asker(task, protocol.name, plugins),
        metrics=tuple(metrics_again(record, task, plugins)),
        exemplars=exemplars,
        samples=record.samples,
        samples_sha256=record.samples_sha256,
        data_origin=record.data_origin,
        selection=selection,
    )


def task_again(record: RunRecord, plugins: Plugins, home: Path | None) -> Opened:
    """The task of a run: an installed one, or the one in the folder `home`."""
    name = record.spec.task
    if home is not None:
        found = opened_folder(home, plugins)
        if found.name != name:
            raise UsageError(
                f"the run is of the task {name!r}, and {str(home)!r} holds "
                f"{found.name!r}"
            )
        return found
    dataset = record.spec.dataset
    own = dataset is not None and dataset.id == name
    if own and name not in plugins.tasks:
        raise UsageError(
            f"the run is of the task {name!r}, which lay in a folder: name that with "
            "--task FOLDER"
        )
    return installed(name, plugins)


def as_words(options: Plain) -> dict[str, str]:
    """Option values as a user would write them after ``--set``; those that cannot be
    written there had their defaults."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in options.items()
        if value is None or isinstance(value, str | int | float)
    }


def check_options(task: Task, spec: RunSpec) -> None:
    """Refuse a task that no longer takes the options of the run as it did."""
    values = option_values(task)
    for name, value in spec.task_options.items():
        if values.get(name) != value:
            raise UsageError(
                f"{task_label(task)}: option {name!r} cannot be {value!r} again, as it "
                "was when the run was made"
            )


def check_same_samples(
    task: Task,
    record: RunRecord,
    selection: Selection,
    dataset: DatasetFacts | None,
) -> None:
    """Refuse to judge answers to questions that are no longer the same."""
    spec = record.spec
    checked = check_samples(task, selection.of(task))
    if checked.sha256 == record.samples_sha256:
        return
    if dataset != spec.dataset:
        what = f"the dataset of task {task.name!r} has changed since the run was made"
    else:
        what = (
            f"{task_label(task)}, version {task.version}, has other samples than "
            f"version {spec.task_version}, which the run was made with"
        )
    raise UsageError(
        f"{what}: samples sha256 {checked.sha256[:12]}…, in the record "
        f"{record.samples_sha256[:12]}…"
    )


def restored(protocol: Protocol, spec: RunSpec) -> Protocol:
    """The protocol with the options that it had in the run."""
    options: dict[str, Any] = dict(spec.protocol_options)
    try:
        return msgspec.convert(options, type(protocol), strict=False)
    except (msgspec.ValidationError, TypeError, ValueError) as exc:
        raise UsageError(
            f"protocol {spec.protocol!r} cannot be what it was in the run: {exc}"
        ) from exc


def metrics_again(record: RunRecord, task: Task, plugins: Plugins) -> Iterator[Metric]:
    """Those of the task, and those that the user had added."""
    yield from task.metrics
    own = {each.name for each in task.metrics}
    for each in record.estimates:
        if each.metric not in own and each.metric in plugins.metrics:
            yield plugins.metrics[each.metric]
