"""Reading answers: where a response states its answer, and which number it is.

Nothing here evaluates text as a program, and all of it takes time linear in the
length of the text, with small limits on what counts as a number.
"""

from evalkit.grading.equality import equal
from evalkit.grading.judging import extract, grade, judge, kind_of
from evalkit.grading.kinds import CHOICE, MATH, QUANTITY, TEXT, Kind
from evalkit.grading.prose.expressions import leading_form, linear_form
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.numbers import (
    Quantity,
    last_number,
    leading_quantity,
    mentions,
    number,
    quantity,
)
from evalkit.grading.prose.values import Form, Value
from evalkit.grading.reading import Reading, final_answer, without_thinking
from evalkit.grading.scoring import judged
from evalkit.grading.verdicts import GRADER, Judgement, Verdict

__all__ = [
    "CHOICE",
    "GRADER",
    "MATH",
    "QUANTITY",
    "TEXT",
    "Form",
    "Judgement",
    "Kind",
    "Quantity",
    "Reading",
    "Value",
    "Verdict",
    "equal",
    "extract",
    "final_answer",
    "grade",
    "judge",
    "judged",
    "kind_of",
    "last_number",
    "leading_form",
    "leading_quantity",
    "linear_form",
    "mentions",
    "number",
    "plain",
    "quantity",
    "without_thinking",
]
