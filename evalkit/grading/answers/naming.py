"""Names before values: x = 5, f(x) = 2x, |AB| = 1."""

import re
from collections.abc import Sequence

from evalkit.grading.answers.meanings import Meaning, Named
from evalkit.grading.maths.letters import is_product
from evalkit.grading.maths.tables import FUNCTIONS, GREEK
from evalkit.grading.maths.tokens import Token, sign

CALLED = frozenset("fghFGHP")


def unstyled(side: Sequence[Token]) -> Sequence[Token]:
    """A side without the braces that styled it, as in \\mathbf{A}."""
    if len(side) == 3 and sign(side[0], "{") and side[1].kind == "name":
        return side[1:2]
    return side


def naming(side: Sequence[Token]) -> bool:
    """Whether a side of an equation only names what stands on the other."""
    if not side or sign(side[0], "|", "("):
        return enclosing(side[1:-1])
    if side[0].kind == "word" or all(map(is_word, side)):
        return True
    if side[0].kind != "name" or side[0].text in FUNCTIONS:
        return False
    if len(side) > 2 and sign(side[1], "(") and not is_call(side):
        return False
    bare = outside(side)
    if any(sign(each, *"+-*/√^") for each in bare):
        return is_inverse(side)
    if any(sign(each, ":") for each in bare):
        return all(each.kind == "name" or sign(each, ":", "_") for each in bare)
    letters = [each.text for each in bare if each.kind == "name"]
    if any(len(each) == 2 and each.islower() and each not in GREEK for each in letters):
        return False  # xy = 6 names nothing
    return len(letters) == 1 or all(each in GREEK for each in letters[:-1])


def is_call(side: Sequence[Token]) -> bool:
    """Whether a name with a bracket is a function: y(t), f(x + 1), but not x(x + 1)."""
    name, inner = side[0].text, side[2:-1]
    if name in CALLED:
        return True
    plain = all(each.kind != "sign" or sign(each, ",", "_") for each in inner)
    return plain and all(each.text != name for each in inner)


def enclosing(inner: Sequence[Token]) -> bool:
    """Whether brackets hold names alone, as in |AB| and (x, y)."""
    return bool(inner) and all(
        each.kind in ("name", "word") or sign(each, ",", "_", ";") for each in inner
    )


def outside(side: Sequence[Token]) -> list[Token]:
    """The tokens that stand in no bracket and in no subscript."""
    found: list[Token] = []
    depth, lowered = 0, False
    for each in side:
        opens, closes = sign(each, "(", "{", "["), sign(each, ")", "}", "]")
        depth += opens - closes
        if depth == 0 and not (opens or closes or lowered):
            found.append(each)
        lowered = sign(each, "_") and depth == 0
    return found


def is_inverse(side: Sequence[Token]) -> bool:
    """Whether a side names an inverse function, as f^{-1}(x) does."""
    texts = "".join(each.text for each in side)
    return re.match(r"[a-zA-Z]\^\{?-1\}?\(", texts) is not None


def is_word(token: Token) -> bool:
    """Whether letters make a word that is no known name of mathematics."""
    text = token.text
    if token.kind != "name":
        return token.kind == "word"
    return len(text) > 2 and text not in GREEK | FUNCTIONS and not is_product(text)


def named(side: Sequence[Token], value: Meaning) -> Named:
    """A value with the name that is on the other side."""
    texts = [each.text for each in side if each.text not in ("{", "}")]
    first = side[0] if side else None
    called = any(sign(each, "(") for each in side)
    simple = first is not None and first.kind == "name" and not called
    if first is not None and len(first.text) > 1 and first.text not in GREEK:
        simple = False
    return Named("".join(texts), value, simple)
