"""Each option has a sentence, on the command line and in the reference."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from evalkit import Backend, Plugins
from evalkit.described import Described, described
from evalkit.judging.judge import Manner
from tests.commands.conftest import Call
from tests.conftest import ROOT

PLUGINS = Plugins(third_party=False)
OWNERS = [entry.item for entry in (*PLUGINS.backends, *PLUGINS.tasks)]


@pytest.mark.parametrize("cls", [*OWNERS, Manner], ids=lambda cls: cls.__name__)
def test_each_option_that_ships_has_a_sentence(cls: type) -> None:
    reference = (ROOT / "docs" / "reference.md").read_text().replace("`", "")
    for each in described(cls):
        assert len(each.sentence) > 20, each.name
        assert each.sentence.endswith("."), each.name
        assert each.sentence.replace("`", "") in reference, each.name


@dataclass(frozen=True, kw_only=True)
class Base:
    """A stranger's class."""

    first: int = 1
    """How often
    it is done."""
    hidden: int = field(default=0, metadata={"option": False})
    """Not for users."""


@dataclass(frozen=True, kw_only=True)
class Stranger(Base):
    """Another that adds to it."""

    way: Literal["up", "down"] = "up"
    """Where it goes."""
    silent: float | None = None
    needed: str
    """Must be given."""

    def unlike(self) -> None:
        """No field."""


def test_a_strangers_options_are_described_alike() -> None:
    assert described(Stranger) == [
        Described(
            name="first",
            kind="a whole number",
            default="default: 1",
            sentence="How often it is done.",
        ),
        Described(
            name="way",
            kind="'up' or 'down'",
            default="default: 'up'",
            sentence="Where it goes.",
        ),
        Described(
            name="silent",
            kind="a number or none",
            default="default: None",
            sentence="",
        ),
        Described(
            name="needed", kind="text", default="required", sentence="Must be given."
        ),
    ]


def test_a_class_without_source_has_no_sentences() -> None:
    made = type("Made", (Base,), {"__module__": "nowhere"})
    assert [each.name for each in described(dataclass(frozen=True)(made))] == ["first"]


def test_backends_are_listed_a_line_each(call: Call) -> None:
    _, out, _ = call("backends")
    names = [entry.item.name for entry in PLUGINS.backends]
    assert [line.partition(":")[0] for line in out.splitlines()[:-1]] == names
    assert "NAME" in out.splitlines()[-1]


@pytest.mark.parametrize("cls", [entry.item for entry in PLUGINS.backends])
def test_a_backend_is_told_of_at_length(call: Call, cls: type[Backend]) -> None:
    _, out, _ = call("backends", cls.name)
    assert all(len(line) <= 100 for line in out.splitlines())
    told = " ".join(out.split())
    for each in described(cls):
        assert (
            f" {each.name}: {each.kind} ({each.default}) {each.sentence}".replace(
                "``", ""
            )
            in told
        )


def test_a_tasks_options_are_told_of(call: Call) -> None:
    _, out, _ = call("tasks", "math")
    assert (
        "level: '', '1', '2', '3', '4' or '5' (default: '')\n      The only one" in out
    )


def test_an_unknown_backend(call: Call) -> None:
    assert "Did you mean 'hf'?" in call("backends", "HF")[2]
