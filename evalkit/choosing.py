"""From the names in an experiment to tasks, a backend and protocols."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from evalkit.backend import Backend, Model, backend_label
from evalkit.data import Data
from evalkit.errors import (
    BackendError,
    PluginError,
    UsageError,
    boundary,
    of_plugin,
)
from evalkit.experiment import Experiment
from evalkit.metrics import Metric
from evalkit.naming import builtin_or_given, named_model
from evalkit.opening import HELD, Opened, built, is_folder, opened
from evalkit.options import build
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol
from evalkit.record import DatasetFacts
from evalkit.registry import unknown
from evalkit.seams import truth
from evalkit.shots import check_shows, with_shots
from evalkit.task import Task, task_label

DATA = "EVALKIT_DATA"
"""The variable that names a folder with datasets."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A task with its options, and its dataset once that was found."""

    task: Task
    words: dict[str, str]
    wish: "Wish"
    dataset: DatasetFacts | None = None
    origin: str = "package"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A task that is to be run, and how a suite says that it is asked."""

    task: str
    protocol: str = ""
    shots: int | None = None
    named: bool = field(default=True, compare=False)
    """Whether the user named it, and not only a suite that it is part of."""


def expanded(names: Iterable[str], plugins: Plugins) -> list[Wish]:
    """The tasks behind names of tasks and suites, each way of asking once; folders are
    left as they are."""
    wishes: dict[Wish, Wish] = {}
    for name in dict.fromkeys(names):
        if name in plugins.suites:
            parts = [
                Wish(task=p.task, protocol=p.protocol, shots=p.shots, named=False)
                for p in plugins.suites[name].leaves()
            ]
        else:
            if not is_folder(name, plugins):
                check_task_name(name, plugins)
            parts = [Wish(task=name)]
        for each in parts:
            if each not in wishes or each.named:
                wishes[each] = each
    return list(wishes.values())


def check_task_name(name: str, plugins: Plugins) -> None:
    """Refuse a name that neither a task nor a suite has."""
    if name not in plugins.tasks:
        known = [entry.item.name for entry in (*plugins.tasks, *plugins.suites)]
        raise UsageError(unknown("task", name, known))


def choose_tasks(wanted: Experiment, plugins: Plugins) -> list[Chosen]:
    """The tasks named, with the options meant for each."""
    if not wanted.tasks:
        raise UsageError("no task named: --tasks NAME[,NAME...]. See: evalkit tasks")
    wishes = expanded(wanted.tasks, plugins)
    found = [opened(each.task, plugins) for each in wishes]
    names = [each.name for each in found]
    for option in wanted.task_options:
        owner, dot, _ = option.partition(".")
        if dot and owner not in names:
            raise UsageError(f"--set {option}: {unknown('task here', owner, names)}")
    data = Data(root=data_root(wanted.data))
    return [
        replace(choose_task(each, wanted.task_options, data), wish=wish)
        for each, wish in zip(found, wishes, strict=True)
    ]


def choose_task(found: Opened, options: Mapping[str, str], data: Data) -> Chosen:
    """One task, built from ``name`` and ``task.name`` options."""
    prefix = f"{found.name}."
    words = {name: value for name, value in options.items() if "." not in name}
    words |= {
        name.removeprefix(prefix): value
        for name, value in options.items()
        if name.startswith(prefix)
    }
    if found.words.keys() & words.keys():
        raise UsageError(f"--set {HELD}: the task is in the folder that was named")
    words |= found.words
    task = built(found, f"task {found.name!r}", words, data)
    return Chosen(task=task, words=words, wish=Wish(task=found.name))


def data_root(given: Path | None) -> Path | None:
    """The data folder that was given, or else is named by EVALKIT_DATA."""
    named = os.environ.get(DATA)
    folder = Path(named) if given is None and named else given
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
    given = builtin_or_given(wanted.model, plugins)
    name, model = named_model(given, "--model", plugins)
    return named_backend(name, model, wanted.backend_options, plugins)


def named_backend(
    name: str,
    model: str,
    options: Mapping[str, str],
    plugins: Plugins,
    *,
    what: str = "",
) -> Backend:
    """The backend of a name with its options, told which model to run."""
    cls, giver = plugins.backends[name], plugins.backends.giver(name)
    who = f"{what}backend {name!r}{of_plugin(giver)}"
    with boundary(BackendError, who):
        return build(cls, options, who, model=model, giver=giver)


def replicated(backend: Backend, wanted: Experiment, plugins: Plugins) -> Backend:
    """The backend, or what works that many copies of its engine."""
    if wanted.replicas == 1:
        if wanted.cluster:
            raise UsageError("--ray-address is for --replicas 2 or more")
        return backend
    if not backend.local:
        raise UsageError(
            f"--replicas {wanted.replicas}: backend {backend.name!r} runs no model of "
            "its own; more requests at once are --max-concurrency"
        )
    with boundary(PluginError, f"--replicas {wanted.replicas}"):
        copies: Backend | None = plugins.hook.evalkit_replicate(
            backend=backend, replicas=wanted.replicas, address=wanted.cluster
        )
    if copies is None:
        raise UsageError(f"--replicas {wanted.replicas}: no plugin here runs copies")
    return copies


def offered(task: Task, name: str, plugins: Plugins) -> Protocol:
    """The protocol of a name: the task's own if it has one, else a general one."""
    own = {each.name: each for each in task.protocols}
    if name in own:
        return own[name]
    if name in plugins.protocols:
        return plugins.protocols[name]
    known = {*own, *(entry.item.name for entry in plugins.protocols)}
    raise UsageError(f"{task_label(task)}: {unknown('protocol', name, known)}")


def asker(task: Task, name: str, plugins: Plugins) -> str:
    """How errors name the protocol of a name: one of a task's own with the task."""
    if any(each.name == name for each in task.protocols):
        return f"{task_label(task)}, protocol {name!r}"
    return f"protocol {name!r}{of_plugin(plugins.protocols.giver(name))}"


def named_protocols(
    chosen: Chosen, wanted: Experiment, plugins: Plugins
) -> tuple[Protocol, ...]:
    """The protocols that the user or a suite named for a task; none if nobody did."""
    names = wanted.protocols or (
        (chosen.wish.protocol,) if chosen.wish.protocol else ()
    )
    return tuple(offered(chosen.task, name, plugins) for name in dict.fromkeys(names))


@dataclass(frozen=True)
class Candidate:
    """The model under test: what it can be asked."""

    backend: Backend
    model: Model

    @cached_property
    def ranks(self) -> bool:
        """Whether it ranks; found out when it is first of interest."""
        where = f"{backend_label(self.backend)}, can_rank() of {self.model.name!r}"
        with boundary(BackendError, where):
            return truth(self.backend.can_rank(self.model))

    def suits(self, protocol: Protocol) -> bool:
        """Whether it can be asked by a protocol."""
        if protocol.chats and not self.model.chats:
            return False
        return not protocol.ranks or self.ranks

    def first_of(self, protocols: Iterable[Protocol]) -> Protocol | None:
        """The first protocol that it can be asked by."""
        return next((each for each in protocols if self.suits(each)), None)


def choose_protocols(
    chosen: Chosen, candidate: Candidate, wanted: Experiment, plugins: Plugins
) -> tuple[Protocol, ...]:
    """The ways in which a task will be asked, with the user's settings.

    Those named; or all of the task's that suit the model; or the first of these.
    """
    own = chosen.task.protocols
    picked = named_protocols(chosen, wanted, plugins)
    for each in picked:
        if not candidate.suits(each):
            raise UsageError(unsuited(each, chosen.task, candidate))
    if not picked and wanted.every_protocol:
        picked = tuple(each for each in own if candidate.suits(each))
    elif not picked:
        first = candidate.first_of(own)
        picked = () if first is None else (first,)
    if not picked:
        raise UsageError(unsuited(own[0], chosen.task, candidate))
    shots = chosen.wish.shots if wanted.shots is None else wanted.shots
    if shots and not wanted.every_protocol:
        check_shows(picked, shots, chosen.task)
    shown = [with_shots(each, shots) for each in picked]
    return tuple(with_sampling(each, wanted) for each in shown)


def unsuited(protocol: Protocol, task: Task, candidate: Candidate) -> str:
    """The sentence for a protocol that a model cannot be asked by."""
    model = candidate.model
    lacks = "chat template" if protocol.chats and not model.chats else "ranking"
    others = [each.name for each in task.protocols if candidate.suits(each)]
    return (
        f"model {model.name!r} has no {lacks}, which protocol {protocol.name!r} "
        f"needs. Without: {', '.join(others) or 'verbatim'}"
    )


def with_sampling(protocol: Protocol, wanted: Experiment) -> Protocol:
    """The protocol with the user's sampling, of which ranking knows nothing."""
    if protocol.ranks:
        if wanted.attempts > 1:
            raise UsageError(
                f"--attempts {wanted.attempts}: protocol {protocol.name!r} ranks, "
                "which gives the same answer every time"
            )
        return protocol
    sampling = replace(protocol.sampling, **dict[str, Any](wanted.sampling))
    if wanted.attempts > 1 and sampling.temperature == 0:
        raise UsageError(
            f"--attempts {wanted.attempts} at temperature 0 would ask for the "
            "same answer again and again; add --temperature 0.7, say"
        )
    return replace(protocol, sampling=sampling)
