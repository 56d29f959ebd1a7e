"""Both values of a plus-minus sign."""

from collections.abc import Iterator
from itertools import product

from evalkit.grading.maths.nodes import Negative, Node, PlusMinus, Sum, rebuilt, walk


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

    if not isinstance(node, PlusMinus):
        return rebuilt(node, part)
    first = None if node.left is None else part(node.left)
    is_minus = next(minus) != node.flipped
    second = part(node.right)
    signed = Negative(second) if is_minus else second
    return signed if first is None else Sum((first, signed))
