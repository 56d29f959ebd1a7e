"""Exact arithmetic on expressions, as far as rational numbers go."""

import math
from dataclasses import replace
from fractions import Fraction

from evalkit.grading.maths.limits import MAX_BITS
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
)

MAX_FACTORIAL = 500


def rational(node: Node) -> Fraction | None:
    """The value of an expression if it is rational and not too large."""
    folded = fold(node)
    return folded.value if isinstance(folded, Num) else None


def fold(node: Node) -> Node:
    """The expression with every rational part of it computed."""
    match node:
        case Num() | Name() | Constant():
            return node
        case Negative(of):
            inner = fold(of)
            return Num(-inner.value) if isinstance(inner, Num) else Negative(inner)
        case Sum(terms):
            return folded_sum(tuple(fold(each) for each in terms))
        case Product(factors):
            return folded_product(tuple(fold(each) for each in factors))
        case Quotient(top, bottom):
            return quotient(fold(top), fold(bottom))
        case Power(base, exponent):
            return power(fold(base), fold(exponent))
        case Apply(function, arguments):
            return applied(function, tuple(fold(each) for each in arguments))
        case PlusMinus(left, right):
            left = None if left is None else fold(left)
            return replace(node, left=left, right=fold(right))
        case Big():
            return node


def small(value: Fraction) -> bool:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    return bits <= MAX_BITS


def kept(value: Fraction, node: Node) -> Node:
    """A value as a number, or the expression where the number would be too long."""
    return Num(value) if small(value) else node


def folded_sum(terms: tuple[Node, ...]) -> Node:
    total, others = Fraction(0), list[Node]()
    for each in terms:
        if isinstance(each, Num):
            total += each.value
        else:
            others.append(each)
        if not small(total):
            return Sum(terms)
    if not others:
        return Num(total)
    return Sum((*others, Num(total))) if total or len(others) == 1 else Sum((*others,))


def folded_product(factors: tuple[Node, ...]) -> Node:
    total, others = Fraction(1), list[Node]()
    for each in factors:
        if not isinstance(each, Num):
            others.append(each)
        elif small(each.value) and small(total):
            total *= each.value
        else:
            return Product(factors)
    if not others or total == 0:
        return kept(total, Product(factors)) if not others else Product(factors)
    return Product((Num(total), *others))


def quotient(top: Node, bottom: Node) -> Node:
    if isinstance(top, Num) and isinstance(bottom, Num) and bottom.value:
        return kept(top.value / bottom.value, Quotient(top, bottom))
    return Quotient(top, bottom)


def power(base: Node, exponent: Node) -> Node:
    """A power of numbers, if its size is known to be small before it is computed."""
    node = Power(base, exponent)
    if not (isinstance(base, Num) and isinstance(exponent, Num)):
        return node
    if exponent.value.denominator != 1:
        if exponent.value == Fraction(1, 2):
            return root(base, node)
        return node
    count = int(exponent.value)
    bits = max(base.value.numerator.bit_length(), base.value.denominator.bit_length())
    if bits > 1 and bits * abs(count) > MAX_BITS:
        return node
    if base.value == 0 and count <= 0:
        return node
    if abs(base.value) == 1:
        return Num(base.value ** (count % 2))
    return Num(base.value**count)


def root(of: Num, node: Node) -> Node:
    """The square root of a fraction, where it comes out."""
    value = of.value
    if value < 0:
        return node
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if (top * top, bottom * bottom) == (value.numerator, value.denominator):
        return Num(Fraction(top, bottom))
    return node


def applied(function: str, arguments: tuple[Node, ...]) -> Node:
    """A function of numbers, where it comes out rational."""
    node = Apply(function, arguments)
    values = [each.value for each in arguments if isinstance(each, Num)]
    if len(values) != len(arguments):
        return node
    first = values[0]
    match function:
        case "sqrt":
            return root(Num(first), node)
        case "abs":
            return Num(abs(first))
        case "floor":
            return Num(Fraction(math.floor(first)))
        case "ceil":
            return Num(Fraction(math.ceil(first)))
        case "min":
            return Num(min(values))
        case "max":
            return Num(max(values))
        case "factorial" | "binomial" | "gcd" | "lcm":
            return whole(function, values, node)
        case _:
            return node


def whole(function: str, values: list[Fraction], node: Node) -> Node:
    """A function of small whole numbers."""
    if any(each.denominator != 1 or each < 0 for each in values):
        return node
    numbers = [int(each) for each in values]
    if function == "gcd":
        return Num(Fraction(math.gcd(*numbers)))
    if max(numbers) > MAX_FACTORIAL:
        return node
    if function == "lcm":
        return Num(Fraction(math.lcm(*numbers)))
    if function == "factorial":
        return Num(Fraction(math.factorial(numbers[0])))
    return Num(Fraction(math.comb(*numbers)))
