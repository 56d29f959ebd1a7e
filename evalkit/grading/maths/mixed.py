"""Mixed numbers such as 1 4/5."""

from fractions import Fraction

from evalkit.grading.maths.nodes import Node, Num, Quotient, Sum
from evalkit.grading.maths.tokens import Token, UnreadableError


def digits(text: str) -> Token:
    """A number token of digits alone."""
    return Token("number", text, False, Fraction(text), 0, len(text))


def mixed(whole: Node, part: Node) -> Node:
    """A mixed number such as 1 4/5."""
    if not is_proper(part):
        raise UnreadableError("two numbers side by side")
    return Sum((whole, part))


def is_proper(node: Node) -> bool:
    """A fraction between 0 and 1 of two whole numbers, as in a mixed number."""
    match node:
        case Quotient(Num(top), Num(bottom)):
            return top.denominator == bottom.denominator == 1 and 0 < top < bottom
        case _:
            return False
