"""The exam in the words in which language models were first asked it.

The dataset has a question per row and no numbers. Which row is which question is told
by words that only that row has, so that another order, or a row that was left out,
cannot go unseen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from evalkit import DataError, DatasetRef, Row

if TYPE_CHECKING:
    from evalkit.exam import ExamPaper

COLUMN = "Question"
DATASET = DatasetRef(
    id="keirp/hungarian_national_hs_finals_exam",
    revision="main",  # no commit of it was to be found; the one fetched is recorded
    files={"test": "test.csv"},
    columns=(COLUMN,),
)
MARKS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "1": frozenset({"sets", "listing"}),
        "2": frozenset({"cards", "roles"}),
        "3": frozenset({"275000", "308000"}),
        "4": frozenset({"midpoint", "vectors"}),
        "5": frozenset({"median", "range"}),
        "6": frozenset({"binary", "101011"}),
        "7": frozenset({"known", "log"}),
        "8": frozenset({"both", "inequalities"}),
        "9": frozenset({"football", "sixteen"}),
        "10": frozenset({"hypotenuse", "25"}),
        "11a": frozenset({"normal"}),
        "11b": frozenset({"parallel", "equation"}),
        "12a": frozenset({"minimum"}),
        "12b": frozenset({"zeros"}),
        "13a": frozenset({"graph", "connected"}),
        "13b": frozenset({"divisors", "statements"}),
        "13c": frozenset({"dice", "events"}),
        "14a": frozenset({"standard", "deviation"}),
        "14b": frozenset({"average", "round"}),
        "14c": frozenset({"formula", "high"}),
        "14d": frozenset({"experiment", "reach"}),
        "15a": frozenset({"trisect", "segments"}),
        "15b": frozenset({"colours", "adjacent"}),
        "15c": frozenset({"prove", "opposite"}),
        "16a": frozenset({"cdot", "sqrt"}),
        "16b": frozenset({"frac", "solve"}),
        "16c": frozenset({"arithmetic", "sequence"}),
        "17a": frozenset({"2038", "altogether"}),
        "17b": frozenset({"2020", "2021"}),
        "17c": frozenset({"assuming", "follow"}),
        "18a": frozenset({"prism", "hexagonal"}),
        "18b": frozenset({"foil", "gold"}),
        "18c": frozenset({"bisector", "rotated"}),
    }
)
"""Words and numbers of each question that together stand in no other."""
WORD = re.compile(r"[a-z]{3,}|\d+")
FORM_FEED = "\x0c"


def with_original_wording(paper: "ExamPaper", rows: Iterable[Row]) -> "ExamPaper":
    """The exam with the questions as the dataset words them, its figures left out.

    A DataError names a row that is none of the questions, or one that is missing.
    """
    found: dict[str, str] = {}
    mended = 0
    for row in rows:
        text = row.text(COLUMN)
        # "\frac" in a string that was not raw: \f became a form feed.
        mended += text.count(FORM_FEED)
        whole = text.replace(FORM_FEED, r"\f")
        number = number_of(whole, row)
        if number in found:
            raise row.wrong(f"column {COLUMN!r} has question {number} a second time")
        found[number] = whole
    lacking = [each.number for each in paper.questions if each.number not in found]
    if lacking:
        raise DataError(f"{DATASET.id} has no row for question {lacking[0]}")
    questions = tuple(
        replace(each, question=found[each.number], figure="")
        for each in paper.questions
    )
    return replace(paper, questions=questions, notes=(*paper.notes[1:], *notes(mended)))


def number_of(text: str, row: Row) -> str:
    """The number of the question that a row holds."""
    words = frozenset(WORD.findall(text.casefold()))
    numbers = [number for number, marks in MARKS.items() if marks <= words]
    if len(numbers) != 1:
        which = " or ".join(numbers) or "none of the exam's"
        raise row.wrong(f"column {COLUMN!r}: cannot tell which question it is: {which}")
    return numbers[0]


def notes(mended: int) -> tuple[str, ...]:
    """What the card says of these words."""
    said = (
        f"The questions are asked in the words of the dataset {DATASET.id}, which has "
        "no figures: what 15a, 15b and 15c show cannot be told from their text.",
    )
    if not mended:
        return said
    places = "1 place" if mended == 1 else f"{mended} places"
    return (
        *said,
        f"In {places} of the dataset a form feed stood where a command such as \\frac "
        "had lost its beginning; it was asked with the command put right.",
    )
