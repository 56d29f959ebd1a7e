"""Variables: letters side by side, with their subscripts and primes."""

from abc import abstractmethod
from itertools import pairwise

from evalkit.grading.maths.cursor import Cursor
from evalkit.grading.maths.nodes import Constant, Name, Node, Power, Product
from evalkit.grading.maths.tables import GREEK
from evalkit.grading.maths.tokens import Token, UnreadableError

VOWELS = frozenset("aeiouy")


class Letters(Cursor):
    """The part of the parser that reads variables."""

    @abstractmethod
    def exponent(self) -> Node:
        """What stands behind ^."""

    def letters(self, token: Token, *, first: bool) -> Node:
        """Letters side by side are a product; a word is none."""
        text = token.text
        if text in GREEK:
            self.at += 1
            return Name(text + self.suffix())
        if len(text) > 2 and not first and not is_product(text):
            raise UnreadableError("a word")
        if text == "I" and self.is_multiplied():
            self.at += 1
            return Constant("i")  # as Python's computer algebra writes it
        if len(text) == 1 or first:
            self.advance(text[1:])
            return variable(text[0] + (self.suffix() if len(text) == 1 else ""))
        self.at += 1
        heads = [variable(each) for each in text[:-1]]
        return Product((*heads, self.powered(variable(text[-1] + self.suffix()))))

    def is_multiplied(self) -> bool:
        around = self.at - 1, self.at + 1
        return any(
            0 <= place < len(self.tokens) and self.tokens[place].text == "*"
            for place in around
        )

    def powered(self, node: Node) -> Node:
        return Power(node, self.exponent()) if self.take("^") else node

    def advance(self, rest: str) -> None:
        """Go past a name, or past its first letter."""
        if rest:
            self.tokens[self.at] = Token("name", rest)
        else:
            self.at += 1

    def suffix(self) -> str:
        """Subscript and primes of a variable."""
        found = ""
        while self.sees("_", "'"):
            if self.take("'"):
                found += "'"
                continue
            self.at += 1
            found += f"_{self.subscript()}"
        return found

    def subscript(self) -> str:
        if not self.take("{"):
            token = self.peek()
            self.at += 1
            if token is None:
                raise UnreadableError("nothing there")
            return token.text
        parts: list[str] = []
        while not self.sees("}"):
            token = self.peek()
            if token is None:
                raise UnreadableError("no '}'")
            parts.append(token.text)
            self.at += 1
        self.at += 1
        return "".join(parts)


def variable(name: str) -> Node:
    """A single letter: e and i have a meaning of their own."""
    return Constant(name) if name in ("e", "i") else Name(name)


def is_product(text: str) -> bool:
    """Whether letters side by side are variables: capitals, or neighbours like abc."""
    if (text.isupper() and len(text) <= 4) or not VOWELS.intersection(text.lower()):
        return True
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps in ({1}, {-1}) and len(text) <= 6
