"""Expressions as JSON, for the process that does computer algebra."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from evalkit.grading.maths.nodes import (
    Apply,
    Big,
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
    walk,
)

Encoded: TypeAlias = list[Any]


def numbering(nodes: Iterable[Node]) -> Mapping[str, str]:
    """A harmless name for each variable: what a model wrote names nothing."""
    found: set[str] = set()
    for node in nodes:
        for each in walk(node):
            if isinstance(each, Name):
                found.add(each.text)
            elif isinstance(each, Big):
                found.add(each.variable)
    return {name: f"v{place}" for place, name in enumerate(sorted(found))}


def encode(node: Node, known: Mapping[str, str]) -> Encoded:
    """An expression as nested lists, the kind of each part first."""

    def part(each: Node) -> Encoded:
        return encode(each, known)

    match node:
        case Num(value):
            return ["num", hex(value.numerator), hex(value.denominator)]
        case Name(text):
            return ["name", known[text]]
        case Constant(text):
            return ["constant", text]
        case Sum(terms):
            return ["sum", *map(part, terms)]
        case Product(factors):
            return ["product", *map(part, factors)]
        case Quotient(top, bottom):
            return ["quotient", part(top), part(bottom)]
        case Power(base, exponent):
            return ["power", part(base), part(exponent)]
        case Negative(of):
            return ["negative", part(of)]
        case Apply(function, arguments):
            return ["apply", function, *map(part, arguments)]
        case Big(operator, body, variable, bounds):
            return ["big", operator, known[variable], part(body), *map(part, bounds)]
        case PlusMinus():
            raise ValueError("a value with two signs is two values")


def fraction(numerator: str, denominator: str) -> Fraction:
    """The number of an encoded `num`."""
    return Fraction(int(numerator, 16), int(denominator, 16))
