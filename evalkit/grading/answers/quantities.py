"""A value with its unit, sign of money or percent."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from evalkit.grading.answers.meanings import Expression, Meaning
from evalkit.grading.answers.units import SCALES, UNITS, Unit, is_symbol, unit
from evalkit.grading.answers.words import PARTS
from evalkit.grading.maths.letters import is_product
from evalkit.grading.maths.limits import MAX_SIGNS
from evalkit.grading.maths.nodes import (
    Apply,
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
from evalkit.grading.maths.parser import expression
from evalkit.grading.maths.tables import FUNCTIONS, GREEK
from evalkit.grading.maths.tokens import Token, UnreadableError, sign

MONEY = {"money": "dollar", "€": "€", "£": "£", "¥": "¥", "₹": "₹"}
SPACED_UNITS = frozenset("mgshLl")
BEHIND = frozenset(["%", "‰", "°", "€", "£", "¥", "₹", "¢", "money"])
WITHIN = frozenset(["^", "/", ".", "'", "{", "}", "(", ")", "*", "-", "·", "%"])


def quantity(found: Sequence[Token]) -> list[Meaning]:
    """The readings of a term: as a formula, and as a value with a unit."""
    found = list(found)
    if (paid := money(found)) is not None:
        return [paid]
    if (summed := compound(found)) is not None:
        return [summed]
    readings: list[Meaning] = []
    problem = UnreadableError("not an expression")
    for values, written in divisions(found):
        try:
            readings.append(measured(expression(values), written, values))
        except UnreadableError as exc:
            problem = exc
    if not readings:
        raise problem
    return readings


def compound(found: Sequence[Token]) -> Expression | None:
    """5 ft 6 in, 7 hours 30 minutes: amounts of one kind, the units ever smaller."""
    found = [each for each in found if each.text != "and"]
    starts = [place for place, each in enumerate(found) if each.kind == "number"]
    if not 2 <= len(starts) <= 3 or starts[0] != 0:
        return None
    parts = [found[a:b] for a, b in pairwise((*starts, len(found)))]
    units: list[Unit] = []
    nodes: list[Node] = []
    for part in parts:
        amount = unit(phrase(part[1:])) if len(part) > 1 else None
        if amount is None or amount.factor is None or not amount.dimension:
            return None
        units.append(amount)
        nodes.append(Product((Num(part[0].value), Num(amount.factor))))
    factors = [each.factor for each in units if each.factor is not None]
    if len({each.dimension for each in units}) != 1 or factors != sorted(factors)[::-1]:
        return None
    return Expression(Quotient(Sum(tuple(nodes)), Num(factors[0])), units[0])


def divisions(found: Sequence[Token]) -> Iterator[tuple[Sequence[Token], str]]:
    """Where the value may end and the unit begin; without a unit first."""
    yield found, ""
    for place in range(1, len(found)):
        if starts_unit(found, place) and all(within(each) for each in found[place:]):
            yield found[:place], phrase(found[place:])
            return


def starts_unit(found: Sequence[Token], place: int) -> bool:
    token = found[place]
    if token.kind == "word" or (token.kind == "sign" and token.text in BEHIND):
        return True
    if sign(token, "^"):
        after = found[place + 1 : place + 4]
        return bool(after) and any(sign(each, "°") for each in after[:2])
    if token.kind != "name" or (len(token.text) == 1 and is_variable(token)):
        return False
    return is_unit_word(token.text) or is_symbol(token.text)


def is_variable(letter: Token) -> bool:
    """Whether a single letter behind a number is a factor: 5t, but not 5 m."""
    return not letter.spaced or letter.text not in SPACED_UNITS


def within(token: Token) -> bool:
    """Whether a token may be part of a unit."""
    if token.kind in ("word", "name"):
        return True
    if token.kind == "number":
        return token.text in ("2", "3")
    return token.kind == "sign" and token.text in WITHIN | BEHIND


def is_unit_word(text: str) -> bool:
    known = text in FUNCTIONS or text in GREEK
    return len(text) > 2 and not known and not is_product(text)


def phrase(found: Sequence[Token]) -> str:
    """Tokens as the text of a unit."""
    parts = [
        (" " if each.spaced or each.kind == "word" else "") + each.text
        for each in found
    ]
    text = "".join(parts).strip()
    if text.startswith("^"):
        text = text.lstrip("^{").replace("}", "", 1)
    return text.replace("money", "dollar")


def measured(node: Node, written: str, values: Sequence[Token]) -> Expression:
    """A value with the unit of that text."""
    if sum(isinstance(each, PlusMinus) for each in walk(node)) > MAX_SIGNS:
        raise UnreadableError("too many signs")
    if not written:
        inner = degrees(node)
        return Expression(node) if inner is None else Expression(inner, UNITS["°"])
    if names(node):
        raise UnreadableError("a formula with a unit")
    first, _, rest = written.partition(" ")
    if first.lower() in ("squared", "cubed", "factorial"):
        raise UnreadableError("a power in words")
    if (part := PARTS.get(first.lower())) is not None:
        node, written = Quotient(node, Num(Fraction(part))), rest
    scale = SCALES.get(first.lower().rstrip("s,."))
    if scale is not None:
        node, written = Product((node, Num(scale))), rest
    return Expression(node, percent_or(written))


def percent_or(written: str) -> Unit | None:
    if written.startswith("%"):
        return UNITS["%"]
    return unit(written)


def degrees(node: Node) -> Node | None:
    """What stands before a degree sign that covers the whole value."""
    match node:
        case Apply("deg", (inner,)):
            return inner
        case Negative(of):
            turned = degrees(of)
            return None if turned is None else Negative(turned)
        case _:
            return None


def money(found: Sequence[Token]) -> Expression | None:
    """A sum of money with the sign in front: -$5, $2.5 million."""
    place = 1 if found and sign(found[0], "-") else 0
    if place >= len(found) or found[place].text not in MONEY:
        return None
    if found[place].kind != "sign" or place + 1 >= len(found):
        return None
    currency = UNITS[MONEY[found[place].text]]
    behind = [*found[:place], *found[place + 1 :]]
    reading = quantity(behind)[-1]
    assert isinstance(reading, Expression)
    return Expression(reading.node, currency)
