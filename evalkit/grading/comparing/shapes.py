"""What kinds of meaning there are, as far as comparing goes."""

from collections.abc import Iterator, Sequence

from evalkit.grading.answers.meanings import (
    Expression,
    Items,
    Letter,
    Meaning,
    Named,
    Ratio,
    Relation,
)
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
from evalkit.grading.maths.signs import chosen

CHOICES = frozenset("ABCDEFGHIJ")
USUAL = frozenset("abcxyz")
EVERYTHING = ("all real numbers", "all reals", "real numbers")
EMPTY, UNSOLVED = Items((), "{}"), "no solution"


def both_values(meaning: Meaning) -> Meaning:
    """x = ±2 as the list of both values."""
    match meaning:
        case Named(_, Expression(node)) if signs_in(node):
            return expanded(Items((meaning,)))
        case _:
            return meaning


def is_single(meaning: Meaning) -> bool:
    match meaning:
        case Expression(node):
            return not names(node)
        case Named(_, value):
            return is_single(value)
        case Ratio():
            return True
        case _:
            return False


def is_constant(meaning: Meaning) -> bool:
    match meaning:
        case Expression(node):
            return not names(node)
        case Items(items):
            return all(is_constant(each) for each in items)
        case _:
            return False


def is_multiple(node: Node) -> bool:
    """Whether it is a number times a variable: 2x = 6 does not state 6."""
    match node:
        case Product((Num(), *_)) | Sum() | Negative() | Quotient():
            return True
        case _:
            return False


def has_only_names(items: Items) -> bool:
    return bool(items.items) and all(isinstance(each, Named) for each in items.items)


def has_names(items: Sequence[Meaning]) -> bool:
    """Whether items carry different names, so that their order means something."""
    found = [each.name for each in items if isinstance(each, Named)]
    return len(found) == len(items) and len(set(found)) > 1


def by_name(items: Sequence[Meaning]) -> Sequence[Meaning]:
    """Values in the order of their names, where these are x, y, z or a, b, c."""
    named = {each.name: each for each in items if isinstance(each, Named)}
    if len(named) != len(items) or not all(each in USUAL for each in named):
        return items
    return [named[name] for name in sorted(named)]


def is_letter(meaning: Meaning) -> bool:
    """Whether a meaning is a capital letter, as the choice of a letter is."""
    match meaning:
        case Expression(Name(text), None):
            return text in CHOICES
        case Letter(_, ""):
            return True
        case _:
            return False


def brackets(*lists: Items) -> tuple[str, ...]:
    return tuple(each.brackets for each in lists)


def ratio_of_names(relation: Relation) -> Meaning | None:
    """The value in V_1:V_2 = 11:21."""
    match relation:
        case Relation((Ratio(parts), value), ("=",)) if all(
            isinstance(part, Name) or names(part) for part in parts
        ):
            return value
        case _:
            return None


def as_items(meaning: Meaning) -> Items:
    return meaning if isinstance(meaning, Items) else Items((meaning,))


def signs_in(node: Node) -> bool:
    return any(isinstance(each, PlusMinus) for each in walk(node))


def expanded(items: Items) -> Items:
    """The list with both values of every plus-minus, and bare lists opened."""
    return Items(tuple(spread(items.items)), items.brackets)


def spread(items: Sequence[Meaning]) -> Iterator[Meaning]:
    for each in items:
        match each:
            case Expression(node, unit) if signs_in(node):
                for choice in chosen(node):
                    yield Expression(choice, unit)
            case Named(name, Expression(node, unit), simple) if signs_in(node):
                for inner in spread((Expression(node, unit),)):
                    yield Named(name, inner, simple)
            case Items(inner, ""):
                yield from spread(inner)
            case _:
                yield each


def vector(rows: Sequence[Sequence[Meaning]]) -> tuple[Meaning, ...] | None:
    """The cells of a matrix of one row or column."""
    if len(rows) == 1:
        return tuple(rows[0])
    if all(len(row) == 1 for row in rows):
        return tuple(row[0] for row in rows)
    return None


def shape(rows: Sequence[Sequence[Meaning]]) -> tuple[int, int]:
    return len(rows), len(rows[0])


def flat(rows: Sequence[Sequence[Meaning]]) -> list[Meaning]:
    return [cell for row in rows for cell in row]


def plain(node: Node) -> str:
    """The digits of a number."""
    if isinstance(node, Negative):
        return f"-{plain(node.of)}"
    if isinstance(node, Num):
        exact = node.value
        if exact.denominator == 1:
            return str(exact.numerator)
        return format(float(exact), f".{node.places}f")
    return ""
