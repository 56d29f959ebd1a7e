"""What a response states in mathematics: its expressions, and which it says are equal.

Every line is cut at its words; what is left between them are expressions, and chains of
expressions with signs of equality between. Nothing is understood of the words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.grading.marking.cleaning import cleaned
from evalkit.grading.maths.lexer import tokens
from evalkit.grading.maths.nodes import Node
from evalkit.grading.maths.parser import expression
from evalkit.grading.maths.tables import FUNCTIONS
from evalkit.grading.maths.tokens import UnreadableError

MAX_LINES = 3000
MAX_SIDES = 4000
MAX_SIDE = 400
"""Characters of one expression."""
SHORT = """
is so we of to in by or if at as it an be on no do he up us am vs my go et al ok
"""
SHORT_WORDS = frozenset(SHORT.split())
KNOWN = FUNCTIONS | {"pi", "deg"}
PIECE = re.compile(
    r"(?P<equal>[=≈≡])|(?P<order>[<>≤≥≠⇒→;:¦∈∉⦃⦄]|\.(?=\s|$)|,(?=\s|$)|[?]|!=)"
    r"|(?P<word>(?<![\\A-Za-z_])[A-Za-z]{2,}(?:['’][a-z]{1,3})?)"
)
STRAY = " \t,.;:*/&'\"“”‘’"


@dataclass(frozen=True, slots=True)
class Statement:
    """Expressions between which signs of equality stand, or one by itself."""

    written: str
    """Its part of the response, cleaned of layout."""
    line: int
    """Number of the line that it stands in, from 0."""
    sides: tuple[Node | None, ...]
    """None for a side that is words or cannot be read."""


def statements(text: str) -> tuple[str, tuple[Statement, ...]]:
    """A response cleaned of layout, and what its lines state."""
    text = cleaned(text)
    found: list[Statement] = []
    sides = 0
    for number, line in enumerate(text.split("\n")[:MAX_LINES]):
        for each in stated(line, number):
            sides += len(each.sides)
            if sides > MAX_SIDES:
                return text, tuple(found)
            found.append(each)
    return text, tuple(found)


def stated(line: str, number: int) -> Iterator[Statement]:
    """The statements of one line, in order."""
    chain: list[str] = []
    start = place = 0
    for match in (*PIECE.finditer(line), None):
        end = match.start() if match else len(line)
        if match and match["word"] and is_mathematics(match["word"]):
            continue
        if match and match["equal"]:
            chain.append(line[place:end])
            place = match.end()
            continue
        sides = tuple(map(side, (*chain, line[place:end])))
        if any(each is not None for each in sides):
            yield Statement(line[start:end].strip(STRAY), number, sides)
        chain = []
        if match is None:
            return
        start = place = match.end()


def is_mathematics(word: str) -> bool:
    """Whether letters side by side are a function or a product, not a word."""
    if word in KNOWN:
        return True
    return len(word) == 2 and word.lower() not in SHORT_WORDS


def side(text: str) -> Node | None:
    """One side of a statement, None if it is no expression."""
    text = text.strip(STRAY)
    if not text or len(text) > MAX_SIDE:
        return None
    for each in (text, balanced(text)):
        try:
            return expression(tokens(each))
        except UnreadableError:
            continue
    return None


def balanced(text: str) -> str:
    """A text without a bracket at either end whose other half was cut off."""
    if text.count("(") < text.count(")"):
        return text.rstrip(")").rstrip() if text.endswith(")") else text
    if text.count("(") > text.count(")"):
        return text.lstrip("(").lstrip() if text.startswith("(") else text
    return text
