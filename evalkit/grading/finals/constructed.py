"""Judging lists that answers make up, with properties that are wanted of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.listed import number_lists, spelled
from evalkit.grading.finals.prose import ENDING, sentences, without_remarks
from evalkit.grading.prose.notation import plain
from evalkit.grading.spoken import without_thinking

LONG = 4
"""Numbers of a list that can be told from others in running text."""


@dataclass(frozen=True, kw_only=True)
class ConstructedList(Final):
    """Numbers of one's own choice with a given median and range."""

    wanted: ClassVar[str] = "list of numbers"
    alternatives: ClassVar[bool] = True

    count: int
    median: int
    range: int
    example: tuple[int, ...]

    @property
    def target(self) -> str:
        return ", ".join(str(each) for each in self.example)

    @property
    def parts(self) -> tuple[str, ...]:
        return ("median", "range")

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        """Judge the final list; no other numbers look like a long one, wherever it
        is."""
        found = super().judge(question, response, finished=finished)
        if found.read is not None or not finished or self.count < LONG:
            return found
        passages = reversed(list(sentences(without_thinking(response)[-ENDING:])))
        listed = (self.look(each, question) for each in passages)
        return next((each for each in listed if each is not None), found)

    def look(self, passage: str, question: str) -> Finding | None:
        text = without_remarks(plain(passage))
        lists = number_lists(re.sub(r"\bor\b", "|", re.sub("[<≤]", ",", text)))
        long = [each for each in lists if len(each) >= min(self.count, LONG)]
        if not long:
            return None
        exact = [Fraction(each).limit_denominator(10**6) for each in long[-1]]
        why = self.fault(exact)
        spread = max(exact) - min(exact)
        centered, spread_out = median(exact) == self.median, spread == self.range
        aspects: tuple[tuple[str, float], ...] = ()
        if len(exact) == self.count:
            positive = min(exact) > 0
            aspects = (
                ("median", float(centered and positive)),
                ("range", float(spread_out)),
            )
        why = why or ("" if centered else f"their median is {median(exact)}")
        why = why or ("" if spread_out else f"their range is {spread}")
        return Finding(spelled(long[-1]), not why, why, aspects=aspects)

    def fault(self, found: Sequence[Fraction]) -> str:
        """Why these numbers cannot be meant at all, nothing if they can."""
        if len(found) != self.count:
            return f"{len(found)} numbers, not {self.count}"
        return "" if min(found) > 0 else "not all are positive"
