"""Judging answers that are one number."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import (
    ENDING,
    givens,
    sentences,
    shown,
    without_remarks,
)
from evalkit.grading.finals.units import UNITS, Plain, Unit
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.numbers import Quantity, leading_quantity, mentions, quantity
from evalkit.grading.prose.values import Value
from evalkit.grading.reading import final_answer
from evalkit.grading.spoken import without_thinking

ASSERTION = re.compile(
    r"\b(?:is|are|was|be|equals|equal to|becomes|comes to|amounts to"
    r"|gives?|giving|yields?|yielding|get"
    r"|(?:rais|increas|ris|rose|gr[eo]w)\w{0,4} by)\b:?"
    r"(?:\s{1,3}(?:equal to|thus|therefore|then|indeed|also)\b)?"
    r"\s{0,3}(?:[A-Za-z](?:\([^()\s]{1,8}\))?\s{0,3}[=≈])?|->|=>|[=≈]+|[→⇒]"
)
EQUALS = re.compile(r"[=≈]+")
EXPLANATION = re.compile(
    r"(?<=and )because\b[^,:]{1,60}=\s?[^\s,:]{1,20}(?=\s(?:its|the|this)\s)"
    r"|\b(?:because|since|given that|where|with|using|when|if)\b[^,:]{0,400}",
    re.IGNORECASE,
)
"""Up to a comma, or to what follows: and because 64 = 2^6 its logarithm is 6."""
BRACKETED = re.compile(
    r"(?<=\d)\s?[(\[]\s?([mcdk]?m(?:\^\d)?(?:/s(?:\^2)?)?|Ft|s)\s?[)\]]"
)
"""A unit in brackets behind a number."""
OPERATORS = "+-*/^=≈<>("
CIRCUMSTANCE = re.compile(
    r"\b(?:at|for|after|by)\s(?:time\s)?[a-z]\s?=\s?[\d.,/]{1,12}(?<=\d)\s?s?\b"
    r"|\b\d{4}\s?-\s?\d{4}\b",
    re.IGNORECASE,
)
"""What a value holds for."""
DENIED = re.compile(
    r"\b(?:not|rather than|instead of)\s(?:(?:in|at|the|by)\s){0,2}"
    r"-?\d[\d.,/]{0,12}(?<=\d)%?"
)
MAX_HEDGES = 8
HEDGE = re.compile(r"\bor\b", re.IGNORECASE)
NEXT = (
    r"[,;:\n→⇒]|\b(?:and|so|hence|thus|therefore|then|in|the|which)\b"
    r"|\b[A-Za-z](?:_?\d{1,3})?\s?=|$"
)
"""Where what is said of one quantity ends."""
UNFINISHED = re.compile(r"\d\s?\*\s?\d(?!\d{0,9}\^)|[\d)}]\s?[+-]\s?[\d({]")
"""What a calculation is, in contrast to its result."""
UNKNOWNS = frozenset("abnxyz")


@dataclass(frozen=True, kw_only=True)
class Number(Final):
    """A number, right within a tolerance."""

    wanted: ClassVar[str] = "number"

    value: float
    tol_abs: float = 0.0
    unit: str = ""
    also: Mapping[str, float] = field(default_factory=dict[str, float])
    """Other quantities in the question that have names and are not the answer."""
    called: tuple[str, ...] = ()
    """What the quantity is called, where others stand beside it: a sentence with one of
    these names is read before the last one."""

    @property
    def target(self) -> str:
        unit = "" if self.unit == "calendar year" else self.unit
        return f"{self.value:.10g} {unit}".strip()

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        stated = final_answer(response) if self.called else None
        if not self.called or (stated is not None and stated.marked):
            return super().judge(question, response, finished=finished)
        for passage in reversed(list(sentences(without_thinking(response)[-ENDING:]))):
            if any(each in passage.lower() for each in self.called):
                found = self.settle(passage, question)
                if found is not None:
                    return found.read_from("what it is called")
        return super().judge(question, response, finished=finished)

    def is_full(self, passage: str) -> bool:
        found = mentions(plain(passage)) if self.unit else ()
        return any(self.unit in ("%" * each.percent, each.unit) for each in found)

    def look(self, passage: str, question: str) -> Finding | None:
        unit = UNITS.get(self.unit, Plain())
        text = BRACKETED.sub(r" \1", plain(passage))
        text = without_remarks(self.without_others(text))
        stated = stated_number(text, question, unit)
        if stated is None:
            return None
        hedge = "offers more than one answer" if hedged(text, stated, unit) else ""
        right = not hedge and any(map(self.near, unit.values(stated)))
        unit_word = stated.unit if len(stated.unit) <= 12 else ""
        read = f"{shown(stated.value)} {unit_word}".strip()
        return Finding(read, right, "" if right else hedge or f"expected {self.target}")

    def without_others(self, text: str) -> str:
        """A plain text without what it says of other named quantities."""
        for name in self.also:
            said = rf"\b{name[0]}(?:_?\d{{1,3}})?\s?=.{{1,200}}?(?={NEXT})"
            text = re.sub(said, " ", text)
        return text

    def near(self, value: Value) -> bool:
        slack = 1e-9 * max(1.0, abs(self.value))
        return abs(size(value) - self.value) <= self.tol_abs + slack


def hedged(text: str, stated: Quantity, unit: Unit) -> bool:
    """Whether a plain text offers another number for the one that it states."""
    for word in list(HEDGE.finditer(text))[-MAX_HEDGES:]:
        before = list(mentions(text[max(0, word.start() - 80) : word.start()]))[-1:]
        after = list(mentions(text[word.end() : word.end() + 80]))[:1]
        pair = [each for each in (*before, *after) if unit.suits(each)]
        offered = len(pair) == 2 and stated.value in (each.value for each in pair)
        if offered and not agree(pair, unit):
            return True
    return False


def agree(stated: Iterable[Quantity], unit: Unit) -> bool:
    """Whether numbers differ by no more than their rounding."""
    sizes = [size(unit.values(each)[0]) for each in stated]
    if all(each.is_integer() for each in sizes):
        return len(set(sizes)) == 1
    return max(sizes) - min(sizes) <= 0.01 * abs(sizes[0])


def size(value: Value) -> float:
    """A value as a float, infinite where there is none so large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def meant(stated: Quantity) -> bool:
    """Whether a number is a result, neither a term nor a calculation to be done."""
    return stated.unit not in UNKNOWNS and not UNFINISHED.search(stated.written)


def stated_number(text: str, question: str, unit: Unit) -> Quantity | None:
    """The number that a plain text gives as its answer, None if that is not clear."""
    text = CIRCUMSTANCE.sub(" ", DENIED.sub(" ", text)).strip()
    if chain := fitting(whole(text), unit):
        return chain[-1]
    main = EXPLANATION.sub("", text)
    main = main if re.search(r"\d", main) else text
    asserted = list(following(ASSERTION, main))
    named = list(mentions(main))
    for suits in (unit.preferred, unit.suits):
        if found := fresh(filter(suits, asserted), question):
            return found[-1]
        found = fresh(filter(suits, named), question, strictly=True)
        if found and agree(found, unit):
            return found[0]
    return None


def fresh(
    stated: Iterable[Quantity], question: str, *, strictly: bool = False
) -> list[Quantity]:
    """The numbers that the question did not already name, if there are any."""
    known = givens(question)
    stated = list(filter(meant, stated))
    new = [each for each in stated if each.value not in known]
    return new if new or strictly else stated


def fitting(stated: Iterable[Quantity], unit: Unit) -> list[Quantity]:
    """The numbers that can be meant, or those among them that must be."""
    suitable = [each for each in stated if unit.suits(each) and meant(each)]
    return [each for each in suitable if unit.preferred(each)] or suitable


def whole(text: str) -> list[Quantity]:
    """The numbers of a text that is nothing but one, or equals between them.

    The last is what it states: 5/6 in "5/6 ≈ 0.83", but 0.84 in "5/6 ≈ 0.84".
    """
    best = quantity(text)
    if best is None:
        return []
    links = [each for each in map(quantity, EQUALS.split(text)) if each is not None]
    wrong = bool(links) and not rounds(links[-1], best)
    return links if wrong else [*links, best]


def rounds(stated: Quantity, exact: Quantity) -> bool:
    """Whether a number is one that it is said to equal, rounded to its own places."""
    if stated.percent or exact.percent or stated.scale != exact.scale:
        return True
    whole, _, decimals = stated.written.partition(".")
    places = len(decimals) or len(whole.rstrip("0")) - len(whole)
    gap = abs(size(stated.value) - size(exact.value))
    return gap <= 0.5001 * 10.0**-places


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
