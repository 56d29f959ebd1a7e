"""evalkit backends"""

import click

from evalkit.commands.tasks import first_line
from evalkit.options import default_of, settable
from evalkit.plugins import Plugins


@click.command("backends")
@click.pass_obj
def backends_command(plugins: Plugins) -> None:
    """List the backends and their options."""
    for entry in plugins.backends:
        click.echo(f"{entry.item.name}: {first_line(entry.item)}")
        if entry.item.builtin_model:
            click.echo(
                f"  built-in model: {entry.item.name}:{entry.item.builtin_model}"
            )
        for name, each in settable(entry.item).items():
            click.echo(f"  --backend-set {name}=...  ({default_of(each)})")
