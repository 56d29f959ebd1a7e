"""Whether two equations or inequalities say the same."""

from collections.abc import Sequence
from fractions import Fraction

from evalkit.grading.answers.meanings import Expression, Meaning, Named, Ratio, Relation
from evalkit.grading.comparing.findings import Finding, no, yes
from evalkit.grading.comparing.regions import region, same_region, substituted
from evalkit.grading.comparing.symbolic import Solutions, Symbolic
from evalkit.grading.maths.exact import fold
from evalkit.grading.maths.nodes import (
    Name,
    Negative,
    Node,
    Num,
    PlusMinus,
    Product,
    Quotient,
    Sum,
    names,
    walk,
)
from evalkit.grading.maths.numerics import agree, real
from evalkit.grading.maths.tokens import UnreadableError

FLIPPED = {">": "<", "≥": "≤"}


def as_relation(meaning: Meaning) -> Relation | None:
    """An equation, also one that was read as a name with its value."""
    match meaning:
        case Relation():
            return meaning
        case Named(name, Expression() as value, True):
            return Relation((Expression(Name(name)), value), ("=",))
        case _:
            return None


def same_relation(one: Relation, other: Relation, symbolic: Symbolic) -> Finding:
    """Whether two relations have the same solutions."""
    one, other = upward(one), upward(other)
    left, right = nodes(one), nodes(other)
    if left is None or right is None:
        return no("other relation")
    same_sides = one.signs == other.signs and len(left) == len(right)
    if same_sides and all(agree(a, b) for a, b in zip(left, right, strict=True)):
        return yes("same relation")
    if one.signs == other.signs == ("=",) and has_same_zeros(left, right):
        return yes("same equation")
    alike = one.signs == other.signs and len(one.signs) == 1 and one.signs[0] in "<≤≠"
    if alike and in_proportion(left, right, positive=one.signs[0] != "≠"):
        return yes("same inequality")
    return by_solutions(one, other, symbolic)


def by_solutions(one: Relation, other: Relation, symbolic: Symbolic) -> Finding:
    """Compare the solutions of relations in one variable."""
    left, right = nodes(one), nodes(other)
    assert left is not None
    assert right is not None
    variables = frozenset[str]().union(*map(names, (*left, *right)))
    if not variables or any(
        isinstance(part, PlusMinus) for node in (*left, *right) for part in walk(node)
    ):
        return no("other relation")
    if "=" not in one.signs + other.signs:
        try:
            found = same_region(region(one), region(other))
            return yes("same solutions") if found else no("other solutions")
        except UnreadableError:
            pass
    if len(variables) == 1:
        if is_line(left) and is_line(right):
            return no("other solution")
        return symbolic.same_solutions(
            (list(one.signs), left), (list(other.signs), right)
        )
    if one.signs == other.signs == ("=",):
        return same_curve(left, right)
    return no("other relation")


def upward(relation: Relation) -> Relation:
    """The relation with its signs pointing to the larger side."""
    if any(each in FLIPPED for each in relation.signs) and not any(
        each in "<≤" for each in relation.signs
    ):
        signs = tuple(FLIPPED.get(each, each) for each in reversed(relation.signs))
        return Relation(tuple(reversed(relation.sides)), signs)
    return relation


def nodes(relation: Relation) -> list[Node] | None:
    found: list[Node] = []
    for each in relation.sides:
        match each:
            case Expression(node):
                found.append(node)
            case Ratio((top, bottom)):
                found.append(Quotient(top, bottom))
            case _:
                return None
    return found


def difference(sides: Sequence[Node]) -> Node:
    return fold(Sum((sides[0], Negative(sides[1]))))


def has_same_zeros(one: Sequence[Node], other: Sequence[Node]) -> bool:
    return in_proportion(one, other, positive=False)


def in_proportion(
    one: Sequence[Node], other: Sequence[Node], *, positive: bool
) -> bool:
    """Whether the differences of the sides are the same up to a constant factor."""
    left, right = difference(one), difference(other)
    if names(left) != names(right) or not names(left):
        return False
    values = {name: Num(place) for name, place in places(left)}
    top, bottom = placed(left, values), placed(right, values)
    try:
        factor = fold(Quotient(top, bottom))
    except (ArithmeticError, ValueError):
        return False
    size = real(factor)
    if size is None or size == 0 or (positive and size < 0):
        return False
    return agree(left, Product((factor, right))) is True


def places(node: Node) -> list[tuple[str, Fraction]]:
    """A value for each variable, at which differences are unlikely to vanish."""
    values = (2, 3, 5, 7, 11, 13, 17, 19, 23)
    return [
        (name, Fraction(values[i % 9], 29))
        for i, name in enumerate(sorted(names(node)))
    ]


def placed(node: Node, values: dict[str, Num]) -> Node:
    for name, value in values.items():
        node = substituted(node, name, value)
    return fold(node)


def is_line(sides: Sequence[Node]) -> bool:
    """Whether an equation in one variable gives it outright, as x = 3."""
    if len(sides) != 2:
        return False
    return any(isinstance(a, Name) and not names(b) for a, b in (sides, sides[::-1]))


def same_curve(one: Sequence[Node], other: Sequence[Node]) -> Finding:
    """Whether equations in several variables hold at the same points.

    Both are solved along one variable in which both are linear, and the solutions
    compared: xy = 1 and y = 1/x are the same curve.
    """
    left, right = difference(one), difference(other)
    for name in sorted(names(left) & names(right)):
        first, second = solved_for(left, name), solved_for(right, name)
        if first is None or second is None:
            continue
        if agree(first, second):
            return yes("same equation, solved")
        return no("other equation")
    return no("other equation")


def has_factor(slope: Node, rest: Node) -> bool:
    """Whether slope and rest may vanish together, which adds solutions: x y = x."""
    for name in names(slope):
        root = solved_for(slope, name) if len(names(slope)) == 1 else None
        for place in (Num(Fraction(0)), *([root] if root is not None else [])):
            zero = Num(Fraction(0))
            if all(agree(substituted(n, name, place), zero) for n in (slope, rest)):
                return True
    return False


def solved_for(node: Node, name: str) -> Node | None:
    """The zero of an expression that is linear in a variable."""
    at = [substituted(node, name, Num(Fraction(k))) for k in range(4)]
    slope = Sum((at[1], Negative(at[0])))
    if not agree(Sum((at[3], Negative(at[2]))), slope) or has_factor(slope, at[0]):
        return None
    return fold(Quotient(Negative(at[0]), slope))


def solution_set(meaning: Meaning) -> Solutions | None:
    """A relation to solve, or the intervals or values that solve one."""
    if isinstance(meaning, Relation):
        sides = nodes(meaning)
        return None if sides is None else (list(meaning.signs), sides)
    try:
        return region(meaning)
    except UnreadableError:
        return None
