"""Reading answers, and judging whether they are right.

`judge` finds the final answer of a response and compares it with the reference;
`extract` and `equal` are its halves, `grade` its verdict alone, and `judged` makes it
the score of a task. The other names read numbers in running text, for tasks that mark
by rules of their own. docs/grading.md has the rules and how right they are.

No text is evaluated as a program. Reading takes time linear in the length of a text,
and judging no more than a few seconds, with limits on everything that a text can make
large.
"""

from typing import TYPE_CHECKING

from evalkit.lazily import names_of

if TYPE_CHECKING:
    from evalkit.grading.equality import equal
    from evalkit.grading.finals.final import Final, Finding
    from evalkit.grading.finals.kinds import FINALS, final_of
    from evalkit.grading.judging import extract, grade, judge, kind_of
    from evalkit.grading.kinds import CHOICE, MATH, QUANTITY, TEXT, Kind
    from evalkit.grading.marking.reading import SchemeError, scheme_of
    from evalkit.grading.marking.schema import check_schema
    from evalkit.grading.marking.scheme import Marked, Scheme
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
    from evalkit.grading.reading import Reading, final_answer
    from evalkit.grading.scoring import judged
    from evalkit.grading.spoken import without_thinking
    from evalkit.grading.verdicts import GRADER, Judgement, Verdict
    from evalkit.types import UNCHECKED

HOMES = {
    "evalkit.grading.equality": ("equal",),
    "evalkit.grading.finals.final": ("Final", "Finding"),
    "evalkit.grading.finals.kinds": ("FINALS", "final_of"),
    "evalkit.grading.judging": (
        "extract",
        "grade",
        "judge",
        "kind_of",
    ),
    "evalkit.grading.kinds": (
        "CHOICE",
        "MATH",
        "QUANTITY",
        "TEXT",
        "Kind",
    ),
    "evalkit.grading.marking.reading": ("SchemeError", "scheme_of"),
    "evalkit.grading.marking.schema": ("check_schema",),
    "evalkit.grading.marking.scheme": ("Marked", "Scheme"),
    "evalkit.types": ("UNCHECKED",),
    "evalkit.grading.prose.expressions": (
        "leading_form",
        "linear_form",
    ),
    "evalkit.grading.prose.notation": ("plain",),
    "evalkit.grading.prose.numbers": (
        "Quantity",
        "last_number",
        "leading_quantity",
        "mentions",
        "number",
        "quantity",
    ),
    "evalkit.grading.prose.values": (
        "Form",
        "Value",
    ),
    "evalkit.grading.reading": (
        "Reading",
        "final_answer",
    ),
    "evalkit.grading.scoring": ("judged",),
    "evalkit.grading.spoken": ("without_thinking",),
    "evalkit.grading.verdicts": (
        "GRADER",
        "Judgement",
        "Verdict",
    ),
}

__all__ = [
    "CHOICE",
    "FINALS",
    "GRADER",
    "MATH",
    "QUANTITY",
    "TEXT",
    "UNCHECKED",
    "Final",
    "Finding",
    "Form",
    "Judgement",
    "Kind",
    "Marked",
    "Quantity",
    "Reading",
    "Scheme",
    "SchemeError",
    "Value",
    "Verdict",
    "check_schema",
    "equal",
    "extract",
    "final_answer",
    "final_of",
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
    "scheme_of",
    "without_thinking",
]


__getattr__ = names_of(__name__, HOMES)


def __dir__() -> list[str]:
    return __all__
