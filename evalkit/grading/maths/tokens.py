"""What mathematics is cut into."""

from dataclasses import dataclass
from fractions import Fraction


class UnreadableError(ValueError):
    """The text is no mathematics that can be read here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name of letters, a word of text, or a single sign."""

    kind: str
    """number, based, name, word, begin, end or sign."""
    text: str
    spaced: bool = False
    """Whether a space stands before it."""
    value: Fraction = Fraction(0)
    places: int = 0
    """Decimal places of a number."""
    digits: int = 0
    """Significant digits of a number; the base of one in another base."""
    decimal: bool = False
    """Whether a number is written with a decimal sign."""


def sign(token: Token, *texts: str) -> bool:
    """Whether a token is one of these signs."""
    return token.kind == "sign" and token.text in texts
