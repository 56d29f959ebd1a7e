"""Expressions as trees."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Num:
    """A number in digits."""

    value: Fraction
    places: int = 0
    """Decimal places written."""
    digits: int = 0
    """Significant digits written."""
    decimal: bool = False
    """Whether a decimal sign is written."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, with its subscript and primes."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """π, e, i or ∞."""

    text: str


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    top: "Node"
    bottom: "Node"


@dataclass(frozen=True, slots=True)
class Power:
    base: "Node"
    exponent: "Node"


@dataclass(frozen=True, slots=True)
class Negative:
    of: "Node"


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """Two values: ``left ± right``."""

    left: "Node | None"
    right: "Node"
    flipped: bool
    """Written ∓: minus where ± means plus."""


@dataclass(frozen=True, slots=True)
class Apply:
    """A known function of its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Big:
    """A sum, product, integral or limit over a variable."""

    operator: str
    """sum, prod, int or lim."""
    body: "Node"
    variable: str
    bounds: tuple["Node", ...]


Node: TypeAlias = (
    Num
    | Name
    | Constant
    | Sum
    | Product
    | Quotient
    | Power
    | Negative
    | PlusMinus
    | Apply
    | Big
)


def children(node: Node) -> tuple[Node, ...]:
    """What an expression is made of, one level down."""
    match node:
        case Num() | Name() | Constant():
            return ()
        case Sum(parts) | Product(parts) | Apply(_, parts):
            return parts
        case Quotient(one, other) | Power(one, other):
            return (one, other)
        case Negative(of):
            return (of,)
        case PlusMinus(left, right):
            return (right,) if left is None else (left, right)
        case Big(_, body, _, bounds):
            return (body, *bounds)


def rebuilt(node: Node, part: Callable[[Node], Node]) -> Node:
    """The same kind of expression with each of its parts, one level down, replaced."""
    match node:
        case Num() | Name() | Constant():
            return node
        case Sum(parts):
            return Sum(tuple(map(part, parts)))
        case Product(parts):
            return Product(tuple(map(part, parts)))
        case Apply(function, parts):
            return Apply(function, tuple(map(part, parts)))
        case Quotient(top, bottom):
            return Quotient(part(top), part(bottom))
        case Power(base, exponent):
            return Power(part(base), part(exponent))
        case Negative(of):
            return Negative(part(of))
        case PlusMinus(left, right, flipped):
            first = None if left is None else part(left)
            return PlusMinus(first, part(right), flipped)
        case Big(operator, body, variable, bounds):
            return Big(operator, part(body), variable, tuple(map(part, bounds)))


def walk(node: Node) -> Iterator[Node]:
    """An expression and all its parts."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(children(each))


def names(node: Node) -> frozenset[str]:
    """The variables in an expression, those bound by a sum or integral left out."""
    bound = {each.variable for each in walk(node) if isinstance(each, Big)}
    free = {each.text for each in walk(node) if isinstance(each, Name)}
    return frozenset(free - bound)
