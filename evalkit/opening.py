"""Tasks that are named by the folder that they lie in: ``--tasks ./my_exam/``."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.data import Data
from evalkit.errors import PluginError, UsageError, boundary
from evalkit.options import build
from evalkit.plugins import Plugins
from evalkit.registry import closest
from evalkit.task import Task

HELD = "path"
"""The option of such a task that is its folder."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A task's class, and what of its options is known before the user's."""

    cls: type[Task]
    name: str
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
    return Opened(plugins.tasks[name], name)


def opened_folder(folder: Path, plugins: Plugins) -> Opened:
    """The task in a folder; UsageError if there is none that a plugin knows."""
    if not folder.is_dir():
        known = [entry.item.name for entry in (*plugins.tasks, *plugins.suites)]
        close = closest(folder.name, known)
        meant = "" if close is None else f". Did you mean {close!r}?"
        raise UsageError(f"no task in {str(folder)!r}: there is no such folder{meant}")
    with boundary(PluginError, f"opening {str(folder)!r}"):
        cls: type[Task] | None = plugins.hook.evalkit_open_task(folder=folder)
    if cls is None:
        raise UsageError(
            f"no task in {str(folder)!r}: an exam has the files exam.json and "
            "questions.jsonl"
        )
    words = {HELD: str(folder.absolute())}
    name = build(cls, words, f"the task in {str(folder)!r}", data=Data()).name
    if name in plugins.tasks or name in plugins.suites:
        raise UsageError(
            f"the task in {str(folder)!r} has the name {name!r}, which another task "
            "or suite has already: give it one of its own"
        )
    return Opened(cls, name, words)
