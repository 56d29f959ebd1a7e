"""Reading answers: where a response states its answer, and which number it is.

Nothing here evaluates text as a program, and all of it takes time linear in the
length of the text, with small limits on what counts as a number.
"""

from evalkit.grading.expressions import leading_form, linear_form
from evalkit.grading.notation import plain
from evalkit.grading.numbers import (
    Quantity,
    last_number,
    leading_quantity,
    mentions,
    number,
    quantity,
)
from evalkit.grading.reading import Reading, final_answer, without_thinking
from evalkit.grading.values import Form, Value

__all__ = [
    "Form",
    "Quantity",
    "Reading",
    "Value",
    "final_answer",
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
