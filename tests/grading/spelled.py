"""Random answers: small trees that know their value and can be spelled in many ways."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol, TypeAlias, TypeVar

from hypothesis import assume
from hypothesis import strategies as st


@dataclass(frozen=True)
class Spelling:
    """A writer's habits; each leaves the meaning of what is written alone."""

    fraction: str = r"\frac"
    """A command, or a slash where nothing but integers is divided."""
    brackets: tuple[str, str] = ("", "")
    """What stands before an opening and a closing bracket."""
    space: str = ""
    times: str = ""
    minus: str = "-"
    braced: bool = True
    """Whether exponents and indices have braces that they do not need."""
    comma: str = ", "
    upright: str = r"\text"
    root: str = r"\sqrt"
    at_most: str = r"\le"
    at_least: str = r"\ge"


PLAIN = Spelling()

spellings = st.builds(
    Spelling,
    fraction=st.sampled_from([r"\frac", r"\dfrac", r"\tfrac", r"\cfrac", "/"]),
    brackets=st.sampled_from([("", ""), (r"\left", r"\right"), (r"\bigl", r"\bigr")]),
    space=st.sampled_from(["", " ", r"\,", r"\;", r"\!", r"\ ", "~"]),
    times=st.sampled_from([r"\cdot ", r"\times ", "*", "·", "×", ""]),
    minus=st.sampled_from(["-", "−"]),
    braced=st.booleans(),
    comma=st.sampled_from([", ", ",", r",\,", r",\ ", ",~", r",\; "]),
    upright=st.sampled_from([r"\text", r"\mathrm", r"\mbox", r"\textrm"]),
    root=st.sampled_from([r"\sqrt", r"\sqrt "]),
    at_most=st.sampled_from([r"\le", r"\leq", r"\leqslant", "≤"]),
    at_least=st.sampled_from([r"\ge", r"\geq", r"\geqslant", "≥"]),
)

WRAPPERS: Sequence[Callable[[str], str]] = (
    lambda text: text,
    lambda text: f"${text}$",
    lambda text: f"$ {text} $",
    lambda text: f"$${text}$$",
    lambda text: rf"\({text}\)",
    lambda text: rf"\[ {text} \]",
    lambda text: rf"\displaystyle {text}",
    lambda text: rf"$\displaystyle{{{text}}}$",
    lambda text: f" {text}\n",
    lambda text: f"{text}.",
)
wrappers = st.sampled_from(WRAPPERS)


Pick: TypeAlias = Callable[[int], int]
"""Chooses one of so many things."""


class Answer(Protocol):
    """An answer that can be written down."""

    @property
    def meaning(self) -> object:
        """Equal for two answers only if they mean the same."""
        ...

    def latex(self, spelling: Spelling) -> str: ...

    def edited(self, edit: "Edit", pick: Pick) -> "Answer":
        """The same with one of its numbers edited; it may mean the same."""
        ...


Kind = TypeVar("Kind", bound=Answer)


def one_edited(
    items: tuple[Kind, ...], change: Callable[[Kind], Kind], pick: Pick
) -> tuple[Kind, ...]:
    """The items with one of them changed."""
    index = pick(len(items))
    return (*items[:index], change(items[index]), *items[index + 1 :])


def sign(negative: bool, spelling: Spelling) -> str:
    return spelling.minus if negative else ""


def in_brackets(inside: str, spelling: Spelling, pair: str = "()") -> str:
    """`pair` may have a backslash before a brace."""
    opening, closing = pair[: len(pair) // 2], pair[len(pair) // 2 :]
    before, after = spelling.brackets
    gap = spelling.space
    return f"{before}{opening}{gap}{inside}{gap}{after}{closing}"


@dataclass(frozen=True)
class Number:
    """An integer or a decimal, as its digits."""

    digits: str
    places: int = 0
    negative: bool = False

    @property
    def meaning(self) -> Fraction:
        return Fraction(int(self.digits) * (-1) ** self.negative, 10**self.places)

    def latex(self, spelling: Spelling) -> str:
        digits = self.digits
        if self.places:
            digits = f"{digits[: -self.places]}.{digits[-self.places :]}"
        return sign(self.negative, spelling) + digits

    def edited(self, edit: "Edit", pick: Pick) -> "Number":
        return edit(self)


Edit: TypeAlias = Callable[[Number], Number]
"""What is done to one number of an answer."""


def integer(value: int, edit: Edit) -> int:
    """An edited integer that may be negative, but not zero."""
    changed = int(edit(Number(str(abs(value)), negative=value < 0)).meaning)
    assume(changed)
    return changed


def natural(value: int, edit: Edit) -> int:
    """An edited positive integer; its sign stays."""
    return abs(integer(value, edit))


@dataclass(frozen=True)
class Quotient:
    """A fraction of two integers, not always reduced."""

    top: int
    bottom: int

    @property
    def meaning(self) -> Fraction:
        return Fraction(self.top, self.bottom)

    def latex(self, spelling: Spelling) -> str:
        top, before = abs(self.top), sign(self.top < 0, spelling)
        if spelling.fraction == "/":
            return f"{before}{top}/{self.bottom}"
        if not spelling.braced and max(top, self.bottom) < 10:
            return f"{before}{spelling.fraction}{top}{self.bottom}"
        return f"{before}{spelling.fraction}{{{top}}}{{{self.bottom}}}"

    def edited(self, edit: Edit, pick: Pick) -> "Quotient":
        if pick(2):
            return replace(self, bottom=natural(self.bottom, edit))
        return replace(self, top=integer(self.top, edit))


@dataclass(frozen=True)
class Mixed:
    """An integer with a fraction after it."""

    whole: int
    part: Quotient
    negative: bool = False

    @property
    def meaning(self) -> Fraction:
        value = self.whole + self.part.meaning
        return -value if self.negative else value

    def latex(self, spelling: Spelling) -> str:
        gap = " " if spelling.fraction == "/" else ""
        part = self.part.latex(spelling)
        return f"{sign(self.negative, spelling)}{self.whole}{gap}{part}"

    def edited(self, edit: Edit, pick: Pick) -> "Mixed":
        changed = edit(Number(str(self.whole), negative=self.negative))
        whole = int(abs(changed.meaning))
        assume(whole)
        return replace(self, whole=whole, negative=changed.negative)


@dataclass(frozen=True)
class Radical:
    """An integer plus a multiple of a root, all over an integer."""

    plain: int
    factor: int
    inside: int
    bottom: int

    @property
    def meaning(self) -> tuple[int, Fraction, Fraction]:
        """`inside` has no square in it, so that nothing else has this value."""
        over = Fraction(1, self.bottom)
        return self.inside, self.plain * over, self.factor * over

    def latex(self, spelling: Spelling) -> str:
        root = f"{spelling.root}{{{self.inside}}}"
        if abs(self.factor) != 1:
            root = f"{abs(self.factor)}{spelling.space}{root}"
        negative = sign(self.factor < 0, spelling)
        top = f"{negative}{root}"
        if self.plain:
            joined = negative or "+"
            top = f"{sign(self.plain < 0, spelling)}{abs(self.plain)}{joined}{root}"
        if self.bottom == 1:
            return top
        if spelling.fraction == "/":
            return f"{in_brackets(top, spelling)}/{self.bottom}"
        return f"{spelling.fraction}{{{top}}}{{{self.bottom}}}"

    def edited(self, edit: Edit, pick: Pick) -> "Radical":
        place = pick(3)
        if place == 0 and self.plain:
            return replace(self, plain=integer(self.plain, edit))
        if place == 1:
            return replace(self, bottom=natural(self.bottom, edit))
        return replace(self, factor=integer(self.factor, edit))


Powers: TypeAlias = tuple[int, int]
"""Exponents of x and y."""


@dataclass(frozen=True)
class Polynomial:
    """A sum of terms in x and y, in the order in which they are written."""

    terms: tuple[tuple[Powers, int], ...]

    @property
    def meaning(self) -> frozenset[tuple[Powers, int]]:
        total: dict[Powers, int] = {}
        for powers, factor in self.terms:
            total[powers] = total.get(powers, 0) + factor
        return frozenset((powers, factor) for powers, factor in total.items() if factor)

    def latex(self, spelling: Spelling) -> str:
        written = [term(powers, factor, spelling) for powers, factor in self.terms]
        joined = written[0]
        for each in written[1:]:
            plus = "" if each.startswith(spelling.minus) else "+"
            joined += f"{spelling.space}{plus}{each}"
        return joined

    def edited(self, edit: Edit, pick: Pick) -> "Polynomial":
        place = pick(len(self.terms))
        terms = list(self.terms)
        powers, factor = terms[place]
        terms[place] = powers, integer(factor, edit)
        return Polynomial(tuple(terms))


def term(powers: Powers, factor: int, spelling: Spelling) -> str:
    letters = [
        name if exponent == 1 else f"{name}^{exponent_of(exponent, spelling)}"
        for name, exponent in zip("xy", powers, strict=True)
        if exponent
    ]
    number = [str(abs(factor))] if abs(factor) != 1 or not letters else []
    return sign(factor < 0, spelling) + spelling.times.join(number + letters)


def exponent_of(exponent: int, spelling: Spelling) -> str:
    return f"{{{exponent}}}" if spelling.braced or exponent > 9 else str(exponent)


@dataclass(frozen=True)
class Product:
    """Two sums, multiplied."""

    one: Polynomial
    other: Polynomial

    @property
    def expanded(self) -> Polynomial:
        products = [
            ((one[0] + other[0], one[1] + other[1]), factor * other_factor)
            for one, factor in self.one.terms
            for other, other_factor in self.other.terms
        ]
        gathered = Polynomial(tuple(products)).meaning
        return Polynomial(tuple(sorted(gathered, reverse=True)))

    @property
    def meaning(self) -> frozenset[tuple[Powers, int]]:
        return self.expanded.meaning

    def latex(self, spelling: Spelling) -> str:
        parts = (self.one.latex(spelling), self.other.latex(spelling))
        return spelling.times.join(in_brackets(part, spelling) for part in parts)

    def edited(self, edit: Edit, pick: Pick) -> "Product":
        return replace(self, one=self.one.edited(edit, pick))


@dataclass(frozen=True)
class Tuple:
    """Numbers whose order counts."""

    items: tuple[Answer, ...]

    @property
    def meaning(self) -> tuple[object, ...]:
        return tuple(each.meaning for each in self.items)

    def latex(self, spelling: Spelling) -> str:
        inside = spelling.comma.join(each.latex(spelling) for each in self.items)
        return in_brackets(inside, spelling)

    def edited(self, edit: Edit, pick: Pick) -> "Tuple":
        return Tuple(one_edited(self.items, lambda item: item.edited(edit, pick), pick))


@dataclass(frozen=True)
class Set:
    """Numbers whose order does not count."""

    items: tuple[Answer, ...]

    @property
    def meaning(self) -> frozenset[object]:
        return frozenset(each.meaning for each in self.items)

    def latex(self, spelling: Spelling) -> str:
        inside = spelling.comma.join(each.latex(spelling) for each in self.items)
        return in_brackets(inside, spelling, r"\{\}")

    def edited(self, edit: Edit, pick: Pick) -> "Set":
        return Set(one_edited(self.items, lambda item: item.edited(edit, pick), pick))


@dataclass(frozen=True)
class Interval:
    """All numbers between two, with or without these; None is no bound."""

    low: Quotient | None
    high: Quotient | None
    closed: tuple[bool, bool]

    @property
    def meaning(self) -> tuple[object, ...]:
        low = self.low and (self.low.meaning, self.closed[0])
        high = self.high and (self.high.meaning, self.closed[1])
        return low, high

    def latex(self, spelling: Spelling) -> str:
        low = rf"{spelling.minus}\infty" if self.low is None else bound(self.low)
        high = r"\infty" if self.high is None else bound(self.high)
        opening = "[" if self.closed[0] and self.low else "("
        closing = "]" if self.closed[1] and self.high else ")"
        return in_brackets(
            f"{low}{spelling.comma}{high}", spelling, f"{opening}{closing}"
        )

    def edited(self, edit: Edit, pick: Pick) -> "Interval":
        low, high = self.low, self.high
        if pick(2):
            low = low and replace(low, top=integer(low.top, edit))
        else:
            high = high and replace(high, top=integer(high.top, edit))
        assume(low is None or high is None or low.meaning < high.meaning)
        return replace(self, low=low, high=high)


def bound(value: Quotient) -> str:
    return str(value.top) if value.bottom == 1 else value.latex(PLAIN)


@dataclass(frozen=True)
class Inequality:
    """A bound on x, from above or from below."""

    value: Quotient
    upper: bool
    strict: bool

    @property
    def meaning(self) -> tuple[object, ...]:
        return self.value.meaning, self.upper, self.strict

    def latex(self, spelling: Spelling) -> str:
        return f"x {self.relation(self.upper, spelling)} {self.value.latex(spelling)}"

    def turned(self, spelling: Spelling) -> str:
        relation = self.relation(not self.upper, spelling)
        return f"{self.value.latex(spelling)} {relation} x"

    def relation(self, less: bool, spelling: Spelling) -> str:
        if self.strict:
            return "<" if less else ">"
        return spelling.at_most if less else spelling.at_least

    def edited(self, edit: Edit, pick: Pick) -> "Inequality":
        return replace(self, value=self.value.edited(edit, pick))


@dataclass(frozen=True)
class Matrix:
    """Rows of integers and fractions."""

    rows: tuple[tuple[Answer, ...], ...]
    environment: str = "pmatrix"

    @property
    def meaning(self) -> tuple[object, ...]:
        return tuple(tuple(each.meaning for each in row) for row in self.rows)

    def latex(self, spelling: Spelling) -> str:
        body = rf" \\{spelling.space or ' '}".join(
            " & ".join(each.latex(spelling) for each in row) for row in self.rows
        )
        return rf"\begin{{{self.environment}}} {body} \end{{{self.environment}}}"

    def edited(self, edit: Edit, pick: Pick) -> "Matrix":
        def row_edited(row: Tuple) -> Tuple:
            return row.edited(edit, pick)

        rows = one_edited(tuple(Tuple(row) for row in self.rows), row_edited, pick)
        return replace(self, rows=tuple(row.items for row in rows))


@dataclass(frozen=True)
class Percent:
    """A number of hundredths."""

    number: Number

    @property
    def meaning(self) -> tuple[object, ...]:
        return self.number.meaning, "%"

    def latex(self, spelling: Spelling) -> str:
        return rf"{self.number.latex(spelling)}{spelling.space}\%"

    def edited(self, edit: Edit, pick: Pick) -> "Percent":
        return replace(self, number=edit(self.number))


@dataclass(frozen=True)
class Measure:
    """A number with a unit."""

    number: Number
    unit: str

    @property
    def meaning(self) -> tuple[object, ...]:
        return self.number.meaning, self.unit

    def latex(self, spelling: Spelling) -> str:
        number = self.number.latex(spelling)
        return rf"{number}{spelling.space}{spelling.upright}{{ {self.unit}}}"

    def edited(self, edit: Edit, pick: Pick) -> "Measure":
        return replace(self, number=edit(self.number))


SQUARE_FREE = [2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23, 26, 29, 30]
UNITS = ["cm", "m", "km", "kg", "g", "s", "hours", "meters", "apples"]


def numerals(most: int) -> st.SearchStrategy[str]:
    """The digits of integers without zeros in front."""
    first, rest = st.sampled_from("123456789"), st.text("0123456789", max_size=most)
    return st.builds(str.__add__, first, rest)


def decimal(whole: str, part: str, negative: bool) -> Number:
    return Number(whole + part, len(part), negative)


def polynomial(terms: Mapping[Powers, int]) -> Polynomial:
    return Polynomial(tuple(terms.items()))


integers = st.builds(Number, numerals(17), negative=st.booleans())
small_integers = st.builds(Number, numerals(2), negative=st.booleans())
parts = st.text("0123456789", min_size=1, max_size=6).filter(lambda part: int(part) > 0)
decimals = st.builds(decimal, st.just("0") | numerals(8), parts, st.booleans())
quotients = st.builds(
    Quotient,
    st.integers(-999, 999).filter(bool),
    st.integers(2, 999),
)
small_quotients = st.builds(
    Quotient, st.integers(-99, 99).filter(bool), st.integers(2, 99)
)
bounds = st.builds(Quotient, st.integers(-99, 99), st.sampled_from([1, 2, 3, 7]))
proper = st.integers(2, 99).flatmap(
    lambda bottom: st.builds(Quotient, st.integers(1, bottom - 1), st.just(bottom))
)
mixed_numbers = st.builds(Mixed, st.integers(1, 999), proper, st.booleans())
radicals = st.builds(
    Radical,
    plain=st.integers(-30, 30),
    factor=st.integers(-30, 30).filter(bool),
    inside=st.sampled_from(SQUARE_FREE),
    bottom=st.integers(1, 12),
)
factors = st.integers(-20, 20).filter(bool)
powers = st.tuples(st.integers(0, 4), st.integers(0, 3))
sums = st.dictionaries(powers, factors, min_size=1, max_size=4)
polynomials = sums.filter(lambda terms: set(terms) != {(0, 0)}).map(polynomial)
linear = st.fixed_dictionaries({(1, 0): factors, (0, 1): factors, (0, 0): factors})
products = st.builds(Product, linear.map(polynomial), linear.map(polynomial))
items = st.one_of(small_integers, small_quotients)
distinct = st.lists(
    items, min_size=2, max_size=5, unique_by=lambda each: each.meaning
).map(tuple)
tuples = st.builds(Tuple, st.lists(items, min_size=2, max_size=4).map(tuple))
sets = st.builds(Set, distinct)
intervals = st.builds(
    Interval,
    st.none() | bounds,
    st.none() | bounds,
    st.tuples(st.booleans(), st.booleans()),
).filter(
    lambda each: (
        (each.low or each.high) is not None
        and (
            each.low is None
            or each.high is None
            or each.low.meaning < each.high.meaning
        )
    )
)
inequalities = st.builds(Inequality, quotients, st.booleans(), st.booleans())
matrices = st.tuples(st.integers(2, 3), st.integers(1, 3)).flatmap(
    lambda shape: st.builds(
        Matrix,
        st.lists(
            st.lists(items, min_size=shape[1], max_size=shape[1]).map(tuple),
            min_size=shape[0],
            max_size=shape[0],
        ).map(tuple),
        st.sampled_from(["pmatrix", "bmatrix"]),
    )
)
percents = st.builds(Percent, st.one_of(small_integers, decimals))
measures = st.builds(
    Measure, st.one_of(small_integers, decimals), st.sampled_from(UNITS)
)

EXACT: Mapping[str, st.SearchStrategy[Answer]] = {
    "integers": integers,
    "quotients": quotients,
    "mixed numbers": mixed_numbers,
    "radicals": radicals,
    "polynomials": polynomials,
    "products": products,
    "tuples": tuples,
    "sets": sets,
    "intervals": intervals,
    "inequalities": inequalities,
    "matrices": matrices,
}
"""Kinds that are not rounded, so that neither side is the more precise one."""
KINDS: Mapping[str, st.SearchStrategy[Answer]] = {
    **EXACT,
    "decimals": decimals,
    "percents": percents,
    "measures": measures,
}
