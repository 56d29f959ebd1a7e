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
    counted = sum(
        sum(1 for _ in registry)
        for registry in (
            plugins.tasks,
            plugins.suites,
            plugins.protocols,
            plugins.backends,
            plugins.metrics,
        )
    )
    for key, source in plugins.loaded.items():
        hooks = sorted(call.name for call in hooks_of(plugins, key))
        click.echo(f"{source.name}  [{source.origin}]  {', '.join(hooks)}")
    for failed in plugins.failed:
        source = failed.source
        click.echo(f"{source.name}  [{source.origin}]  does not work: {failed.told}")
    click.echo(f"{counted} tasks, suites, protocols, backends and metrics in all")


def hooks_of(plugins: Plugins, name: str) -> list[pluggy.HookCaller]:
    """The hooks that a plugin implements."""
    return list(plugins.manager.get_hookcallers(plugins.manager.get_plugin(name)) or ())
