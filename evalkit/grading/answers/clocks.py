"""Ratios and times of day as they are written."""

import re
from collections.abc import Sequence
from fractions import Fraction

from evalkit.grading.answers.brackets import split
from evalkit.grading.answers.meanings import Ratio
from evalkit.grading.maths.nodes import Node, Num
from evalkit.grading.maths.parser import expression
from evalkit.grading.maths.tokens import Token, UnreadableError, sign

HALF = re.compile(r"\s*([ap])\.?\s?m\.?", re.IGNORECASE)


def clock(found: Sequence[Token]) -> Ratio | None:
    """Numbers with colons, or "to", between them."""
    if len(found) > 1 and found[0].kind == "number" and found[0].text.isdigit():
        tail = "".join(each.text for each in found[1:])
        if (match := HALF.fullmatch(tail)) and int(found[0].value) <= 12:
            zero = Num(Fraction(0))
            hour = expression(found[:1])
            return Ratio((hour, zero), (found[0].text, "00"), match[1].lower() + "m")
    if not any(sign(each, ":") or each.text == "to" for each in found):
        return None
    pieces, signs = split(
        found,
        lambda each: sign(each, ":") or (each.text == "to" and each.kind != "sign"),
    )
    if not signs or not all(pieces):
        return None
    half = ""
    last = pieces[-1]
    tail = "".join(each.text for each in last[1:])
    if len(last) > 1 and (match := HALF.fullmatch(tail)):
        half, pieces[-1] = match[1].lower() + "m", last[:1]
    try:
        parts: list[Node] = [expression(each) for each in pieces]
    except UnreadableError:
        return None
    texts = tuple("".join(each.text for each in piece) for piece in pieces)
    return Ratio(tuple(parts), texts, half)
