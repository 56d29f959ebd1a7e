"""The ``evalkit`` command. Each module here is a plugin that adds one subcommand."""

import os
import sys

import click

from evalkit.__about__ import __version__
from evalkit.errors import EvalkitError
from evalkit.plugins import Plugins

WITHOUT = "EVALKIT_WITHOUT"


def main() -> None:
    """Run the command line; a person's mistake is one line and exit status 2."""
    try:
        without = os.environ.get(WITHOUT, "").split(",")
        plugins = Plugins(without=without, warn=warn)
        cli = command_line(plugins)
        status = cli(obj=plugins, prog_name="evalkit", standalone_mode=False)
    except (EvalkitError, click.ClickException) as exc:
        complain(exc.format_message() if isinstance(exc, click.ClickException) else exc)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted; the same command again goes on from here")
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(status or 0)


def complain(what: object) -> None:
    """One line on standard error."""
    click.echo(f"evalkit: {' '.join(str(what).split())}", err=True)


def warn(what: str) -> None:
    """Something is wrong, but not for this command."""
    complain(f"warning: {what}")


def command_line(plugins: Plugins) -> click.Group:
    """The ``evalkit`` group with every plugin's subcommands."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(__version__, prog_name="evalkit")
    def cli() -> None:
        """Evaluate language models when the score must be believed."""

    plugins.manager.hook.evalkit_commands(cli=cli)
    return cli
