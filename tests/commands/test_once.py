"""An option that takes one value takes no second in silence; lists are collected."""

import ast
from collections.abc import Iterator

import click
import pytest

from evalkit import Plugins, hookimpl
from evalkit.commands import command_line
from tests.commands.conftest import Call

MODEL = ("-m", "scripted:counting:right")
LISTS = {
    ("run", "--tasks"),
    ("run", "--protocol"),
    ("run", "--metric"),
    ("run", "--set"),
    ("run", "--backend-set"),
    ("run", "--judge-set"),
    ("check", "--set"),
    ("check", "--protocol"),
}


def options(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """The words of each command with each of its options that take a value."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        command = getattr(command, "real", lambda command=command: command)()
        assert command is not None
        if isinstance(command, click.Group):
            yield from options(command, (*words, name))
        for each in command.params:
            if isinstance(each, click.Option) and not each.is_flag:
                yield (*words, name, max(each.opts, key=len))


EVERY = sorted(options(command_line(Plugins(third_party=False))))


@pytest.mark.parametrize("words", [w for w in EVERY if w not in LISTS], ids=" ".join)
def test_a_second_value_is_refused(call: Call, words: tuple[str, ...]) -> None:
    *command, option = words
    status, out, said = call(*command, option, "17", option, "18")
    assert (status, out) == (2, "")
    assert said == f"{option} takes one value, and was given '17' and '18'"


def test_there_are_just_these_lists() -> None:
    assert set(EVERY) >= LISTS
    assert len(EVERY) > 40


@pytest.mark.parametrize("option", ["--set", "--backend-set", "--judge-set"])
def test_a_second_value_of_a_named_option_is_refused(call: Call, option: str) -> None:
    words = ("run", *MODEL, option, "x=17", option, "y=1", option, "x=18")
    status, _, said = call(*words)
    assert status == 2
    assert said == f"{option} x takes one value, and was given '17' and '18'"


def test_both_spellings_of_an_option_are_one(call: Call) -> None:
    _, _, said = call("run", "-m", "a:b", "--model=c:d")
    assert said == "--model takes one value, and was given 'a:b' and 'c:d'"


def test_lists_are_collected_from_all_their_words(call: Call) -> None:
    words = ("run", *MODEL, "-t", "counting", "--dry-run")
    _, out, _ = call(*words, "-t", "demo_exam", "-p", "chat", "-p", "verbatim")
    rows = [line.split("│")[1:3] for line in out.splitlines() if line.startswith("│")]
    asked = {(task.strip(), protocol.strip()) for task, protocol in rows}
    tasks, protocols = ("counting", "demo_exam"), ("chat", "verbatim")
    assert {(task, way) for task in tasks for way in protocols} <= asked


def test_metrics_are_a_list_too(call: Call) -> None:
    words = ("run", *MODEL, "-t", "counting", "--attempts=4", "--temperature=1")
    _, out, _ = call(*words, "--metric", "pass@2,pass@4", "--metric", "pass@1")
    for metric in ("pass@1", "pass@2", "pass@4"):
        assert f"  {metric}: " in out


def test_all_ways_of_asking_are_not_named_beside_one(call: Call) -> None:
    _, _, said = call("run", *MODEL, "-t", "counting", "-p", "all", "-p", "chat")
    assert "'all' has the others in it" in said


@pytest.mark.parametrize("ways", [("chat",), ("chat,verbatim",), ("chat", "verbatim")])
def test_check_takes_several_protocols(call: Call, ways: tuple[str, ...]) -> None:
    words = [word for way in ways for word in ("-p", way)]
    status, out, _ = call("check", "counting", *words)
    assert status == 0
    assert out.count("are undamaged") == len(",".join(ways).split(","))


class Fancy(click.Option):
    """An option of a kind that a plugin made for itself."""

    def get_default(self, ctx: click.Context, call: bool = True) -> str:
        return "fancy"


class Commands:
    """A plugin's commands: a group within a group, flags, and an option of its own."""

    @hookimpl
    def evalkit_commands(self, cli: click.Group) -> None:
        @cli.group("outer")
        def outer() -> None:
            """Do nothing."""

        @outer.group("inner")
        def inner() -> None:
            """Do nothing."""

        @inner.command("leaf")
        @click.option("--one")
        @click.option("--own", cls=Fancy)
        @click.option("--pair", nargs=2)
        @click.option("--on/--off", default=None)
        @click.option("--quiet", is_flag=True)
        @click.option("-v", "loud", count=True)
        @click.option("--many", multiple=True)
        def leaf(**values: object) -> None:
            click.echo(values)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--one=a", "--one=b"], "--one takes one value, and was given 'a' and 'b'"),
        (["--own=a", "--own=a"], "--own takes one value, and was given 'a' and 'a'"),
        (
            ["--pair", "a", "b", "--pair", "c", "d"],
            "--pair takes one value, and was given 'a b' and 'c d'",
        ),
        (["--on", "--off"], "--on and --off cannot be given together"),
    ],
)
def test_commands_of_plugins_are_as_strict(
    call: Call, words: list[str], said: str
) -> None:
    status, out, complaint = call("outer", "inner", "leaf", *words, more=(Commands(),))
    assert (status, out, complaint) == (2, "", said)


def test_what_a_plugin_takes_otherwise_stays_as_it_is(call: Call) -> None:
    words = "outer inner leaf --on --on --quiet --quiet -vv --many a --many b --one x"
    _, out, _ = call(*words.split(), "--pair", "c", "d", more=(Commands(),))
    values = {"one": "x", "own": "fancy", "pair": ("c", "d"), "on": True}
    rest = {"quiet": True, "loud": 2, "many": ("a", "b")}
    assert ast.literal_eval(out) == {**values, **rest}
