"""Judging answers that are one number."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import ClassVar

from evalkit.grading import (
    Quantity,
    Value,
    leading_quantity,
    mentions,
    plain,
    quantity,
)
from evalkit_tasks.hungarian_exam.judge import Finding, Judge
from evalkit_tasks.hungarian_exam.prose import givens, shown, without_remarks

COPULA = re.compile(
    r"\b(?:is|are|was|be|equals|equal to|becomes|comes to|amounts to)\b:?"
    r"(?:\s{1,3}(?:equal to|thus|therefore|then|indeed|also)\b)?"
    r"\s{0,3}(?:[A-Za-z](?:\([^()\s]{1,8}\))?\s{0,3}[=≈])?"
)
EQUALS = re.compile(r"[=≈]+")
EXPLANATION = re.compile(
    r"\b(?:because|since|given that|where|with|using|when|if)\b[^,]{0,400}",
    re.IGNORECASE,
)
OPERATORS = "+-*/^=≈<>("


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
    """12%, 12 percent, or just 12; but 0.12 is not 12%."""

    def preferred(self, stated: Quantity) -> bool:
        return stated.percent

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        return (stated.value,)


class Millions(Unit):
    """In millions or in full."""

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        million = Fraction(10**6)
        if stated.scale is not None:
            return (stated.value * stated.scale / million,)
        return stated.value, stated.value / million


class CalendarYear(Unit):
    """A year has four digits: 24 is not one."""

    def suits(self, stated: Quantity) -> bool:
        whole = isinstance(stated.value, Fraction) and stated.value.denominator == 1
        return whole and 1000 <= stated.value <= 9999 and not stated.percent

    def values(self, stated: Quantity) -> tuple[Value, ...]:
        return (stated.value,)


UNITS = MappingProxyType[str, Unit](
    {
        "%": Percent(),
        "million Ft": Millions(),
        "calendar year": CalendarYear(),
    }
)


@dataclass(frozen=True, kw_only=True)
class Number(Judge):
    """A number, right within a tolerance."""

    wanted: ClassVar[str] = "number"

    value: float
    tol_abs: float = 0.0
    unit: str = ""

    @property
    def target(self) -> str:
        unit = "" if self.unit == "calendar year" else self.unit
        return f"{self.value:g} {unit}".strip() if self.tol_abs else f"{self.value:.0f}"

    def look(self, passage: str, question: str) -> Finding | None:
        unit = UNITS.get(self.unit, Plain())
        stated = stated_number(passage, question, unit)
        if stated is None:
            return None
        right = any(self.near(each) for each in unit.values(stated))
        unit_word = stated.unit if len(stated.unit) <= 12 else ""
        read = f"{shown(stated.value)} {unit_word}".strip()
        return Finding(read, right, "" if right else f"expected {self.target}")

    def near(self, value: Value) -> bool:
        slack = 1e-9 * max(1.0, abs(self.value))
        return abs(float(value) - self.value) <= self.tol_abs + slack


def stated_number(passage: str, question: str, unit: Unit) -> Quantity | None:
    """The number that a passage gives as its answer, None if that is not clear."""
    text = without_remarks(plain(passage)).strip()
    if chain := fitting(whole(text), unit):
        return chain[-1]
    main = EXPLANATION.sub("", text)
    main = main if re.search(r"\d", main) else text
    asserted = [list(following(marker, main)) for marker in (COPULA, EQUALS)]
    named = list(mentions(main))
    for suits in (unit.preferred, unit.suits):
        for candidates in asserted:
            if found := fresh(filter(suits, candidates), question):
                return found[-1]
        found = fresh(filter(suits, named), question, strictly=True)
        if len({each.value for each in found}) == 1:
            return found[-1]
    return None


def fresh(
    stated: Iterable[Quantity], question: str, *, strictly: bool = False
) -> list[Quantity]:
    """The numbers that the question did not already name, if there are any."""
    known = givens(question)
    stated = list(stated)
    new = [each for each in stated if each.value not in known]
    return new if new or strictly else stated


def fitting(stated: Iterable[Quantity], unit: Unit) -> list[Quantity]:
    """The numbers that can be meant, or those among them that must be."""
    suitable = [each for each in stated if unit.suits(each)]
    return [each for each in suitable if unit.preferred(each)] or suitable


def whole(text: str) -> list[Quantity]:
    """The numbers of a text that is nothing but one, or equals between them."""
    best = quantity(text)
    if best is None:
        return []
    links = (quantity(each) for each in EQUALS.split(text))
    return [*(each for each in links if each is not None), best]


def following(marker: re.Pattern[str], text: str) -> Iterator[Quantity]:
    """The numbers that follow a marker and are not the start of something longer."""
    for match in marker.finditer(text):
        found = leading_quantity(text[match.end() : match.end() + 300])
        if found is None:
            continue
        end = match.end() + found[1]
        last, rest = text[match.end() : end].rstrip()[-1:], text[end:].lstrip()
        if last not in OPERATORS and not rest.startswith(tuple(OPERATORS)):
            yield found[0]
