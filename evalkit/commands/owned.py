"""Subcommands of plugins: what goes wrong in one is told as its plugin's failure."""

from typing import Any

import click

from evalkit.commands.once import StrictGroup, strict
from evalkit.errors import EvalkitError, PluginError, is_interrupt, reason
from evalkit.plugins import Failed, Plugins
from evalkit.registry import Source
from evalkit.stopping import Stopped
from evalkit.text import shown

HOOK = "evalkit_commands"
TOLD = (
    EvalkitError,
    Stopped,
    SystemExit,
    BrokenPipeError,
    click.ClickException,
    click.Abort,
    click.exceptions.Exit,
)
"""What a command may end with on purpose."""


class OwnedGroup(StrictGroup):
    """Subcommands, and the plugin that each came with."""

    def __init__(self, *words: Any, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self.owners: dict[str, Source] = {}

    def adopt(self, name: str, command: click.Command, source: Source) -> None:
        """Take a plugin's command; PluginError if another plugin's has its name."""
        owner = self.owners.setdefault(name, source)
        if owner is not source:
            raise PluginError(
                f"two plugins register the command {name!r}: {owner} and {source}"
            )
        self.add_command(command, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Call the subcommand; name its plugin if it breaks off."""
        try:
            return super().invoke(ctx)
        except TOLD:
            raise
        except BaseException as exc:
            name = ctx.invoked_subcommand or ""
            source = self.owners.get(name)
            if source is None or source.is_builtin or is_interrupt(exc):
                raise
            where = f"plugin {source}, command {name!r}"
            raise PluginError(f"{where}: {reason(exc)}") from exc


def adopt_all(cli: OwnedGroup, plugins: Plugins) -> None:
    """Ask each plugin for its commands; what is none is left out and told."""
    group = click.Group()
    hook = plugins.manager.hook.evalkit_commands
    for source, _ in plugins.ask_each(hook, cli=group):
        given: dict[str, object] = dict(group.commands)
        group.commands.clear()
        for name, command in given.items():
            problem = problem_with(command)
            if isinstance(command, click.Command) and not problem:
                cli.adopt(name, command, source)
            else:
                plugins.leave_out(Failed(source, problem, HOOK))


def problem_with(command: object) -> str:
    """Why something cannot be a subcommand; empty if it can."""
    if not isinstance(command, click.Command):
        return f"adds {shown(command)} where a click.Command is meant"
    try:
        strict(command)
    except Exception as exc:
        return f"adds a command that cannot be called: {reason(exc)}"
    return ""
