"""The subcommands that ship with evalkit, each in a module of its own name.

Their modules are imported when a command is called, not when commands are listed:
``evalkit --help`` has no need of rich or of the runner.
"""

import importlib
from typing import Any

import click

from evalkit.commands.once import strict
from evalkit.hookspecs import hookimpl

COMMANDS = {
    "run": "Put tasks to a model, judge its answers, and write a card.",
    "tasks": "List the tasks and suites, or tell all about the task or suite NAME.",
    "backends": "List the backends, or tell all about the backend NAME and its "
    "options.",
    "plugins": "List the plugins, those that do not work included.",
    "show": "Show the finished run in the folder RUN, or one of its samples.",
    "grade": "Judge the answers of a finished run anew, or those in any file of "
    "responses.",
    "marks": "Let people mark a finished run's answers, and compare markers.",
    "check": "Check tasks without a model: their samples, prompts and reference "
    "answers.",
}


class Deferred(click.Command):
    """Stands for ``<name>_command`` in ``evalkit.commands.<name>`` until called."""

    def real(self) -> click.Command:
        """Import the command."""
        module = importlib.import_module(f"evalkit.commands.{self.name}")
        command: click.Command = getattr(module, f"{self.name}_command")
        return strict(command)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        return self.real().make_context(info_name, args, parent, **extra)


@hookimpl
def evalkit_commands(cli: click.Group) -> None:
    for name, summary in COMMANDS.items():
        cli.add_command(Deferred(name, help=summary))
