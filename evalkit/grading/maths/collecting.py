"""What can be said of two expressions without their values."""

from collections.abc import Mapping
from fractions import Fraction

from evalkit.grading.maths.nodes import Apply, Negative, Node, Num, Power, Product, Sum

ASTRONOMIC = 1 << 20


def apart(one: Node, other: Node) -> bool | None:
    """Whether two expressions are equal, where that shows without their values."""
    left, right = collected(one), collected(other)
    rest = {key for key in left.keys() | right if left.get(key, 0) != right.get(key, 0)}
    if not rest:
        return True
    if rest == {()}:
        return False
    for large, small in ((one, other), (other, one)):
        if isinstance(small, Num) and is_astronomic(large):
            return False
    return None


def collected(node: Node) -> Mapping[tuple[Node, ...], Fraction]:
    """The terms of a sum with their coefficients; a number has the key ()."""
    found: dict[tuple[Node, ...], Fraction] = {}
    waiting = [(node, Fraction(1))]
    while waiting:
        each, factor = waiting.pop()
        key: tuple[Node, ...]
        match each:
            case Sum(terms):
                waiting += [(term, factor) for term in terms]
                continue
            case Negative(of):
                waiting.append((of, -factor))
                continue
            case Num(number):
                key, factor = (), factor * number
            case Product((Num(number), *rest)):
                key, factor = tuple(rest), factor * number
            case Product(factors):
                key = factors
            case _:
                key = (each,)
        found[key] = found.get(key, Fraction(0)) + factor
    return found


def is_astronomic(node: Node) -> bool:
    """Whether a number is larger than any that is computed exactly here."""
    match node:
        case Negative(of):
            return is_astronomic(of)
        case Power(Num(base), exponent) if abs(base) >= 2:
            large = isinstance(exponent, Num) and exponent.value >= ASTRONOMIC
            return large or (is_positive(exponent) and is_astronomic(exponent))
        case Product((Num(factor), part)) if abs(factor) >= 1:
            return is_astronomic(part)
        case Power(base, Num(exponent)) if exponent >= 1:
            return is_astronomic(base)
        case Apply("factorial", (Num(of),)):
            return of >= ASTRONOMIC
        case Apply("factorial", (of,)):
            return is_positive(of) and is_astronomic(of)
        case _:
            return False


def is_positive(node: Node) -> bool:
    return not isinstance(node, Negative)
