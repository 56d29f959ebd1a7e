"""evalkit tasks"""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import click

from evalkit.choosing import check_task_name
from evalkit.data import Data
from evalkit.described import option_lines
from evalkit.exam.task import Exam
from evalkit.opening import is_folder, opened
from evalkit.options import build
from evalkit.plugins import Plugins
from evalkit.suite import Suite
from evalkit.task import Task
from evalkit.text import visible

MANY = 12
"""A suite of more parts is one line of the list."""


@click.command("tasks")
@click.argument("name", metavar="[NAME|FOLDER]", required=False)
@click.option(
    "--all", "every", is_flag=True, help="List the tasks of large suites too."
)
@click.pass_obj
def tasks_command(plugins: Plugins, /, name: str | None, every: bool) -> None:
    """List the tasks and suites, or tell all about the task or suite NAME.

    FOLDER is one with an exam of your own.
    """
    if name is None:
        listing(plugins, every=every)
    elif name in plugins.suites:
        click.echo(suite_description(plugins.suites[name]))
    elif is_folder(name, plugins):
        click.echo(visible(folder_description(name, plugins)))
    else:
        check_task_name(name, plugins)
        click.echo(description(plugins.tasks[name]))


def listing(plugins: Plugins, *, every: bool) -> None:
    """All tasks and suites, a line each."""
    suites = [entry.item for entry in plugins.suites]
    hidden = frozenset[str]() if every else of_large_families(suites)
    tasks = {
        entry.item.name: first_line(entry.item)
        for entry in plugins.tasks
        if entry.item.name not in hidden
    }
    grouped = {each.name: suite_line(each) for each in suites}
    width = max(map(len, (*tasks, *grouped)), default=0)
    for name, line in tasks.items():
        click.echo(f"{name:{width}}  {line}")
    if hidden:
        click.echo(f"and {len(hidden)} tasks of large suites, which --all shows")
    if grouped:
        click.echo("\nSuites:")
    for name, line in grouped.items():
        click.echo(f"{name:{width}}  {line}")


def of_large_families(suites: Iterable[Suite]) -> frozenset[str]:
    """Tasks that bear the name of a suite with many like them."""
    return frozenset(
        part.task
        for suite in suites
        if len(suite.parts) > MANY
        for part in suite.leaves()
        if part.task.startswith(f"{suite.name}_")
    )


def suite_line(suite: Suite) -> str:
    """A suite's first line, and how many tasks it has."""
    count = len(list(suite.leaves()))
    tasks = "1 task" if count == 1 else f"{count} tasks"
    return f"{suite.about.partition(chr(10))[0]} ({tasks})"


def suite_description(suite: Suite) -> str:
    """Everything that a user may want to know before running a suite."""
    lines = [
        suite.name,
        "",
        suite.about,
        "",
        f"average: {suite.average_kind}",
        "parts:",
    ]
    return "\n".join((*lines, *part_lines(suite, "  ")))


def part_lines(suite: Suite, indent: str) -> Iterator[str]:
    """Each part and how it is asked; those of suites within it stand below."""
    for part in suite.parts:
        if isinstance(part, Suite):
            yield f"{indent}{part.name}: {part.average_kind}"
            yield from part_lines(part, f"{indent}  ")
            continue
        protocol = f", protocol {part.protocol}" if part.protocol else ""
        shots = "" if part.shots is None else f", {part.shots} worked examples"
        yield f"{indent}{part.task}{protocol}{shots}"


def first_line(cls: type[Any]) -> str:
    """The first line of a plugin class's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def description(task: type[Task] | Task) -> str:
    """Everything that a user may want to know before running a task."""
    return "\n".join((*facts(task), *option_lines(class_of(task), "--set")))


def folder_description(name: str, plugins: Plugins) -> str:
    """The same of the task in a folder, where its questions are at hand."""
    found = opened(name, plugins)
    who = f"the task in {name!r}"
    task = build(found.cls, found.words, who, data=Data())
    title = (f"title:     {task.paper.title}",) if isinstance(task, Exam) else ()
    count = sum(1 for _ in task.samples())
    return "\n".join((*facts(task), *title, f"questions: {count}"))


def facts(task: type[Task] | Task) -> Iterator[str]:
    """What a task is, where it comes from, how it can be asked."""
    dataset = task.dataset
    source = f"{dataset.id} at {dataset.revision}" if dataset else "in the package"
    yield f"{task.name}, version {task.version}"
    yield ""
    yield inspect.getdoc(class_of(task)) or ""
    yield ""
    if isinstance(task, type):
        yield f"dataset:   {source}"
    yield f"protocols: {', '.join(each.name for each in task.protocols)}"
    yield f"metrics:   {', '.join(each.name for each in task.metrics)}"


def class_of(task: type[Task] | Task) -> type[Task]:
    """The task's class."""
    return task if isinstance(task, type) else type(task)
