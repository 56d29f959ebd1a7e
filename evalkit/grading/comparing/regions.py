"""Inequalities in one variable as the intervals that solve them."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from evalkit.grading.answers.intervals import LEAST, MOST, REALS, spans_of
from evalkit.grading.answers.meanings import (
    Expression,
    Items,
    Meaning,
    Named,
    Region,
    Relation,
    Span,
)
from evalkit.grading.maths.exact import fold, rational
from evalkit.grading.maths.limits import MAX_PARTS
from evalkit.grading.maths.nodes import (
    Apply,
    Big,
    Name,
    Negative,
    Node,
    Num,
    Product,
    Quotient,
    Sum,
    names,
    rebuilt,
)
from evalkit.grading.maths.numerics import agree, real
from evalkit.grading.maths.tokens import UnreadableError

TURNED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "≠": "≠"}
CALLS = frozenset("fghFGHP")


def region(meaning: Meaning) -> Region:
    """The real numbers that a meaning stands for; UnreadableError if it is no set."""
    if isinstance(meaning, Items) and len(meaning.items) > MAX_PARTS:
        raise UnreadableError("too many parts")
    match meaning:
        case Relation(sides, signs):
            return normal(solved(sides, signs))
        case Named(_, value, _):
            return region(value)
        case Items(parts, "") if parts and all(isinstance(p, Relation) for p in parts):
            if len({variables(each) for each in parts}) != 1:
                raise UnreadableError("several variables")
            found = [region(each) for each in parts]
            if meaning.either:
                return normal([span for each in found for span in each.spans])
            return several(found)
        case Items(parts, "") if all(isinstance(each, Named) for each in parts):
            return normal([span for each in parts for span in region(each).spans])
        case Items(parts, ""):
            return normal(spans_of(Items(parts, "{}")))
        case _:
            return normal(spans_of(meaning))


def variables(meaning: Meaning) -> frozenset[str]:
    """The variables in a relation."""
    if not isinstance(meaning, Relation):
        return frozenset()
    nodes = [each.node for each in meaning.sides if isinstance(each, Expression)]
    return frozenset[str]().union(*map(names, nodes))


def solved(sides: Sequence[Meaning], signs: Sequence[str]) -> tuple[Span, ...]:
    """The solutions of a chain of inequalities."""
    nodes: list[Node] = []
    for each in sides:
        if not isinstance(each, Expression):
            raise UnreadableError("no inequality")
        nodes.append(each.node)
    if "=" in signs or not all(each in TURNED for each in signs):
        raise UnreadableError("no inequality")
    found: tuple[Span, ...] = REALS.spans
    for left, sign, right in zip(nodes, signs, nodes[1:], strict=False):
        found = intersection(found, link(left, sign, right))
    return found


def link(left: Node, sign: str, right: Node) -> tuple[Span, ...]:
    """The solutions of one inequality, linear or with the variable in bars."""
    if not names(left):
        left, right, sign = right, left, TURNED[sign]
    if not names(right) and (is_variable(left) or is_call(left)):
        return side(sign, right)
    if isinstance(left, Apply) and left.function == "abs" and not names(right):
        return bars(left.arguments[0], sign, right)
    return linear(left, sign, right)


def is_variable(node: Node) -> bool:
    return isinstance(node, Name)


def is_call(node: Node) -> bool:
    """f(x): an unknown function, which is a quantity like any other."""
    match node:
        case Product((Name(function), Name() | Num())):
            return function in CALLS
        case _:
            return False


def side(sign: str, bound: Node) -> tuple[Span, ...]:
    """All numbers on one side of a bound."""
    if sign in "<≤":
        return (Span(LEAST, bound, False, sign == "≤"),)
    if sign in ">≥":
        return (Span(bound, MOST, sign == "≥", False),)
    return Span(LEAST, bound, False, False), Span(bound, MOST, False, False)


def bars(inner: Node, sign: str, bound: Node) -> tuple[Span, ...]:
    if sign in "<≤":
        low = link(inner, TURNED[sign], Negative(bound))
        return intersection(low, link(inner, sign, bound))
    outside = link(inner, TURNED[sign], Negative(bound)) if sign != "≠" else ()
    return (*outside, *link(inner, sign, bound))


def linear(left: Node, sign: str, right: Node) -> tuple[Span, ...]:
    """An inequality whose difference of sides is a line."""
    difference = Sum((left, Negative(right)))
    variables = names(difference)
    if len(variables) != 1:
        raise UnreadableError("more than one variable")
    (variable,) = variables
    at = [fold(substituted(difference, variable, Num(Fraction(k)))) for k in range(5)]
    slope = fold(Sum((at[1], Negative(at[0]))))
    for k in (2, 3, 4):
        if not agree(Sum((at[k], Negative(at[k - 1]))), slope):
            raise UnreadableError("not linear")
    steep = real(slope)
    if not steep:
        raise UnreadableError("not linear")
    bound = fold(Quotient(Negative(at[0]), slope))
    return side(sign if steep > 0 else TURNED[sign], bound)


def substituted(node: Node, name: str, value: Node) -> Node:
    """The expression with a value in place of a variable."""

    def put(each: Node) -> Node:
        return substituted(each, name, value)

    match node:
        case Name(text) if text == name:
            return value
        case Big():
            return node
        case _:
            return rebuilt(node, put)


def several(regions: Sequence[Region]) -> Region:
    """Several inequalities side by side: both must hold, or, if they can't, either."""
    both = regions[0].spans
    for each in regions[1:]:
        both = intersection(both, each.spans)
    if both:
        return normal(both)
    return normal(tuple(span for each in regions for span in each.spans))


def intersection(one: Sequence[Span], other: Sequence[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for left in one:
        for right in other:
            low, has_low = later((left.low, left.has_low), (right.low, right.has_low))
            high, has_high = earlier(
                (left.high, left.has_high), (right.high, right.has_high)
            )
            start, end = place(low), place(high)
            if start < end or (start == end and has_low and has_high):
                found.append(Span(low, high, has_low, has_high))
    return tuple(found)


def place(node: Node) -> float:
    found = real(node)
    if found is None:
        raise UnreadableError("no real number")
    return found


def later(one: tuple[Node, bool], other: tuple[Node, bool]) -> tuple[Node, bool]:
    left, right = place(one[0]), place(other[0])
    if left == right:
        return one[0], one[1] and other[1]
    return one if left > right else other


def earlier(one: tuple[Node, bool], other: tuple[Node, bool]) -> tuple[Node, bool]:
    left, right = place(one[0]), place(other[0])
    if left == right:
        return one[0], one[1] and other[1]
    return one if left < right else other


def normal(spans: Sequence[Span]) -> Region:
    """Intervals in order, those that touch joined."""
    if len(spans) > MAX_PARTS:
        raise UnreadableError("too many parts")
    ordered = sorted(spans, key=lambda each: (place(each.low), place(each.high)))
    found: list[Span] = []
    for each in ordered:
        if not found or not touches(found[-1], each):
            found.append(each)
            continue
        last = found[-1]
        if place(each.high) > place(last.high):
            found[-1] = replace(last, high=each.high, has_high=each.has_high)
        elif place(each.high) == place(last.high):
            found[-1] = replace(last, has_high=last.has_high or each.has_high)
    return Region(tuple(found))


def touches(one: Span, other: Span) -> bool:
    end, start = place(one.high), place(other.low)
    return start < end or (start == end and (one.has_high or other.has_low))


def same_region(one: Region, other: Region) -> bool:
    if len(one.spans) != len(other.spans):
        return False
    return all(same_span(a, b) for a, b in zip(one.spans, other.spans, strict=True))


def same_span(one: Span, other: Span) -> bool:
    ends = (one.low, other.low), (one.high, other.high)
    closed = (one.has_low, one.has_high) == (other.has_low, other.has_high)
    return closed and all(same_end(a, b) for a, b in ends)


def same_end(one: Node, other: Node) -> bool:
    left, right = real(one), real(other)
    if left in (float("inf"), float("-inf")) or rational(one) is None:
        return (
            left == right
            if is_endless(one) or is_endless(other)
            else bool(agree(one, other))
        )
    return bool(agree(one, other))


def is_endless(node: Node) -> bool:
    return node in (LEAST, MOST)
