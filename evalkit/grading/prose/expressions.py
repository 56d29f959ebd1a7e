"""Reading an expression that is at most linear in a few names, without `eval`.

A number is the case of no names. Whatever is too long, too deep or too large is not
read: the text comes from a model and may be anything.
"""

import math
from collections.abc import Callable, Collection
from fractions import Fraction
from functools import partial
from types import MappingProxyType

from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.tokens import Token, tokens
from evalkit.grading.prose.values import (
    Form,
    UnreadableError,
    Value,
    add,
    bounded,
    constant,
    over,
    power,
    root,
    scale,
    times,
)

MAX_CHARS = 400
MAX_DEPTH = 24
CLOSING = MappingProxyType({"(": ")", "{": "}", "[": "]"})


class Reader:
    """Recursive descent over the tokens of a plain text.

    A part that turns out unreadable ends the expression before it, so that
    "12 (rounded)" reads as 12, with the rest left over.
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.source = tokens(text)
        self.tokens: list[Token] = []
        self.names = names
        self.at = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> Token | None:
        place = self.at + ahead
        while place >= len(self.tokens) and (token := next(self.source, None)):
            self.tokens.append(token)
        return self.tokens[place] if place < len(self.tokens) else None

    def take(self, *signs: str) -> str | None:
        """Go past the next token if it is one of these signs."""
        token = self.peek()
        if token is None or token.kind != "sign" or token.text not in signs:
            return None
        self.at += 1
        return token.text

    def end(self) -> int:
        """Where in the text the last token taken ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def sum(self) -> Form:
        """Terms with signs before and between them."""
        total = self.signed(self.product)
        while (term := self.attempt(self.term)) is not None:
            total = add(total, term)
        return total

    def signed(self, read: Callable[[], Form]) -> Form:
        negative = False
        while sign := self.take("+", "-"):
            negative ^= sign == "-"
        return scale(read(), Fraction(-1 if negative else 1))

    def attempt(self, read: Callable[[], Form]) -> Form | None:
        """What comes next, or None and nothing taken."""
        at, depth = self.at, self.depth
        try:
            return read()
        except UnreadableError:
            self.at, self.depth = at, depth
            return None

    def term(self) -> Form:
        sign = self.take("+", "-")
        if sign is None:
            raise UnreadableError("no further term")
        return scale(self.signed(self.product), Fraction(-1 if sign == "-" else 1))

    def product(self) -> Form:
        """Factors from left to right, the sign between them written or not."""
        total = self.factor()
        while (step := self.attempt(partial(self.extended, total))) is not None:
            total = step
        return total

    def extended(self, total: Form) -> Form:
        """A product with one more factor or divisor."""
        sign = self.take("*", "/")
        if sign is None:
            following = self.peek()
            if following is None or following.kind == "number":
                raise UnreadableError("two numbers side by side")
            return times(total, self.factor())
        right = self.signed(self.factor)
        return times(total, right) if sign == "*" else over(total, right)

    def factor(self) -> Form:
        base = self.primary()
        if self.take("^") is None:
            return base
        exponent = constant(self.signed(self.primary))
        if exponent == 1:
            return base
        return {"": power(constant(base), exponent)}

    def primary(self) -> Form:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("too deep")
        found = self.innermost()
        self.depth -= 1
        return found

    def innermost(self) -> Form:
        """A number, a name, or what a sign opens."""
        token = self.peek()
        if token is None:
            raise UnreadableError("nothing there")
        if token.kind == "number":
            return {"": self.mixed()}
        if token.kind == "name":
            return self.named(token.text)
        if self.take("π"):
            return {"": math.pi}
        if self.take("√"):
            degree = constant(self.group("[")) if self.at_sign("[") else Fraction(2)
            return {"": root(constant(self.primary()), degree)}
        if self.take("⁄"):
            return over(self.argument(), self.argument())
        return self.group("(", "{")

    def at_sign(self, sign: str) -> bool:
        token = self.peek()
        return token is not None and token.text == sign

    def group(self, *opening: str) -> Form:
        sign = self.take(*opening)
        if sign is None:
            raise UnreadableError("not an expression")
        inside = self.sum()
        if self.take(CLOSING[sign]) is None:
            raise UnreadableError(f"no {CLOSING[sign]!r}")
        return inside

    def argument(self) -> Form:
        r"""A group, or one digit as in \frac12."""
        token = self.peek()
        if token is None or token.kind != "number":
            return self.primary()
        if len(token.text) == 2 and token.text.isdigit():
            first, second = token.text[0], token.text[1]
            self.tokens[self.at : self.at + 1] = [
                Token("number", first, token.end - 1, Fraction(first)),
                Token("number", second, token.end, Fraction(second)),
            ]
        self.at += 1
        return {"": self.tokens[self.at - 1].value}

    def named(self, name: str) -> Form:
        if name not in self.names:
            raise UnreadableError(f"unknown name {name!r}")
        self.at += 1
        return {name: Fraction(1)}

    def mixed(self) -> Value:
        """A number, with the proper fraction of a mixed number where one follows."""
        whole = bounded(self.tokens[self.at].value)
        self.at += 1
        if isinstance(whole, float) or whole.denominator != 1:
            return whole
        return whole + (self.proper_fraction() or 0)

    def proper_fraction(self) -> Fraction | None:
        signs = [token.text if (token := self.peek(i)) else "" for i in range(7)]
        if signs[0] == "⁄" and signs[1].isdigit():
            return self.short_fraction()
        if signs[0] == "⁄":
            shape = [signs[i] for i in (1, 3, 4, 6)] == ["{", "}", "{", "}"]
            places = (2, 5, 7) if shape else ()
        else:
            places = (0, 2, 3) if signs[1] == "/" else ()
        if not places:
            return None
        top, bottom = self.peek(places[0]), self.peek(places[1])
        if top is None or bottom is None or top.kind != "number":
            return None
        whole = (top.value.denominator, bottom.value.denominator) == (1, 1)
        if not whole or not 0 < top.value < bottom.value:
            return None
        self.at += places[2]
        return top.value / bottom.value

    def short_fraction(self) -> Fraction | None:
        r"""The fraction of \frac34 behind a whole number."""
        at = self.at
        self.at += 1
        top, bottom = (constant(self.argument()) for _ in range(2))
        if isinstance(top, Fraction) and 0 < top < bottom:
            return top / Fraction(bottom)
        self.at = at
        return None


def leading_form(text: str, names: Collection[str] = ()) -> tuple[Form, int] | None:
    """The expression that a plain text begins with, and where it ends."""
    reader = Reader(text[:MAX_CHARS], names)
    try:
        form = reader.sum()
    except UnreadableError:
        return None
    return form, reader.end()


def linear_form(text: str, names: Collection[str]) -> Form | None:
    """Coefficients of an expression in these names, None if it is anything else."""
    text = plain(text).strip()
    if len(text) > MAX_CHARS:
        return None
    found = leading_form(text, names)
    if found is None or text[found[1] :].strip():
        return None
    return found[0]
