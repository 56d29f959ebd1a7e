"""Sums, products, integrals and limits."""

from abc import abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from evalkit.grading.maths.cursor import Cursor
from evalkit.grading.maths.nodes import Big, Node, Num
from evalkit.grading.maths.tokens import Token, UnreadableError


class Bigs(Cursor):
    """The part of the parser that reads operators over a variable."""

    @abstractmethod
    def over(self) -> Node:
        """A whole expression."""

    @abstractmethod
    def part(self, tokens: Sequence[Token]) -> Node:
        """The expression that some tokens are."""

    @abstractmethod
    def product(self) -> Node:
        """Factors up to the next plus or minus."""

    @abstractmethod
    def exponent(self) -> Node:
        """What stands behind ^ or _."""

    def big(self, operator: str) -> Node:
        """A sum, product, integral or limit."""
        lower: Node | None = None
        upper: Node | None = None
        name = ""
        while sign := self.take("_", "^"):
            if sign == "^":
                upper = self.exponent()
            elif operator == "int":
                lower = self.exponent()
            else:
                name, lower = self.start()
        bounds = tuple(each for each in (lower, upper) if each is not None)
        body = self.integrand() if operator == "int" else (self.product(), name)
        return Big(operator, body[0], body[1], bounds)

    def start(self) -> tuple[str, Node]:
        """Variable and start of a sum, or variable and goal of a limit."""
        self.need("{")
        token = self.peek()
        if token is None or token.kind != "name" or len(token.text) != 1:
            raise UnreadableError("no variable")
        self.at += 1
        if self.take("=", "→") is None:
            raise UnreadableError("no start")
        lower = self.over()
        self.need("}")
        return token.text, lower

    def integrand(self) -> tuple[Node, str]:
        """What stands before dx, and the x."""
        for place in range(self.at, len(self.tokens)):
            text = self.tokens[place].text
            if self.tokens[place].kind != "name" or "d" not in text:
                continue
            after = self.tokens[place + 1 : place + 2]
            if text == "d" and after and after[0].kind == "name":
                body, end, name = self.tokens[self.at : place], place + 2, after[0].text
            elif len(text) >= 2 and text[-2] == "d":
                head = [Token("name", text[:-2])] if text[:-2] else []
                body = [*self.tokens[self.at : place], *head]
                end, name = place + 1, text[-1]
            else:
                continue
            self.at = end
            return (self.part(body) if body else Num(Fraction(1))), name
        raise UnreadableError("no differential")
