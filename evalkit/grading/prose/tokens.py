"""Cutting an expression into numbers, names and signs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

MAX_DIGITS = 60
MAX_EXPONENT = 250

TOKEN = re.compile(
    r" *(?:"
    r"(?P<number>\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?![\d.,]*\d)|\d[\d.,]*\d|\d|[.]\d+)"
    r"(?P<exponent>[eE][+-]?\d{1,3}(?![\dA-Za-z.,]))?"
    r"|(?P<name>[A-Za-z]+)"
    r"|(?P<sign>\S))"
)
ENGLISH = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
CONTINENTAL = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name, or a single sign."""

    kind: str
    text: str
    end: int
    value: Fraction = Fraction(0)


def literal(text: str) -> Fraction | None:
    """A decimal number with or without separators; None where it is ambiguous.

    A lone comma before exactly three digits parts thousands, as in English; any
    other lone comma is a decimal comma.
    """
    text = text.replace(" ", "")
    if len(text) > MAX_DIGITS:
        return None
    if text.count(",") == 1 and text.startswith("0,"):
        text = text.replace(",", ".")
    elif ENGLISH.fullmatch(text):
        text = text.replace(",", "")
    elif CONTINENTAL.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if text.count(".") > 1 or "," in text:
        return None
    return Fraction(text)


def tokens(text: str) -> Iterator[Token]:
    """Cut text into tokens, up to the first thing that no expression holds."""
    for match in TOKEN.finditer(text):
        if match["number"] is None:
            kind = "name" if match["name"] else "sign"
            yield Token(kind, match["name"] or match["sign"], match.end())
            continue
        value = literal(match["number"])
        if value is None:
            return
        if match["exponent"]:
            exponent = int(match["exponent"][1:])
            if abs(exponent) > MAX_EXPONENT:
                return
            value *= Fraction(10) ** exponent
        yield Token("number", match["number"], match.end(), value)
