"""evalkit plugins"""

import click
import pluggy

from evalkit.plugins import Plugins


@click.command("plugins")
@click.pass_obj
def plugins_command(plugins: Plugins) -> None:
    """List the plugins, those that do not work included.

    The variable EVALKIT_WITHOUT, a list of names with commas, leaves plugins out.
    """
    for each in plugins.loaded:
        hooks = sorted(call.name for call in hooks_of(plugins, each.name))
        click.echo(f"{each.name}  [{each.origin}]  {', '.join(hooks)}")
    for failed in plugins.failed:
        click.echo(f"{failed.name}  [{failed.origin}]  does not work: {failed.why}")


def hooks_of(plugins: Plugins, name: str) -> list[pluggy.HookCaller]:
    """The hooks that a plugin implements."""
    return list(plugins.manager.get_hookcallers(plugins.manager.get_plugin(name)) or ())
