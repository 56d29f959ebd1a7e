"""Options that take one value are given once: of several none is lost in silence.

click lets the last one win. Here every option of every command, those of plugins
included, collects what it is given, and complains if that is more than it takes.
"""

from collections.abc import Mapping
from typing import Any, cast

import click


class Once(click.Option):
    """Mixed into the class of an option that takes one value."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        super().add_to_parser(Collecting(parser), ctx)  # type: ignore[arg-type]

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        name = self.name or ""
        given: list[Any] | None = opts.get(name)
        if given:
            if not ctx.resilient_parsing:
                self._check_alone(given, ctx)
            opts = {**opts, name: given[-1]}
        return super().handle_parse_result(ctx, opts, args)

    def _check_alone(self, given: list[Any], ctx: click.Context) -> None:
        """Complain about a second value; a flag may be repeated, not contradicted."""
        if len(given) == 1 or (self.is_flag and len(set(map(str, given))) == 1):
            return
        if self.is_flag:
            flags = " and ".join((*self.opts, *self.secondary_opts))
            raise click.UsageError(f"{flags} cannot be given together", ctx)
        values = " and ".join(repr(told(each)) for each in given)
        flag = max(self.opts, key=len)
        raise click.UsageError(f"{flag} takes one value, and was given {values}", ctx)


class Collecting:
    """Passes options on to a parser, which is to keep all that each of them is given
    and not the last only."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def add_option(self, *, action: str, **rest: Any) -> None:
        collected = {"store": "append", "store_const": "append_const"}
        self._parser.add_option(action=collected.get(action, action), **rest)


class StrictGroup(click.Group):
    """Mixed into the class of a group: its commands, and those of groups within it,
    are strict."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        return None if found is None else strict(found)


def strict(command: click.Command) -> click.Command:
    """The command, each of whose options with one value refuses a second."""
    for each in command.params:
        if isinstance(each, click.Option) and not (each.multiple or each.count):
            mix_in(Once, each)
    if isinstance(command, click.Group):
        mix_in(StrictGroup, command)
    return command


def mix_in(added: type[Any], item: object) -> None:
    """Have an object behave as `added` says, besides what it does already."""
    kind = type(item)
    if not issubclass(kind, added):
        item.__class__ = type(kind.__name__, (added, kind), {})


def told(value: Any) -> str:
    """A value as the user typed it."""
    several = isinstance(value, tuple)
    return " ".join(map(str, cast(tuple[Any, ...], value))) if several else str(value)
