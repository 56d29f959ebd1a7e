"""How a number may be written where an answer is wanted in a unit."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from evalkit.grading.prose.numbers import Quantity
from evalkit.grading.prose.values import Value

LENGTH = re.compile(
    r"(?:(?:square|cubic|sq|cu)\b\.?\s?)?"
    r"(?:(?P<sign>[mcdk]?m)|(?P<word>milli|centi|deci|kilo)?met(?:er|re)s?)(?![A-Za-z/])",
    re.IGNORECASE,
)
MONEY = re.compile(r"(?:ft|forints?|huf)\b", re.IGNORECASE)
POWERS = MappingProxyType({"m": -3, "c": -2, "d": -1, "": 0, "k": 3})
"""Of ten, by the first letter of a prefix."""


def length(stated: Quantity) -> int | None:
    """The power of ten of the prefix of a length, area or volume."""
    match = LENGTH.match(stated.unit)
    if match is None:
        return None
    return POWERS[
        match["sign"][:-1].lower()
        if match["sign"]
        else (match["word"] or "")[:1].lower()
    ]


class Unit(ABC):
    """How a number may be written where an answer is wanted in a unit."""

    def suits(self, stated: Quantity) -> bool:
        """Whether this can be meant as an answer at all."""
        return True

    def preferred(self, stated: Quantity) -> bool:
        """Whether this must be the answer, among several numbers."""
        return False

    @abstractmethod
    def values(self, stated: Quantity) -> tuple[Value, ...]:
        """What it may mean, in the unit."""


class Plain(Unit):
    """A number by itself, or with a unit that the question leaves to the writer."""

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        if stated.percent:
            return (stated.value / 100,)
        return (stated.value * (stated.scale or 1),)


class Percent(Unit):
    """12%, 12 percent, or just 12; but neither 0.12 nor 12 cm³ is 12%."""

    def suits(self, stated: Quantity) -> bool:
        return length(stated) is None and not MONEY.match(stated.unit)

    def preferred(self, stated: Quantity) -> bool:
        return stated.percent

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        return (stated.value,)


class Millions(Unit):
    """In millions or in full; 17 forints are not 17 millions."""

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        million = Fraction(10**6)
        if stated.scale is not None:
            return (stated.value * stated.scale / million,)
        full = stated.value / million
        return (full,) if MONEY.match(stated.unit) else (stated.value, full)


class CalendarYear(Unit):
    """A year has four digits: 24 is not one."""

    def suits(self, stated: Quantity) -> bool:
        whole = isinstance(stated.value, Fraction) and stated.value.denominator == 1
        return whole and 1000 <= stated.value <= 9999 and not stated.percent

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        return (stated.value,)


@dataclass(frozen=True, slots=True)
class Measure(Unit):
    """A length, an area or a volume, with any prefix or no unit."""

    power: int
    dimension: int

    def suits(self, stated: Quantity) -> bool:
        return not stated.percent

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        written = length(stated)
        if written is None:
            return (stated.value,)
        return (
            stated.value * Fraction(10) ** ((written - self.power) * self.dimension),
        )


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "%": Percent(),
        "million Ft": Millions(),
        "calendar year": CalendarYear(),
        "m": Measure(0, 1),
        "cm^2": Measure(-2, 2),
        "cm^3": Measure(-2, 3),
    }
)
