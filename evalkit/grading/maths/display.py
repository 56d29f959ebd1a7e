"""Expressions as a line of plain text, for people who ask how a text was read."""

from fractions import Fraction

from evalkit.grading.maths.nodes import (
    Apply,
    Big,
    Constant,
    Name,
    Negative,
    Node,
    Num,
    PlusMinus,
    Power,
    Product,
    Quotient,
    Sum,
)

ATOMIC = (Num, Name, Constant, Apply, Big)


def shown(node: Node) -> str:
    """The expression with its structure in view: (1 + x)^2/3."""
    match node:
        case Num(value, places):
            return written(value, places)
        case Name(text) | Constant(text):
            return text
        case Sum(terms):
            return "".join(signed(each, first=i == 0) for i, each in enumerate(terms))
        case Product(factors):
            return "·".join(within(each) for each in factors)
        case Quotient(top, bottom):
            return f"{within(top)}/{within(bottom)}"
        case Power(base, exponent):
            return f"{within(base)}^{within(exponent)}"
        case Negative(of):
            return f"-{within(of)}"
        case PlusMinus(left, right, flipped):
            sign = "∓" if flipped else "±"
            before = "" if left is None else f"{shown(left)} "
            return f"{before}{sign} {within(right)}"
        case Apply("deg", (of,)):
            return f"{within(of)}°"
        case Apply(function, arguments):
            return f"{function}({', '.join(map(shown, arguments))})"
        case Big(operator, body, variable, bounds):
            ends = "".join(f", {shown(each)}" for each in bounds)
            return f"{operator}({shown(body)}, {variable}{ends})"


def written(value: Fraction, places: int) -> str:
    """A decimal as it was written; anything else as a fraction."""
    if value.denominator == 1 and not places:
        return str(value.numerator)
    scaled = value * 10**places
    if places and scaled.denominator == 1:
        sign = "-" if value < 0 else ""
        digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
        return f"{sign}{digits[:-places]}.{digits[-places:]}"
    return f"{value.numerator}/{value.denominator}"


def signed(term: Node, *, first: bool) -> str:
    """A term with the sign between it and the one before."""
    if isinstance(term, Negative):
        return f"-{within(term.of)}" if first else f" - {within(term.of)}"
    return shown(term) if first else f" + {shown(term)}"


def within(node: Node) -> str:
    """The expression as a part of another: in parentheses where it needs them."""
    text = shown(node)
    return text if isinstance(node, ATOMIC) and "/" not in text else f"({text})"
