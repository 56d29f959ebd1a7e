"""Reading an expression from tokens, by recursive descent, without `eval`."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from types import MappingProxyType

from evalkit.grading.maths.bigs import Bigs
from evalkit.grading.maths.letters import Letters
from evalkit.grading.maths.limits import MAX_DEPTH
from evalkit.grading.maths.mixed import digits, is_proper, mixed
from evalkit.grading.maths.nodes import (
    Apply,
    Constant,
    Name,
    Negative,
    Node,
    Num,
    PlusMinus,
    Power,
    Product,
    Quotient,
    Sum,
)
from evalkit.grading.maths.tables import FUNCTIONS
from evalkit.grading.maths.tokens import Token, UnreadableError

CLOSING = MappingProxyType({"(": ")", "{": "}", "[": "]", "⌊": "⌋", "⌈": "⌉"})
ENDINGS = ") ] } ⦄ ⌋ ⌉ + - ± ∓ = < > ≤ ≥ ≠ ≈ , ; & : ∪ ∩ ∈ … * / ^"
ENDS = frozenset(ENDINGS.split())
MANY = frozenset(("gcd", "lcm", "min", "max"))
ALIASES = MappingProxyType(
    {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "lg"}
)


def expression(tokens: Sequence[Token]) -> Node:
    """The expression that the tokens make up, UnreadableError if they are none."""
    return Parser(tokens).all()


class Parser(Letters, Bigs):
    """Recursive descent over tokens."""

    def __init__(self, tokens: Sequence[Token], depth: int = 0) -> None:
        super().__init__(tokens)
        self.depth = depth
        self.bars = 0

    def all(self) -> Node:
        """One expression and nothing behind it."""
        node = self.over()
        if self.at != len(self.tokens):
            raise UnreadableError("something is left over")
        return node

    def part(self, tokens: Sequence[Token]) -> Node:
        return Parser(tokens, self.deeper()).all()

    def deeper(self) -> int:
        if self.depth >= MAX_DEPTH:
            raise UnreadableError("too deep")
        return self.depth + 1

    def over(self) -> Node:
        r"""A sum, or TeX's ``a \over b``."""
        top = self.sum()
        return Quotient(top, self.sum()) if self.take("over") else top

    def sum(self) -> Node:
        """Terms with signs before and between them."""
        total = self.signed(self.product)
        terms: list[Node] = [total]
        while sign := self.take("+", "-", "±", "∓"):
            term = self.signed(self.product)
            if sign in "±∓":
                left = terms[0] if len(terms) == 1 else Sum(tuple(terms))
                terms = [PlusMinus(left, term, flipped=sign == "∓")]
            else:
                terms.append(Negative(term) if sign == "-" else term)
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def signed(self, read: Callable[[], Node]) -> Node:
        negative = False
        while sign := self.take("+", "-", "±", "∓"):
            if sign in "±∓":
                node: Node = PlusMinus(None, read(), flipped=sign == "∓")
                return Negative(node) if negative else node
            negative ^= sign == "-"
        return Negative(read()) if negative else read()

    def product(self) -> Node:
        """Factors from left to right, the sign between them written or not."""
        factors: list[Node] = [self.factor()]
        while True:
            if self.take("*"):
                factors.append(self.signed(self.factor))
            elif self.take("/"):
                top = factors[0] if len(factors) == 1 else Product(tuple(factors))
                factors = [Quotient(top, self.signed(self.factor))]
            elif self.starts_factor():
                self.follow(factors)
            else:
                break
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def starts_factor(self) -> bool:
        token = self.peek()
        if token is None or (token.kind == "sign" and token.text in ENDS):
            return False
        if token.kind == "sign" and token.text in ("|", "over", "%", "→"):
            return token.text == "|" and self.bars == 0
        return token.kind in ("name", "sign", "number", "begin")

    def follow(self, factors: list[Node]) -> None:
        """One more factor without a sign; a mixed number is a sum."""
        before, token = factors[-1], self.peek()
        assert token is not None
        plain = isinstance(before, Num) and not before.decimal
        if token.kind == "number":
            bottom = self.peek(2)
            if not (plain and token.spaced and self.slash(1) and bottom is not None):
                raise UnreadableError("two numbers side by side")
            top, self.at = Num(token.value), self.at + 3
            factors[-1] = mixed(before, Quotient(top, Num(bottom.value)))
            return
        is_fraction = token.text == "frac"
        after = self.factor()
        if plain and is_fraction and is_proper(after):
            factors[-1] = Sum((before, after))
        else:
            factors.append(after)

    def slash(self, ahead: int) -> bool:
        token, after = self.peek(ahead), self.peek(ahead + 1)
        found = token is not None and token.kind == "sign" and token.text == "/"
        return found and after is not None and after.kind == "number"

    def factor(self) -> Node:
        """A primary with its powers, factorials and degree signs."""
        base = self.primary()
        while True:
            if self.take("^"):
                if self.take("°"):
                    base = Apply("deg", (base,))
                elif self.prime():
                    base = Name("transposed")
                else:
                    base = Power(base, self.tower())
            elif self.take("°"):
                base = Apply("deg", (base,))
            elif self.take("!"):
                base = Apply("factorial", (base,))
            else:
                return base

    def prime(self) -> bool:
        """Whether what follows is a mark like ^T, which this does not read."""
        token = self.peek()
        if token is not None and token.kind == "name" and token.text == "T":
            raise UnreadableError("a transposed matrix")
        return False

    def exponent(self) -> Node:
        if self.sees("{"):
            after = self.peek(1), self.peek(2)
            if after[0] and after[0].text == "°" and after[1] and after[1].text == "}":
                raise UnreadableError("a degree sign alone")
            return self.group("{")
        negative = self.take("-") is not None
        token = self.peek()
        if token is not None and token.kind == "name" and token.text not in FUNCTIONS:
            node = self.letters(token, first=True)
        else:
            node = self.primary()
        return Negative(node) if negative else node

    def tower(self) -> Node:
        """Exponents upon exponents: 2^2^3 is 2^8."""
        node = self.exponent()
        if self.take("^"):
            self.depth = self.deeper()
            node = Power(node, self.tower())
            self.depth -= 1
        return node

    def primary(self) -> Node:
        self.depth = self.deeper()
        node = self.innermost()
        self.depth -= 1
        return node

    def innermost(self) -> Node:
        """A number, a name, or what a sign opens."""
        token = self.peek()
        if token is None or token.kind in ("word", "end", "begin", "based"):
            raise UnreadableError("not an expression")
        if token.kind == "number":
            self.at += 1
            return Num(token.value, token.places, token.digits, token.decimal)
        if token.kind == "name":
            return self.named(token)
        return self.opened(token.text)

    def opened(self, sign: str) -> Node:
        if sign in ("(", "{", "["):
            return self.group(sign)
        if sign in ("⌊", "⌈"):
            return Apply("floor" if sign == "⌊" else "ceil", (self.group(sign),))
        self.at += 1
        match sign:
            case "π" | "∞":
                return Constant(sign)
            case "ℓ":
                return Name("ℓ")
            case "frac":
                return Quotient(self.argument(), self.argument())
            case "binom":
                return Apply("binomial", (self.argument(), self.argument()))
            case "√":
                return self.root()
            case "|":
                return self.absolute()
            case "sum" | "prod" | "int" | "lim":
                return self.big(sign)
            case _:
                raise UnreadableError("not an expression")

    def group(self, opening: str) -> Node:
        self.need(opening)
        bars, self.bars = self.bars, 0
        inside = self.over()
        self.bars = bars
        self.need(CLOSING[opening])
        return inside

    def argument(self) -> Node:
        r"""A group, or one digit as in \frac12."""
        token = self.peek()
        if token is None or token.kind != "number":
            if token is not None and token.kind == "name":
                return self.letters(token, first=True)
            return self.primary()
        if len(token.text) > 1 and token.text.isdigit():
            first, rest = token.text[0], token.text[1:]
            self.tokens[self.at] = digits(rest)
            return Num(Fraction(first))
        self.at += 1
        return Num(token.value, token.places, token.digits, token.decimal)

    def root(self) -> Node:
        degree: Node | None = None
        if self.sees("["):
            degree = self.group("[")
        radicand = self.primary()
        if degree is None:
            return Apply("sqrt", (radicand,))
        return Apply("root", (radicand, degree))

    def absolute(self) -> Node:
        bars, self.bars = self.bars, 1
        inside = self.sum()
        self.bars = bars
        self.need("|")
        return Apply("abs", (inside,))

    def named(self, token: Token) -> Node:
        """A function of what follows, or variables side by side."""
        name = ALIASES.get(token.text, token.text)
        if name in FUNCTIONS:
            self.at += 1
            return self.applied(name)
        for length in (6, 5, 4, 3, 2):
            head = token.text[:length]
            if len(head) == length and head in FUNCTIONS and token.text != "second":
                self.tokens[self.at] = Token("name", token.text[length:])
                return self.applied(ALIASES.get(head, head))
        return self.letters(token, first=False)

    def applied(self, function: str) -> Node:
        """A function with its power, base and argument: sin^2 x, log_2 8."""
        base: Node | None = None
        exponent: Node | None = None
        while sign := self.take("^", "_"):
            if sign == "^":
                exponent = self.exponent()
            else:
                base = self.argument()
        if function in MANY or (function in ("log", "sqrt") and self.sees("(")):
            arguments = self.arguments()
        else:
            arguments = (self.bare(),)
        if function == "log" and base is not None:
            arguments = (arguments[0], base)
        if isinstance(exponent, Negative) and exponent.of == Num(Fraction(1), 0, 1):
            function, exponent = f"arc{function}", None
        node = Apply(function, arguments)
        return node if exponent is None else Power(node, exponent)

    def arguments(self) -> tuple[Node, ...]:
        """Arguments in parentheses."""
        self.need("(")
        found = [self.over()]
        while self.take(",", ";"):
            found.append(self.over())
        self.need(")")
        return tuple(found)

    def bare(self) -> Node:
        """An argument with or without parentheses: sin(x), sin 2x, sin x cos x."""
        if self.sees("(", "{", "["):
            return self.primary()
        factors = [self.signed(self.factor)]
        while self.starts_factor():
            token = self.peek()
            assert token is not None
            if token.text in FUNCTIONS or token.text == "(" or token.kind == "number":
                break
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else Product(tuple(factors))
