"""The ``evalkit`` command. Each module here adds one subcommand."""

import shlex
import signal
import sys
from types import FrameType, TracebackType

import click

from evalkit.__about__ import __version__
from evalkit.commands.owned import OwnedGroup, adopt_all
from evalkit.commands.streams import FAILED, guarded
from evalkit.errors import EvalkitError, Interrupted
from evalkit.plugins import Plugins, left_out
from evalkit.stopping import INTERRUPTED, TOO_DEAR, GaveUp, Stopped
from evalkit.text import visible

CLICKS = (click.ClickException, click.Abort)
"""What click raises for a person to read."""


def main() -> None:
    """Run the command line; a person's mistake is one line and exit status 2."""
    lacking = guarded()
    sys.excepthook = tell_bug
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, interrupt)
    status = status_of_command()
    if why := lacking():
        complain(why)
        status = status or FAILED
    sys.exit(status)


def status_of_command() -> int:
    """Call the command that the words name; its exit status."""
    try:
        plugins = Plugins(without=left_out(), warn=warn)
        cli = command_line(plugins)
        status = cli(obj=plugins, prog_name="evalkit", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as exc:
        click.echo(exc.format_message())
        return 2
    except BrokenPipeError:  # whoever read our output has had enough
        return 1
    except (EvalkitError, Stopped, KeyboardInterrupt, *CLICKS) as exc:
        status, why = ending(exc)
        complain(why)
    return status if isinstance(status, int) else 0


def ending(exc: BaseException) -> tuple[int, object]:
    """The exit status for an exception that a person can understand, and the line."""
    if isinstance(exc, click.ClickException):
        return 2, exc.format_message()
    if isinstance(exc, GaveUp):
        return exc.status, exc
    if isinstance(exc, Stopped):
        how = "with a higher --max-cost: " if exc.status == TOO_DEAR else ""
        return exc.status, f"{exc}. To go on: {how}{again()}"
    if isinstance(exc, KeyboardInterrupt | click.Abort):
        return INTERRUPTED, (
            f"interrupted; what was finished is saved. To go on: {again()}"
        )
    return 2, exc


def again() -> str:
    """The command as it was given, but for secrets: it is not for them."""
    return without_secrets(shlex.join(("evalkit", *sys.argv[1:])))


def tell_bug(
    kind: type[BaseException], bug: BaseException, trace: TracebackType | None
) -> None:
    """A bug keeps its traceback, in which there may be secrets."""
    import traceback

    told = "".join(traceback.format_exception(kind, bug, trace))
    sys.stderr.write(without_secrets(told))


def without_secrets(text: str) -> str:
    """A text as it may be printed; what that takes is not for `evalkit --help`."""
    from evalkit.secrets.likeness import discreet

    return discreet(text)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Being told to end is to us as if somebody pressed Ctrl-C.

    A terminal that is lost says so twice, to its session and to its foreground.
    """
    if number == signal.SIGHUP:
        signal.signal(number, signal.SIG_IGN)
    raise Interrupted


def complain(what: object) -> None:
    """One line on standard error."""
    line = " ".join(without_secrets(str(what)).split())
    click.echo(f"evalkit: {visible(line)}", err=True)


def warn(what: str) -> None:
    """Something is wrong, but not for this command."""
    complain(f"warning: {what}")


def command_line(plugins: Plugins) -> click.Group:
    """The ``evalkit`` group with every plugin's subcommands."""

    @click.group(
        cls=OwnedGroup, context_settings={"help_option_names": ["-h", "--help"]}
    )
    @click.version_option(__version__, prog_name="evalkit")
    def cli() -> None:
        """Evaluate language models when the score must be believed."""

    adopt_all(cli, plugins)
    return cli
