"""evalkit backends"""

import inspect
from collections.abc import Iterator

import click

from evalkit.backend import Backend
from evalkit.commands.tasks import first_line
from evalkit.described import option_lines
from evalkit.plugins import Plugins
from evalkit.text import visible


@click.command("backends")
@click.argument("name", required=False)
@click.pass_obj
def backends_command(plugins: Plugins, /, name: str | None) -> None:
    """List the backends, or tell all about the backend NAME and its options."""
    lines = listing(plugins) if name is None else description(plugins.backends[name])
    for line in lines:
        click.echo(visible(line))


def listing(plugins: Plugins) -> Iterator[str]:
    """All backends, a line each."""
    for entry in plugins.backends:
        yield f"{entry.item.name}: {first_line(entry.item)}"
    yield "evalkit backends NAME tells of one and its options"


def description(cls: type[Backend]) -> Iterator[str]:
    """Everything that a user may want to know before naming a model of a backend."""
    yield cls.name
    yield ""
    yield inspect.getdoc(cls) or ""
    if cls.builtin_model:
        yield ""
        yield f"built-in model: {cls.name}:{cls.builtin_model}"
    yield ""
    yield from option_lines(cls, "--backend-set")
