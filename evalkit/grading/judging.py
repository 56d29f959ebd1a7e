"""From a response to a verdict in one call."""

import re

from evalkit.grading.answers.meanings import Expression, Letter, Meaning, Named, Words
from evalkit.grading.answers.words import said
from evalkit.grading.equality import equal, meanings
from evalkit.grading.kinds import (
    CHOICE,
    MATH,
    QUANTITY,
    STATING,
    TEXT,
    Kind,
    closing_number,
    ends_in_code,
    printed,
    refuses,
    without_code,
)
from evalkit.grading.maths.nodes import names
from evalkit.grading.reading import (
    Reading,
    final_answer,
    since_retraction,
    without_thinking,
)
from evalkit.grading.verdicts import Judgement

CLAUSE = re.compile(r"\s(?:because|since|as|which|given that|where|when|for a)\s")
EITHER = re.compile(r"\d[^\d.]{0,20}\b(?:or|and)\b[^\d.]{0,20}\d")
ASIDE = re.compile(r"(?<!\\)\((?=[^()]{0,200}[A-Za-z]{2})[^()]{1,200}\)")


def grade(reference: str, response: str) -> bool:
    """Whether a response's final answer equals the reference."""
    return judge(reference, response).equal


def judge(
    reference: str,
    response: str,
    *,
    kind: Kind | None = None,
    tolerance: float | None = None,
    finished: bool = True,
) -> Judgement:
    """Find the final answer of a response and compare it with the reference.

    `kind` says what kind of answer to look for; by default what the reference is.
    Of a response that is not `finished`, only an answer that is marked counts.
    """
    reading = extract(response, kind or kind_of(reference), finished=finished)
    if reading is None:
        return Judgement(reading=None, verdict=None)
    verdict = equal(reference, reading.text, tolerance=tolerance)
    return Judgement(reading=reading, verdict=verdict)


def kind_of(reference: str) -> Kind:
    """The kind of answer that a reference is."""
    match meanings(reference)[0]:
        case Expression(node) if not names(node):
            return QUANTITY
        case Expression() if (
            len(reference.strip()) == 1 and reference.strip().isupper()
        ):
            return CHOICE
        case Letter(_, ""):
            return CHOICE
        case Words():
            return TEXT
        case _:
            return MATH


def extract(
    response: str, kind: Kind = MATH, *, finished: bool = True
) -> Reading | None:
    """The final answer of a response, None rather than a guess if it states none.

    A marked answer counts (the last box, ``####`` line, "final answer" or "the answer
    is"). Where none is marked, a response that is nothing but an answer is one, and
    each kind has further places; never in a response that was cut off, nor in one that
    stops at a program whose output never came.
    """
    marked = final_answer(response)
    if marked is not None:
        return within(marked) if kind.numeric else marked
    if not finished:
        return None
    spoken = since_retraction(without_thinking(response))
    if not spoken.strip() or refuses(spoken):
        return None
    if "```" in spoken:
        if ends_in_code(spoken):
            return None
        if kind.numeric and (found := printed(spoken)) is not None:
            return found
        spoken = without_code(spoken)
    for find in kind.unmarked:
        found = find(spoken)
        if found is not None and (find not in STATING or is_answer(found.text, kind)):
            return found
    return None


def is_answer(text: str, kind: Kind) -> bool:
    """Whether a whole response is an answer, not a sentence about one."""
    first = meanings(text)[0]
    if isinstance(first, Words):
        return kind is TEXT or (
            kind.numeric and len(text) < 40 and said(text) is not None
        )
    return True


def within(marked: Reading) -> Reading | None:
    """The number in a marked statement; the statement where it is one."""
    if any(is_value(each) for each in meanings(marked.text)):
        return marked
    if said(marked.text) is not None or "\\begin" in marked.text:
        return marked
    if EITHER.search(marked.text):
        return marked
    aside = ASIDE.sub(" ", marked.text)
    for text in (CLAUSE.split(aside, maxsplit=1)[0], aside, marked.text):
        found = closing_number(text)
        if found is not None:
            return Reading(found.text, marked.rule, marked.span)
    return marked


def is_value(meaning: Meaning) -> bool:
    """Whether a meaning is read as mathematics."""
    match meaning:
        case Words():
            return False
        case Named(_, value):
            return is_value(value)
        case Letter(_, text):
            return bool(text)
        case _:
            return True
