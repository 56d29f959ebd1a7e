"""Numbers that no option can mean are refused in a line."""

import click
import pytest

from evalkit import Plugins
from evalkit.commands import command_line
from tests.commands.conftest import Call

HUGE = "1" + 30 * "0"
KINDS = (click.types.IntParamType, click.types.FloatParamType)


def numeric() -> list[tuple[str, str]]:
    """The commands and their options that take a number."""
    found: list[tuple[str, str]] = []
    for name, command in command_line(Plugins(third_party=False)).commands.items():
        real = getattr(command, "real", lambda command=command: command)()
        found += [
            (name, max(each.opts, key=len))
            for each in real.params
            if isinstance(each.type, KINDS)
        ]
    return found


@pytest.mark.parametrize(("name", "option"), numeric())
def test_numbers_out_of_bounds(call: Call, name: str, option: str) -> None:
    words = {
        "run": ("-t", "counting", "-m", "scripted:counting:right", "--judge", "hf:x"),
        "grade": ("--responses", "x", "--reference-field", "y"),
    }
    more = ("--price-in=1", "--price-out=1") if option == "--max-cost" else ()
    for value in (HUGE, f"-{HUGE}", "nan", "inf", "9" * 5000):
        status, out, said = call(name, *words.get(name, ()), *more, f"{option}={value}")
        assert (status, out) == (2, "")
        assert option in said


@pytest.mark.parametrize(
    "words",
    [
        ("--set", f"n={HUGE}"),
        ("--set", f"n=-{HUGE}"),
        ("--set", "n=1e30"),
        ("--set", "n=nan"),
        ("--backend-set", "delay=inf"),
        ("--backend-set", f"delay={HUGE}"),
        ("--judge", "scripted:counting:right", "--judge-set", f"max_tokens={HUGE}"),
        ("--judge", "scripted:counting:right", "--judge-set", "temperature=nan"),
    ],
    ids=" ".join,
)
def test_options_with_names_have_bounds_too(call: Call, words: tuple[str, ...]) -> None:
    run = ("run", "-t", "counting", "-m", "scripted:counting:right")
    status, out, said = call(*run, *words)
    assert (status, out) == (2, "")
    assert words[-1].partition("=")[0] in said
