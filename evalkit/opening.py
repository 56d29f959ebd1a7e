"""Tasks that are named by the folder that they lie in: ``--tasks ./my_exam/``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.data import Data
from evalkit.errors import TaskError, UsageError, boundary, of_plugin
from evalkit.options import build
from evalkit.plugins import Plugins
from evalkit.registering import made_problems
from evalkit.registry import closest
from evalkit.task import Task

HELD = "path"
"""The option of such a task that is its folder."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A task's class, and what of its options is known before the user's."""

    cls: type[Task]
    name: str
    giver: str = ""
    """The plugin that it came with, if not with evalkit."""
    words: dict[str, str] = field(default_factory=dict[str, str])


def is_folder(name: str, plugins: Plugins) -> bool:
    """Whether a word means a folder: it has a slash, or there is one and no task."""
    if os.sep in name:
        return True
    known = name in plugins.tasks or name in plugins.suites
    return not known and Path(name).is_dir()


def opened(name: str, plugins: Plugins) -> Opened:
    """The task of a name, or the one in a folder."""
    if is_folder(name, plugins):
        return opened_folder(Path(name), plugins)
    return installed(name, plugins)


def installed(name: str, plugins: Plugins) -> Opened:
    """The task that a plugin registers under a name."""
    return Opened(plugins.tasks[name], name, plugins.tasks.giver(name))


def opened_folder(folder: Path, plugins: Plugins) -> Opened:
    """The task in a folder; UsageError if there is none that a plugin knows."""
    if not folder.is_dir():
        known = [entry.item.name for entry in (*plugins.tasks, *plugins.suites)]
        close = closest(folder.name, known)
        meant = "" if close is None else f". Did you mean {close!r}?"
        raise UsageError(f"no task in {str(folder)!r}: there is no such folder{meant}")
    found = plugins.first(plugins.hook.evalkit_open_task, folder=folder)
    if found is None:
        raise UsageError(
            f"no task in {str(folder)!r}: an exam has the files exam.json and "
            "questions.jsonl"
        )
    source, cls = found
    task = Opened(cls, "", source.giver, {HELD: str(folder.absolute())})
    name = built(task, f"the task in {str(folder)!r}", task.words, Data()).name
    if name in plugins.tasks or name in plugins.suites:
        raise UsageError(
            f"the task in {str(folder)!r} has the name {name!r}, which another task "
            "or suite has already: give it one of its own"
        )
    return replace(task, name=name)


def built(found: Opened, what: str, words: Mapping[str, str], data: Data) -> Task:
    """A task with its options; one that is not what a task must be is refused."""
    who = f"{what}{of_plugin(found.giver)}"
    with boundary(TaskError, who):
        task = build(found.cls, words, who, data=data, giver=found.giver)
        for problem in made_problems(task, who):
            raise TaskError(problem)
    return task
