"""From what the user asked to what will be done, with everything cheap checked.

Nothing here loads a model. Whatever is wrong with the words of a command, its data
or its output folder is found here, in seconds.
"""

import hashlib
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from evalkit.backend import Backend, Model
from evalkit.choosing import (
    Chosen,
    check_attempts,
    check_protocol,
    choose_backend,
    choose_protocol,
    choose_tasks,
)
from evalkit.errors import BackendError, DataError, TaskError, boundary
from evalkit.experiment import Experiment, check_numbers
from evalkit.folder import check_writable
from evalkit.metrics import Metric
from evalkit.options import settable
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol
from evalkit.record import DatasetFacts, Plain, RunSpec, encode
from evalkit.task import Task
from evalkit.types import Sample


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A run that can start."""

    spec: RunSpec
    task: Task
    task_words: dict[str, str]
    """The task's options as the user wrote them, for scoring processes."""
    protocol: Protocol
    metrics: tuple[Metric, ...]
    exemplars: tuple[Sample, ...]
    samples: int
    samples_sha256: str
    data_origin: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Runs that share one model."""

    backend: Backend
    model: Model
    runs: tuple[PlannedRun, ...]
    output: Path


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all runs of an experiment have in common."""

    wanted: Experiment
    plugins: Plugins
    backend: Backend
    model: Model
    metrics: tuple[Metric, ...]


def plan(wanted: Experiment, plugins: Plugins) -> Plan:
    """Check everything that can be checked without loading a model."""
    check_numbers(wanted)
    tasks = choose_tasks(wanted, plugins)
    metrics = tuple(plugins.metrics[name] for name in wanted.metrics)
    check_attempts(wanted, tasks, metrics)
    for each in tasks:
        check_protocol(each.task, wanted.protocol, plugins)
    backend = choose_backend(wanted, plugins)
    check_writable(wanted.output)
    tasks = [find_data(each) for each in tasks]
    with boundary(BackendError, f"backend {backend.name!r}, finding {backend.model!r}"):
        model = backend.prepare()
    setting = Setting(
        wanted=wanted, plugins=plugins, backend=backend, model=model, metrics=metrics
    )
    runs = tuple(plan_run(each, setting) for each in tasks)
    return Plan(backend=backend, model=model, runs=runs, output=wanted.output)


def find_data(chosen: Chosen) -> Chosen:
    """Locate the task's dataset, fetching it if need be."""
    ref = chosen.task.dataset
    if ref is None:
        return chosen
    with boundary(DataError, f"task {chosen.task.name!r}"):
        source = chosen.task.data.find(ref)
    facts = DatasetFacts(id=ref.id, revision=ref.revision, sha256=source.sha256)
    return replace(chosen, dataset=facts, origin=source.origin)


def exemplars_of(task: Task) -> tuple[Sample, ...]:
    """A task's worked examples; a TaskError names the task if it fails."""
    with boundary(TaskError, f"task {task.name!r}, exemplars()"):
        return tuple(task.exemplars())


def plan_run(chosen: Chosen, setting: Setting) -> PlannedRun:
    """Settle the protocol, go through all samples once, and write the spec."""
    task, wanted, backend = chosen.task, setting.wanted, setting.backend
    protocol = choose_protocol(task, setting.model, wanted, setting.plugins)
    exemplars = exemplars_of(task)
    checked = check_samples(task, wanted.limit)
    check_first_request(task, protocol, checked.first, exemplars)
    spec = RunSpec(
        task=task.name,
        task_version=task.version,
        task_options=option_values(task),
        dataset=chosen.dataset,
        protocol=protocol.name,
        protocol_options=plain_values(protocol),
        backend=backend.name,
        backend_options=option_values(backend),
        model=setting.model.name,
        model_identity=setting.model.identity,
        attempts=wanted.attempts,
        seed=wanted.seed,
        limit=wanted.limit,
    )
    return PlannedRun(
        spec=spec,
        task=task,
        task_words=chosen.words,
        protocol=protocol,
        metrics=tuple({m.name: m for m in (*task.metrics, *setting.metrics)}.values()),
        exemplars=exemplars,
        samples=checked.count,
        samples_sha256=checked.sha256,
        data_origin=chosen.origin,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one pass over a task's samples told."""

    first: Sample
    count: int
    sha256: str


def check_samples(task: Task, limit: int | None) -> Checked:
    """Count and hash the samples; refuse none at all, or two with one id."""
    total = hashlib.sha256()
    first: Sample | None = None
    seen: set[str] = set()
    with boundary(TaskError, f"task {task.name!r}, samples()"):
        for sample in islice(task.samples(), limit):
            if sample.id in seen:
                raise TaskError(f"task {task.name!r} has two samples {sample.id!r}")
            seen.add(sample.id)
            first = first or sample
            total.update(encoded(sample))
    if first is None:
        raise TaskError(f"task {task.name!r} has no samples")
    return Checked(first=first, count=len(seen), sha256=total.hexdigest())


def encoded(sample: Sample) -> bytes:
    """A sample as JSON; raise ValueError if it would not come back as it is."""
    try:
        encoding = encode(sample)
        same = msgspec.json.decode(encoding, type=Sample) == sample
    except (TypeError, ValueError, msgspec.ValidationError) as exc:
        raise ValueError(f"sample {sample.id!r}: {exc}") from exc
    if not same:
        raise ValueError(f"sample {sample.id!r} has values that JSON cannot hold")
    return encoding


def check_first_request(
    task: Task, protocol: Protocol, sample: Sample, exemplars: tuple[Sample, ...]
) -> None:
    """Open one conversation, to see that the protocol can ask this task at all."""
    where = f"task {task.name!r}, protocol {protocol.name!r}"
    with boundary(TaskError, where):
        conversation = protocol.converse(sample, exemplars)
        next(conversation)
        conversation.close()


def option_values(described: Task | Backend) -> Plain:
    """A dataclass's options that can move a score, as plain values."""
    known = settable(type(described))
    return {
        name: plain_values(getattr(described, name))
        for name, each in known.items()
        if each.metadata.get("identity", True)
    }


def plain_values(value: object) -> Any:
    """A value as it will look when it is read back from JSON."""
    return msgspec.json.decode(encode(value))
