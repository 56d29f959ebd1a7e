"""From what the user asked to what will be done, with everything cheap checked.

Nothing here loads a model. Whatever is wrong with the words of a command, its data
or its output folder is found here, in seconds.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from evalkit.backend import Backend, Model
from evalkit.data import Data
from evalkit.errors import BackendError, DataError, TaskError, UsageError, boundary
from evalkit.folder import check_writable
from evalkit.metrics import Metric
from evalkit.options import build, settable
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol
from evalkit.record import DatasetFacts, Plain, RunSpec, encode
from evalkit.registry import unknown
from evalkit.task import Task
from evalkit.types import Sample


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What a user asks for: some tasks, put to one model."""

    tasks: tuple[str, ...]
    model: str = ""
    """``backend:model``; empty for the built-in model."""
    protocol: str = ""
    """Empty for the first protocol of each task that suits the model."""
    task_options: Mapping[str, str] = field(default_factory=dict[str, str])
    """``name`` for all tasks, ``task.name`` for one of them."""
    backend_options: Mapping[str, str] = field(default_factory=dict[str, str])
    sampling: Mapping[str, int | float] = field(default_factory=dict[str, int | float])
    """Fields of Sampling that differ from the protocol's."""
    metrics: tuple[str, ...] = ()
    """Metrics besides those that the tasks declare."""
    attempts: int = 1
    seed: int = 0
    limit: int | None = None
    data: Path | None = None
    output: Path = Path("runs")


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


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A task with its options, and its dataset once that was found."""

    task: Task
    words: dict[str, str]
    dataset: DatasetFacts | None = None
    origin: str = "package"


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


def check_numbers(wanted: Experiment) -> None:
    """Refuse counts and sampling settings that mean nothing."""
    limits: tuple[tuple[str, float | None, float, float], ...] = (
        ("--attempts", wanted.attempts, 1, 10_000),
        ("--limit", wanted.limit, 1, 10**9),
        ("--max-tokens", wanted.sampling.get("max_tokens"), 1, 10**7),
        ("--temperature", wanted.sampling.get("temperature"), 0, 100),
        ("--top-p", wanted.sampling.get("top_p"), 1e-6, 1),
    )
    for flag, value, low, high in limits:
        if value is not None and not low <= value <= high:
            raise UsageError(
                f"{flag} must lie between {low:g} and {high:g}, not {value}"
            )


def choose_tasks(wanted: Experiment, plugins: Plugins) -> list[Chosen]:
    """The tasks named, each once, with the options meant for it."""
    if not wanted.tasks:
        raise UsageError("no task named: --tasks NAME[,NAME...]. See: evalkit tasks")
    names = tuple(dict.fromkeys(wanted.tasks))
    classes = [plugins.tasks[name] for name in names]
    for option in wanted.task_options:
        owner, dot, _ = option.partition(".")
        if dot and owner not in names:
            raise UsageError(f"--set {option}: {unknown('task here', owner, names)}")
    data = Data(root=data_root(wanted.data))
    return [choose_task(cls, wanted.task_options, data) for cls in classes]


def choose_task(cls: type[Task], options: Mapping[str, str], data: Data) -> Chosen:
    """One task, built from ``name`` and ``task.name`` options."""
    prefix = f"{cls.name}."
    words = {name: value for name, value in options.items() if "." not in name}
    words |= {
        name.removeprefix(prefix): value
        for name, value in options.items()
        if name.startswith(prefix)
    }
    task = build(cls, words, f"task {cls.name!r}", data=data)
    return Chosen(task=task, words=words)


def data_root(folder: Path | None) -> Path | None:
    """The data folder, if it is one."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"data folder {str(folder)!r} does not exist or is no folder")
    return folder


def check_attempts(
    wanted: Experiment, tasks: Iterable[Chosen], added: tuple[Metric, ...]
) -> None:
    """Refuse too few attempts for a metric."""
    for metric in (*(m for each in tasks for m in each.task.metrics), *added):
        if metric.attempts > wanted.attempts:
            raise UsageError(
                f"metric {metric.name!r} needs --attempts {metric.attempts} or more, "
                f"not {wanted.attempts}"
            )


def choose_backend(wanted: Experiment, plugins: Plugins) -> Backend:
    """The backend named before the colon, told the model named behind it."""
    name, colon, model = builtin_or_given(wanted.model, plugins).partition(":")
    if not colon or not model:
        known = ", ".join(entry.item.name for entry in plugins.backends)
        raise UsageError(
            f"--model takes backend:model, not {wanted.model!r}. Backends: {known}"
        )
    who = f"backend {name!r}"
    return build(plugins.backends[name], wanted.backend_options, who, model=model)


def builtin_or_given(model: str, plugins: Plugins) -> str:
    """The model that the user named, or the first that a backend offers."""
    if model:
        return model
    for cls in plugins.backends.in_plugin_order():
        if cls.builtin_model:
            return f"{cls.name}:{cls.builtin_model}"
    raise UsageError("no --model given, and no backend here brings one")


def check_protocol(task: Task, name: str, plugins: Plugins) -> None:
    """Refuse the name of a protocol that there is not."""
    offered(task, name, plugins)


def offered(task: Task, name: str, plugins: Plugins) -> tuple[Protocol, ...]:
    """The protocols that may be used: all of the task's, or the one named."""
    if not name:
        return task.protocols
    own = {each.name: each for each in task.protocols}
    if name in own:
        return (own[name],)
    if name in plugins.protocols:
        return (plugins.protocols[name],)
    known = {*own, *(entry.item.name for entry in plugins.protocols)}
    raise UsageError(f"task {task.name!r}: {unknown('protocol', name, known)}")


def find_data(chosen: Chosen) -> Chosen:
    """Locate the task's dataset, fetching it if need be."""
    ref = chosen.task.dataset
    if ref is None:
        return chosen
    with boundary(DataError, f"task {chosen.task.name!r}"):
        source = chosen.task.data.find(ref)
    facts = DatasetFacts(id=ref.id, revision=ref.revision, sha256=source.sha256)
    return replace(chosen, dataset=facts, origin=source.origin)


def plan_run(chosen: Chosen, setting: Setting) -> PlannedRun:
    """Settle the protocol, go through all samples once, and write the spec."""
    task, wanted, backend = chosen.task, setting.wanted, setting.backend
    protocol = choose_protocol(task, setting)
    with boundary(TaskError, f"task {task.name!r}, exemplars()"):
        exemplars = tuple(task.exemplars())
    samples, sha256 = check_samples(task, wanted.limit)
    check_first_request(task, protocol, exemplars)
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
        samples=samples,
        samples_sha256=sha256,
        data_origin=chosen.origin,
    )


def choose_protocol(task: Task, setting: Setting) -> Protocol:
    """The first protocol that suits the model, with the user's sampling."""
    candidates = offered(task, setting.wanted.protocol, setting.plugins)
    suiting = [each for each in candidates if setting.model.chats or not each.chats]
    if not suiting:
        others = [each.name for each in task.protocols if not each.chats]
        raise UsageError(
            f"model {setting.model.name!r} has no chat template, which protocol "
            f"{candidates[0].name!r} needs. Without one: "
            f"{', '.join(others) or 'verbatim'}"
        )
    protocol = suiting[0]
    sampling = replace(protocol.sampling, **dict[str, Any](setting.wanted.sampling))
    if setting.wanted.attempts > 1 and sampling.temperature == 0:
        raise UsageError(
            f"--attempts {setting.wanted.attempts} at temperature 0 would ask for the "
            "same answer again and again; add --temperature 0.7, say"
        )
    return replace(protocol, sampling=sampling)


def check_samples(task: Task, limit: int | None) -> tuple[int, str]:
    """Count and hash the samples; refuse none at all, or two with one id."""
    total = hashlib.sha256()
    seen: set[str] = set()
    with boundary(TaskError, f"task {task.name!r}, samples()"):
        for sample in islice(task.samples(), limit):
            if sample.id in seen:
                raise TaskError(f"task {task.name!r} has two samples {sample.id!r}")
            seen.add(sample.id)
            total.update(encoded(sample))
    if not seen:
        raise TaskError(f"task {task.name!r} has no samples")
    return len(seen), total.hexdigest()


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
    task: Task, protocol: Protocol, exemplars: tuple[Sample, ...]
) -> None:
    """Open one conversation, to see that the protocol can ask this task at all."""
    where = f"task {task.name!r}, protocol {protocol.name!r}"
    with boundary(TaskError, where):
        for sample in islice(task.samples(), 1):
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
