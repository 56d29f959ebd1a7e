"""Phrases that a sentence may hold, written as people write them."""

import re
from dataclasses import dataclass
from functools import cached_property

DENIAL = re.compile(
    r"\b(?:not|never|no|cannot|isn|aren|doesn|don|wasn|incorrect|wrong|false|untrue"
    r"|nicht|kein\w{0,2}|nie|falsch|nem|nincs\w{0,4}|soha|hamis|pas|jamais|aucune?|faux"
    r"|nunca|jamás|ning[uú]n\w{0,2}|não|niet|geen|nooit)\b"
)
"""In English, German, Hungarian, French, Spanish, Portuguese and Dutch."""
NEAR = 24
"""A denial so many characters before a phrase is about it."""
MAX_SENTENCE = 2000
MORE = re.compile(r"\.\d|\s?[,;]\s?\d")
LESS = re.compile(r"\d(?:\s?[,;]\s?|\.)$")
"""Behind a number: a decimal, or more of a list, which a phrase means as a whole."""


@dataclass(frozen=True)
class Phrase:
    """Alternatives parted by "|", each a row of pieces with gaps "..." between."""

    text: str

    @cached_property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        found = (
            tuple(" ".join(piece.split()) for piece in each.lower().split("..."))
            for each in self.text.split("|")
        )
        return tuple(tuple(filter(None, each)) for each in found)

    def found(self, sentence: str) -> str | None:
        """The part of a sentence, in lower case, that says it and is not denied."""
        sentence = sentence[:MAX_SENTENCE]
        for pieces in self.alternatives:
            span = located(pieces, sentence)
            if span and not self.is_denied(pieces, sentence, span):
                return sentence[span[0] : span[1]]
        return None

    def is_denied(
        self, pieces: tuple[str, ...], sentence: str, span: tuple[int, int]
    ) -> bool:
        if any(DENIAL.search(each) for each in pieces):
            return False
        start = max(0, span[0] - NEAR)
        return DENIAL.search(sentence[start : span[1]]) is not None


def located(pieces: tuple[str, ...], sentence: str) -> tuple[int, int] | None:
    """Where pieces stand one behind another, each at the beginning of a word."""
    start = place = -1
    for piece in pieces:
        found = beginning(piece, sentence, max(place, 0))
        if found < 0:
            return None
        start = found if start < 0 else start
        place = found + len(piece)
    return (start, place) if pieces else None


def beginning(piece: str, sentence: str, place: int) -> int:
    """Where a piece begins a word or number, from a place on; -1 if nowhere."""
    while (found := sentence.find(piece, place)) >= 0:
        before, behind = sentence[:found], sentence[found + len(piece) :]
        inside = piece[0].isalnum() and before[-1:].isalnum()
        inside = inside or (piece[0].isdigit() and bool(LESS.search(before[-4:])))
        cut = piece[-1].isdigit() and (behind[:1].isdigit() or MORE.match(behind))
        if not (inside or cut):
            return found
        place = found + 1
    return -1
