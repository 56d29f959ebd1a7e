"""Numbers in other bases."""

from evalkit.grading.answers.meanings import Expression, Meaning, Numeral
from evalkit.grading.comparing.findings import Finding, no, yes
from evalkit.grading.comparing.shapes import plain


def numerals(reference: Numeral, answer: Meaning) -> Finding:
    """Numbers in other bases: the base belongs to the answer, if it is written."""
    match answer:
        case Numeral(value, text):
            base = reference.text.partition("_")[2]
            same = value == reference.value and base == text.partition("_")[2]
        case Expression(node, None):
            same = plain(node) == reference.text.partition("_")[0]
        case _:
            same = False
    return yes("same numeral") if same else no("other numeral")
