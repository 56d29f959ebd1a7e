"""From the names in an experiment to tasks, a backend and protocols."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.backend import Backend, Model
from evalkit.data import Data
from evalkit.errors import UsageError
from evalkit.experiment import Experiment
from evalkit.metrics import Metric
from evalkit.options import build
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol
from evalkit.record import DatasetFacts
from evalkit.registry import unknown
from evalkit.task import Task


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A task with its options, and its dataset once that was found."""

    task: Task
    words: dict[str, str]
    dataset: DatasetFacts | None = None
    origin: str = "package"


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


def choose_protocol(
    task: Task, model: Model, wanted: Experiment, plugins: Plugins
) -> Protocol:
    """The first protocol that suits the model, with the user's sampling."""
    candidates = offered(task, wanted.protocol, plugins)
    suiting = [each for each in candidates if model.chats or not each.chats]
    if not suiting:
        others = [each.name for each in task.protocols if not each.chats]
        raise UsageError(
            f"model {model.name!r} has no chat template, which protocol "
            f"{candidates[0].name!r} needs. Without one: "
            f"{', '.join(others) or 'verbatim'}"
        )
    protocol = suiting[0]
    sampling = replace(protocol.sampling, **dict[str, Any](wanted.sampling))
    if wanted.attempts > 1 and sampling.temperature == 0:
        raise UsageError(
            f"--attempts {wanted.attempts} at temperature 0 would ask for the "
            "same answer again and again; add --temperature 0.7, say"
        )
    return replace(protocol, sampling=sampling)
