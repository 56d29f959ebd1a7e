"""From what the user asked to what will be done, with everything cheap checked.

Nothing here loads a model. Whatever is wrong with the words of a command, its data
or its output folder is found here, in seconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.backend import Backend, Model, backend_label
from evalkit.beside import extended
from evalkit.checked import Checked, check_samples
from evalkit.choosing import (
    Candidate,
    Chosen,
    Wish,
    asker,
    check_attempts,
    choose_backend,
    choose_protocols,
    choose_tasks,
    named_protocols,
    replicated,
)
from evalkit.errors import BackendError, DataError, TaskError, UsageError, boundary
from evalkit.experiment import Experiment, check_experiment
from evalkit.finding import exemplars_of, find_data
from evalkit.folder import check_writable
from evalkit.identity import named_values, option_values
from evalkit.judging.judge import Judge, find_judge, name_judge
from evalkit.metrics import Metric
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol, first_request
from evalkit.record import RunSpec
from evalkit.seams import MODEL
from evalkit.selecting import ALL, Selection, select
from evalkit.shots import check_shots
from evalkit.spending import Budget, Prices
from evalkit.suite import Suite
from evalkit.task import Task, task_label
from evalkit.types import Sample


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A run that can start."""

    spec: RunSpec
    task: Task
    task_words: dict[str, str]
    """The task's options as the user wrote them, for scoring processes."""
    protocol: Protocol
    asker: str
    """How errors name the protocol."""
    metrics: tuple[Metric, ...]
    exemplars: tuple[Sample, ...]
    samples: int
    samples_sha256: str
    data_origin: str
    selection: Selection = ALL
    """Which of the task's samples are asked."""
    prices: Prices | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Runs that share one model."""

    backend: Backend
    """What the user named."""
    loads: Backend
    """What loads the model: the same, or what runs copies of it."""
    model: Model
    runs: tuple[PlannedRun, ...]
    output: Path
    suites: tuple[Suite, ...] = ()
    """Those that the user named."""
    wishes: Mapping[Wish, tuple[str, ...]] = field(
        default_factory=dict[Wish, tuple[str, ...]]
    )
    """The digests of the runs that each wish led to."""
    absent: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tasks of suites whose data are not at hand, and why."""
    prices: Prices | None = None
    max_cost: float | None = None
    paid: tuple[int, int] = (0, 0)
    """Tokens that earlier sessions of the runs have read and written."""
    judge: Judge | None = None
    """The model that marks answers by their rubrics, if there is to be one."""

    @property
    def name(self) -> str:
        """The model as records and people call it."""
        return f"{self.backend.name}:{self.model.name}"

    def budget(self) -> Budget | None:
        """What keeps the spending below `max_cost`, if there is such a bound."""
        if self.prices is None or self.max_cost is None:
            return None
        return Budget(self.prices, self.max_cost, self.prices.cost(*self.paid))


@dataclass(frozen=True, slots=True)
class Read:
    """A task with what was read of its data."""

    chosen: Chosen
    checked: Checked
    selection: Selection
    exemplars: tuple[Sample, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all runs of an experiment have in common."""

    wanted: Experiment
    plugins: Plugins
    candidate: Candidate
    metrics: tuple[Metric, ...]


def plan(wanted: Experiment, plugins: Plugins) -> Plan:
    """Check everything that can be checked without loading a model."""
    check_experiment(wanted)
    tasks = choose_tasks(wanted, plugins)
    metrics = tuple(plugins.metrics[name] for name in wanted.metrics)
    check_attempts(wanted, tasks, metrics)
    for each in tasks:
        named_protocols(each, wanted, plugins)
    backend = choose_backend(wanted, plugins)
    named = name_judge(wanted, backend, plugins)
    loads = replicated(backend, wanted, plugins)
    check_writable(wanted.output)
    found, absent = find_all(tasks)
    with boundary(BackendError, f"{backend_label(backend)}, finding {backend.model!r}"):
        model = MODEL(loads.prepare())
    setting = Setting(
        wanted=wanted,
        plugins=plugins,
        candidate=Candidate(backend, model),
        metrics=metrics,
    )
    planned = plan_all(found, absent, setting)
    runs = {run.spec.digest: run for group in planned.values() for run in group}
    return Plan(
        backend=backend,
        loads=loads,
        model=model,
        runs=tuple(runs.values()),
        wishes={
            wish: tuple(run.spec.digest for run in group)
            for wish, group in planned.items()
        },
        output=wanted.output,
        suites=tuple(
            plugins.suites[name]
            for name in dict.fromkeys(wanted.tasks)
            if name in plugins.suites
        ),
        absent=absent,
        prices=wanted.prices,
        max_cost=wanted.max_cost,
        judge=find_judge(named, model, tuple(runs.values())),
    )


def plan_all(
    found: list[Chosen], absent: dict[str, str], setting: Setting
) -> dict[Wish, list[PlannedRun]]:
    """The runs of each task; those without their worked examples become absent."""
    planned: dict[Wish, list[PlannedRun]] = {}
    for each in found:
        try:
            planned[each.wish] = list(plan_runs(each, setting))
        except DataError as exc:
            if each.wish.named or (each is found[-1] and not planned):
                raise
            absent[each.task.name] = str(exc)
    return planned


def find_all(tasks: list[Chosen]) -> tuple[list[Chosen], dict[str, str]]:
    """The tasks whose data are at hand, and why the data of others are not.

    A task that the user named must have them; one that is only part of a suite may
    lack them, which leaves the suite without its average. Raises DataError if nothing
    would be left to run.
    """
    found: list[Chosen] = []
    absent: dict[str, str] = {}
    for each in tasks:
        try:
            found.append(find_data(each, examples=False))
        except DataError as exc:
            if each.wish.named or (each is tasks[-1] and not found):
                raise
            absent[each.task.name] = str(exc)
    return found, absent


def plan_runs(chosen: Chosen, setting: Setting) -> Iterator[PlannedRun]:
    """A task's runs, one per protocol, after one pass over its samples."""
    task, wanted = chosen.task, setting.wanted
    protocols = choose_protocols(chosen, setting.candidate, wanted, setting.plugins)
    selection = select(task, wanted.limit, wanted.shuffle)
    checked = check_samples(task, selection.of(task))
    read = Read(chosen, checked, selection)
    if any(each.shows_examples for each in protocols):
        found = find_data(chosen, examples=True)
        shown = Read(found, checked, selection, exemplars_of(found.task))
    else:
        shown = read
    choosing = [each for each in protocols if each.chooses]
    if choosing and not checked.first.choices:
        raise UsageError(
            f"{task_label(task)} has no choices, which protocol "
            f"{choosing[0].name!r} needs. It has: "
            f"{', '.join(each.name for each in task.protocols)}"
        )
    if choosing and checked.unchoosable:
        raise TaskError(f"{task_label(task)}, samples(): {checked.unchoosable}")
    for protocol in protocols:
        yield plan_run(shown if protocol.shows_examples else read, protocol, setting)


def plan_run(read: Read, protocol: Protocol, setting: Setting) -> PlannedRun:
    """See that a protocol can ask a task, and write the spec."""
    wanted, backend = setting.wanted, setting.candidate.backend
    model = setting.candidate.model
    chosen, checked, exemplars = read.chosen, read.checked, read.exemplars
    task = chosen.task
    who = asker(task, protocol.name, setting.plugins)
    check_shots(task, protocol, wanted.shots, len(exemplars))
    check_first_request(who, protocol, checked.first, exemplars)
    spec = RunSpec(
        task=task.name,
        task_version=task.version,
        task_options=option_values(task),
        dataset=chosen.dataset,
        protocol=protocol.name,
        protocol_options=named_values(protocol, who),
        backend=backend.name,
        backend_options=option_values(backend),
        model=model.name,
        model_identity=model.identity,
        attempts=wanted.attempts,
        seed=wanted.seed,
        limit=wanted.limit,
        shuffle=wanted.shuffle,
        told_attempts=1,
    )
    return PlannedRun(
        spec=extended(wanted.output, spec),
        selection=read.selection,
        task=task,
        task_words=chosen.words,
        protocol=protocol,
        asker=who,
        metrics=tuple({m.name: m for m in (*task.metrics, *setting.metrics)}.values()),
        exemplars=exemplars,
        samples=checked.count,
        samples_sha256=checked.sha256,
        data_origin=chosen.origin,
        prices=wanted.prices,
    )


def check_first_request(
    who: str, protocol: Protocol, sample: Sample, exemplars: tuple[Sample, ...]
) -> None:
    """Open one conversation, to see that the protocol can ask this task at all."""
    with boundary(TaskError, who):
        first_request(protocol, sample, exemplars)
