"""evalkit tasks"""

import inspect
from typing import Any

import click

from evalkit.options import default_of, settable
from evalkit.plugins import Plugins
from evalkit.task import Task


@click.command("tasks")
@click.argument("name", required=False)
@click.pass_obj
def tasks_command(plugins: Plugins, name: str | None) -> None:
    """List the tasks, or tell all about the task NAME."""
    if name is not None:
        click.echo(description(plugins.tasks[name]))
        return
    entries = list(plugins.tasks)
    width = max((len(each.item.name) for each in entries), default=0)
    for entry in entries:
        click.echo(f"{entry.item.name:{width}}  {first_line(entry.item)}")


def first_line(cls: type[Any]) -> str:
    """The first line of a plugin class's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def description(task: type[Task]) -> str:
    """Everything that a user may want to know before running a task."""
    dataset = task.dataset
    source = f"{dataset.id} at {dataset.revision}" if dataset else "in the package"
    options = [
        f"  --set {name}=...  ({default_of(each)})"
        for name, each in settable(task).items()
    ]
    lines = [
        f"{task.name}, version {task.version}",
        "",
        inspect.getdoc(task) or "",
        "",
        f"dataset:   {source}",
        f"protocols: {', '.join(each.name for each in task.protocols)}",
        f"metrics:   {', '.join(each.name for each in task.metrics)}",
        *(["options:", *options] if options else []),
    ]
    return "\n".join(lines)
