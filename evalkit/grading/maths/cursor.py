"""Going through tokens one by one."""

from collections.abc import Sequence

from evalkit.grading.maths.tokens import Token, UnreadableError, sign


class Cursor:
    """A place in a list of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = list(tokens)
        self.at: int = 0

    def peek(self, ahead: int = 0) -> Token | None:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def sees(self, *signs: str) -> bool:
        token = self.peek()
        return token is not None and sign(token, *signs)

    def take(self, *signs: str) -> str | None:
        """Go past the next token if it is one of these signs."""
        if not self.sees(*signs):
            return None
        self.at += 1
        return self.tokens[self.at - 1].text

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            raise UnreadableError(f"no {sign!r}")
