"""What an answer can mean."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from evalkit.grading.answers.units import Unit
from evalkit.grading.maths.nodes import Node


@dataclass(frozen=True, slots=True)
class Expression:
    """A number or formula, with what is written behind it."""

    node: Node
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in another base."""

    value: Fraction
    text: str
    """Digits, an underscore and the base."""


@dataclass(frozen=True, slots=True)
class Items:
    """Several answers side by side: bare, or in brackets of some kind."""

    items: tuple["Meaning", ...]
    brackets: str = ""
    """"" for a bare list, " " for numbers in a row, "()" a tuple, "{}" a set, "[]" a
    list, and the mixed ones."""
    either: bool = False
    """Whether "or" stands between them."""


@dataclass(frozen=True, slots=True)
class Span:
    """An interval."""

    low: Node
    high: Node
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A set of real numbers: intervals and single points, joined."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix, or a vector as a matrix of one column or row."""

    rows: tuple[tuple["Meaning", ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Sides with signs such as = and < between them."""

    sides: tuple["Meaning", ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A value with a name before it: x = 5, f(x) = 2x, |AB| = 1."""

    name: str
    value: "Meaning"
    simple: bool = True
    """Whether the name is a single variable."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Numbers with colons between them: a ratio or a time of day."""

    parts: tuple[Node, ...]
    texts: tuple[str, ...]
    half: str = ""
    """"am" or "pm" behind a time."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A choice, with the text that may stand behind its letter."""

    letter: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A short text."""

    text: str
    only: bool = True
    """Whether it has no other reading."""


Meaning: TypeAlias = (
    Expression
    | Numeral
    | Items
    | Span
    | Region
    | Grid
    | Relation
    | Named
    | Ratio
    | Letter
    | Words
)
