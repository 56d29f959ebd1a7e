"""The intervals that a meaning stands for."""

from evalkit.grading.answers.meanings import Expression, Items, Meaning, Region, Span
from evalkit.grading.maths.nodes import Constant, Negative, names
from evalkit.grading.maths.tokens import UnreadableError

LEAST, MOST = Negative(Constant("∞")), Constant("∞")
REALS = Region((Span(LEAST, MOST, False, False),))


def spans_of(meaning: Meaning) -> tuple[Span, ...]:
    """The intervals that a meaning stands for."""
    match meaning:
        case Region(spans):
            return spans
        case Span():
            return (meaning,)
        case Items(
            (Expression(low), Expression(high)), "()" | "[]" | "[)" | "(]" as kind
        ):
            return (Span(low, high, kind[0] == "[", kind[1] == "]"),)
        case Items(parts, "{}"):
            points = [each.node for each in parts if isinstance(each, Expression)]
            if len(points) != len(parts):
                raise UnreadableError("no set of numbers")
            return tuple(Span(each, each, True, True) for each in points)
        case Expression(node) if not names(node):
            return (Span(node, node, True, True),)
        case _:
            raise UnreadableError("no interval")
