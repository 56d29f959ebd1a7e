"""Names before values: x = 5, f(x) = 2x, |AB| = 1."""

import re
from collections.abc import Sequence

from evalkit.grading.answers.meanings import Meaning, Named
from evalkit.grading.maths.tables import FUNCTIONS, GREEK
from evalkit.grading.maths.tokens import Token, sign


def unstyled(side: Sequence[Token]) -> Sequence[Token]:
    """A side without the braces that styled it, as in \\mathbf{A}."""
    if len(side) == 3 and sign(side[0], "{") and side[1].kind == "name":
        return side[1:2]
    return side


def naming(side: Sequence[Token]) -> bool:
    """Whether a side of an equation only names what stands on the other."""
    if not side:
        return False
    first = side[0]
    if all(each.kind == "word" or is_word(each) for each in side):
        return True
    if sign(first, "|", "("):
        inner = side[1:-1]
        return bool(inner) and all(
            each.kind in ("name", "word") or sign(each, ",", "_", ";") for each in inner
        )
    if first.kind == "word":
        return True
    if first.kind != "name" or first.text in FUNCTIONS:
        return False
    letters = [each for each in outside(side) if each.kind == "name"]
    if any(sign(each, ":") for each in side):
        return all(
            each.kind == "name" or sign(each, ":", "_") for each in outside(side)
        )
    if any(sign(each, *"+-*/√^") for each in outside(side)) or "frac" in first.text:
        return is_inverse(side)
    return len(letters) == 1 or all(each.text in GREEK for each in letters[:-1])


def outside(side: Sequence[Token]) -> list[Token]:
    """The tokens that stand in no bracket and in no subscript."""
    found: list[Token] = []
    depth, lowered = 0, False
    for each in side:
        opens = sign(each, "(", "{", "[")
        depth += opens - sign(each, ")", "}", "]")
        if depth == 0 and not opens and not sign(each, ")", "}", "]") and not lowered:
            found.append(each)
        lowered = sign(each, "_") and depth == 0
    lower = [
        each for each in found if not (each.kind == "name" and is_lower_pair(each))
    ]
    if len(lower) != len(found):
        return [*found, *found]  # xy = 6 is no name
    return found


def is_lower_pair(token: Token) -> bool:
    text = token.text
    return len(text) == 2 and text.islower() and text not in GREEK


def is_inverse(side: Sequence[Token]) -> bool:
    """f^{-1}(x)"""
    texts = "".join(each.text for each in side)
    return re.match(r"[a-zA-Z]\^\{?-1\}?\(", texts) is not None


def is_word(token: Token) -> bool:
    text = token.text
    return token.kind == "name" and len(text) > 2 and text not in GREEK | FUNCTIONS


def named(side: Sequence[Token], value: Meaning) -> Named:
    texts = [each.text for each in side if each.text not in ("{", "}")]
    first = side[0] if side else None
    simple = (
        first is not None
        and first.kind == "name"
        and (len(first.text) == 1 or first.text in GREEK)
    )
    simple = simple and not any(sign(each, "(") for each in side)
    return Named("".join(texts), value, simple)
