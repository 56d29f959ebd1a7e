"""Both values of a plus-minus sign."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

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


def chosen(node: Node) -> Iterator[Node]:
    """The expression for every choice of its signs.

    ± and ∓ in one expression go together; several ± alone are independent.
    """
    signs = [each for each in walk(node) if isinstance(each, PlusMinus)]
    if any(each.flipped for each in signs):
        yield settled(node, iter([False] * len(signs)))
        yield settled(node, iter([True] * len(signs)))
        return
    for choice in product((False, True), repeat=len(signs)):
        yield settled(node, iter(choice))


def settled(node: Node, minus: Iterator[bool]) -> Node:
    """The expression with its signs chosen, in the order in which they stand."""

    def part(each: Node) -> Node:
        return settled(each, minus)

    match node:
        case Num() | Name() | Constant():
            return node
        case PlusMinus(left, right, flipped):
            first = None if left is None else part(left)
            is_minus = next(minus) != flipped
            second = part(right)
            signed = Negative(second) if is_minus else second
            return signed if first is None else Sum((first, signed))
        case Sum(terms):
            return Sum(tuple(part(each) for each in terms))
        case Product(factors):
            return Product(tuple(part(each) for each in factors))
        case Quotient(top, bottom):
            return Quotient(part(top), part(bottom))
        case Power(base, exponent):
            return Power(part(base), part(exponent))
        case Negative(of):
            return Negative(part(of))
        case Apply(function, arguments):
            return Apply(function, tuple(part(each) for each in arguments))
        case Big(_, body, _, bounds):
            bounds = tuple(part(each) for each in bounds)
            return replace(node, body=part(body), bounds=bounds)
