"""Judging a table of values that has to bear out a conclusion."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import ENDING
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.numbers import number
from evalkit.grading.spoken import without_thinking

WRITTEN = re.compile(r"\d[\d.,]*\d|\d")
GAP = r"\b(?:gap|difference|distance|lead)s?\b[^.\n]{0,80}"
GROWS = re.compile(
    GAP + r"\b(?:grow|increas|widen|larger|bigger|greater|ris(?:es|ing)|not\b)"
    r"|\b(?:grow|increas|widen)\w{0,4}\s"
    r"(?:(?:in|of|the|this|that|their|its|each|every|year)\s){0,5}"
    r"(?:\w{1,12}\s)?(?:gap|difference|lead)s?\b"
    r"|\b(?:reader|claim|statement|comment)\b[^.\n]{0,80}"
    r"\b(?:wrong|mistaken|incorrect|false|not|isn['’]t)\b",
    re.IGNORECASE,
)
REPORTED = re.compile(
    r"\b(?:wrote|writes|claim(?:s|ed)?|said|says|state[sd]?|thinks?|thought|believe[sd]?"
    r"|suggest(?:s|ed)?|assert(?:s|ed)?|statement|assertion|comment|idea|prediction)\b"
    r"\s(?:that\s)?[^,.;\n]{0,120}",
    re.IGNORECASE,
)
"""What somebody else is said to have said."""
SHRINKS = re.compile(
    GAP + r"(?<!not )(?<!not be )(?<!not getting )"
    r"\b(?:is|keeps|does|will|are|gets?|has)\s(?:(?!(?:no|not|never|hardly|far|anything)\b)"
    r"\w{2,16}\s){0,2}(?:shrink|shrunk|decreas|narrow|smaller|clos(?:es|ing|er)\b)",
    re.IGNORECASE,
)
AGREES = re.compile(
    r"\b(?:reader|claim|statement|comment)\b[^.\n]{0,40}"
    r"\bis\s(?:(?!(?:not|never|hardly)\b)\w{2,16}\s)?"
    r"(?:right|correct|true|justified|reasonable|in line|consistent)\b",
    re.IGNORECASE,
)


DISAGREES = re.compile(
    r"\b(?:wrong|mistaken|incorrect|false|not (?:right|true|correct)|isn['’]t)\b"
    r"|\?\s{0,3}no\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Table(Final):
    """All values of the table somewhere, and the conclusion drawn from them."""

    wanted: ClassVar[str] = "table of values"

    table: Mapping[str, tuple[float, ...]]
    tol_abs: float

    @property
    def target(self) -> str:
        rows = (
            f"{row}: {', '.join(f'{value:.2f}' for value in values)}"
            for row, values in self.table.items()
        )
        return f"{'; '.join(rows)}; the gap grows"

    @property
    def parts(self) -> tuple[str, ...]:
        return ("values", "conclusion")

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        """Judge the response as a whole: the table stands before its conclusion."""
        found = self.look(without_thinking(response)[-ENDING:], question)
        return found or Finding(None, False, f"found no {self.wanted}")

    def look(self, passage: str, question: str) -> Finding | None:
        text = plain(passage)
        numbers = (number(each) for each in WRITTEN.findall(text))
        written = {each for each in numbers if each is not None}
        wanted = [value for row in self.table.values() for value in row]
        there = [value for value in wanted if self.among(value, written)]
        concludes = bool(GROWS.search(text))
        agrees = AGREES.search(text) and not DISAGREES.search(text)
        concludes = concludes and not agrees
        concludes = concludes and not SHRINKS.search(REPORTED.sub("", text))
        if not there and not concludes:
            return None
        read = f"{len(there)} of {len(wanted)} values" + ", the gap grows" * concludes
        share = len(there) / len(wanted)
        aspects = (("values", share), ("conclusion", float(concludes)))
        return Finding(read, concludes and share == 1.0, "", aspects=aspects)

    def among(self, value: float, written: Iterable[Fraction]) -> bool:
        return any(abs(float(each) - value) <= self.tol_abs for each in written)
