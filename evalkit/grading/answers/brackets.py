"""Cutting token lists at signs that stand outside all brackets."""

from collections.abc import Callable, Sequence

from evalkit.grading.maths.tokens import Token, UnreadableError, sign

OPENING = frozenset("([⦃{")
CLOSING = frozenset(")]⦄}")


def step(token: Token) -> int:
    """By how much a token changes the depth of brackets."""
    if token.kind == "sign":
        return (token.text in OPENING) - (token.text in CLOSING)
    return (token.kind == "begin") - (token.kind == "end")


def split(
    tokens: Sequence[Token], at: Callable[[Token], bool]
) -> tuple[list[list[Token]], list[Token]]:
    """The pieces between separators outside brackets, and the separators."""
    pieces: list[list[Token]] = [[]]
    found: list[Token] = []
    depth = 0
    for token in tokens:
        depth += step(token)
        if depth < 0:
            raise UnreadableError("a bracket that nothing opened")
        if depth == 0 and at(token):
            found.append(token)
            pieces.append([])
        else:
            pieces[-1].append(token)
    if depth:
        raise UnreadableError("a bracket that nothing closes")
    return pieces, found


def enclosed(tokens: Sequence[Token]) -> bool:
    """Whether the first token opens a bracket that the last one closes."""
    if len(tokens) < 2 or step(tokens[0]) != 1 or step(tokens[-1]) != -1:
        return False
    depth = 0
    for token in tokens[:-1]:
        depth += step(token)
        if depth <= 0:
            return False
    return True


def turned(tokens: Sequence[Token]) -> list[Token]:
    """Open intervals written ]0, 1[ with round brackets instead."""
    if not any(sign(each, "[") for each in tokens):
        return list(tokens)
    found: list[Token] = []
    open_: list[str] = []
    for place, token in enumerate(tokens):
        text = token.text if token.kind == "sign" else ""
        if text == "]" and not open_:
            token = Token("sign", "(", token.spaced)
        elif text == "[" and open_ and ends(tokens, place + 1):
            token = Token("sign", ")", token.spaced)
        change = step(token)
        if change > 0:
            open_.append(token.text)
        elif change < 0 and open_:
            open_.pop()
        found.append(token)
    return found


def ends(tokens: Sequence[Token], place: int) -> bool:
    """Whether an interval may end before this place."""
    return place >= len(tokens) or sign(tokens[place], "∪", ",", "∩", ";", ".")
