"""From a response to a verdict in one call."""

import re

from evalkit.grading.answers.meanings import Expression, Letter, Meaning, Named, Words
from evalkit.grading.answers.words import is_prose, said, simplified
from evalkit.grading.closing import (
    ASIDE,
    CLAUSE,
    FORMULA,
    NUMBER,
    closing_number,
    inside,
    printed,
    states_nothing,
)
from evalkit.grading.comparing.shapes import UNSOLVED
from evalkit.grading.equality import equal, meanings, simple
from evalkit.grading.kinds import CHOICE, MATH, QUANTITY, STATING, TEXT, Kind
from evalkit.grading.letters import leading_letter
from evalkit.grading.maths.nodes import names
from evalkit.grading.reading import Reading, stated
from evalkit.grading.spoken import ends_in_code, meant, without_code
from evalkit.grading.verdicts import Judgement

EITHER = re.compile(r"\d[^\d.]{0,20}(?:\b(?:or|and|to)\b|[,;])[^\d.]{0,20}\d")
PAIR = re.compile(r"\d[^\d.]{0,20}\b(?:or|and)\b[^\d.]{0,20}\d")
CONTRAST = re.compile(r"^not\s\S{1,20},?\sbut\s", re.IGNORECASE)
STYLED = re.compile(r"\\text\w{0,2}\s?\{([^{}]{0,200})\}")
NEGATED = re.compile(r"\W{0,4}(?:\\text\w*\{)?\s?(?:not\b|\\neq?\b|≠)")


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
    if simple(reference) is not None:
        return QUANTITY
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
    spoken = meant(response)
    marked = stated(spoken)
    if not finished:
        return marked if marked is not None and is_settled(marked, response) else None
    if marked is not None:
        return narrowed(marked, kind)
    if not spoken.strip() or (kind is not TEXT and states_nothing(spoken)):
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
            return narrowed(found, kind) if kind.lettered else found
    return None


def is_settled(marked: Reading, response: str) -> bool:
    """Whether a response that was cut off had got past its answer."""
    end = marked.span[1]
    closed = marked.rule == "boxed" and response[end - 1 : end] == "}"
    return closed or bool(response[end:].strip(" ,"))


def narrowed(found: Reading, kind: Kind) -> Reading:
    """The number or letter in a statement, where such a one is looked for."""
    if kind.numeric:
        return within(found)
    letter = leading_letter(found.text) if kind.lettered else None
    return found if letter is None else Reading(letter, found.rule, found.span)


def is_answer(text: str, kind: Kind) -> bool:
    """Whether a whole response is an answer, not a sentence about one."""
    first = meanings(text)[0]
    if not isinstance(first, Words) or simplified(text) == UNSOLVED:
        return True
    if kind is TEXT:
        return len(text) < 40
    short = kind.numeric and len(text) < 40 and not FORMULA.search(text)
    return short and said(text) is not None


def within(marked: Reading) -> Reading:
    """The number in a marked statement; the statement where it is one."""
    text = CONTRAST.sub("", marked.text)
    clause = CLAUSE.search(text)
    if clause is not None and states_value(head := text[: clause.start()]):
        return Reading(head.strip(), marked.rule, marked.span)
    if states_value(text) or NEGATED.match(text) or "\\begin" in text:
        return Reading(text, marked.rule, marked.span)
    if (formula := only_formula(text)) is not None:
        return Reading(formula, marked.rule, marked.span)
    if said(text) is not None or (EITHER if marked.marked else PAIR).search(text):
        return marked
    return number_in(marked)


def number_in(marked: Reading) -> Reading:
    """The number that a marked statement ends with, if it only talks about it."""
    text = ASIDE.sub(" ", STYLED.sub(r" \1 ", marked.text))
    head = CLAUSE.split(text, maxsplit=1)[0]
    for part in (head, text):
        if not is_prose(part.replace("=", " ") if marked.rule != "boxed" else part):
            continue
        found = closing_number(part)
        if found is not None:
            return Reading(found.text, marked.rule, marked.span)
    return marked


def states_value(text: str) -> bool:
    """Whether a text is read as mathematics."""
    return simple(text) is not None or any(map(is_value, meanings(text)))


def only_formula(text: str) -> str | None:
    """The one formula in a sentence that has no number outside of it."""
    formulas = list(FORMULA.finditer(text))
    if len(formulas) != 1 or len(formulas[0][0]) == len(text):
        return None
    outside = text[: formulas[0].start()] + text[formulas[0].end() :]
    formula = inside(formulas[0]).text
    return formula if not NUMBER.search(outside) and states_value(formula) else None


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
