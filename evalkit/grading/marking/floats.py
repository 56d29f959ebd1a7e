"""Values of expressions as floats, fast and bounded: a marking looks at thousands."""

import cmath
import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

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
    children,
    walk,
)
from evalkit.grading.maths.tokens import UnreadableError

MAX_LOG = 300.0
"""Natural logarithm of the largest power that is computed."""
MAX_COUNT = 170
"""Of things in a factorial or binomial coefficient."""
CONSTANTS = MappingProxyType({"π": math.pi, "e": math.e, "i": 1j})

Arguments = list[complex]


def whole(value: complex) -> int:
    """A count; UnreadableError if the value is none, or too large."""
    nearest = round(value.real)
    if abs(value - nearest) > 1e-9 or not 0 <= nearest <= MAX_COUNT:
        raise UnreadableError("not a count")
    return nearest


FUNCTIONS: Mapping[str, Callable[[Arguments], complex]] = MappingProxyType(
    {
        "sqrt": lambda a: cmath.sqrt(a[0]),
        "root": lambda a: a[0] ** (1 / a[1]),
        "sin": lambda a: cmath.sin(a[0]),
        "cos": lambda a: cmath.cos(a[0]),
        "tan": lambda a: cmath.tan(a[0]),
        "arcsin": lambda a: cmath.asin(a[0]),
        "arccos": lambda a: cmath.acos(a[0]),
        "arctan": lambda a: cmath.atan(a[0]),
        "exp": lambda a: cmath.exp(a[0]),
        "ln": lambda a: cmath.log(a[0]),
        "lg": lambda a: cmath.log10(a[0]),
        "log": lambda a: cmath.log(a[0]) / (cmath.log(a[1]) if len(a) > 1 else 1),
        "deg": lambda a: a[0] * math.pi / 180,
        "abs": lambda a: abs(a[0]),
        "factorial": lambda a: math.factorial(whole(a[0])),
        "binomial": lambda a: math.comb(whole(a[0]), whole(a[1])),
    }
)


def value_at(node: Node, point: Mapping[str, complex]) -> complex | None:
    """The value of an expression, None if it has none that a float can hold."""
    try:
        found = computed(node, point)
    except (UnreadableError, ArithmeticError, ValueError, IndexError, TypeError):
        return None
    return found if cmath.isfinite(found) else None


def computed(node: Node, point: Mapping[str, complex]) -> complex:
    parts = [computed(each, point) for each in children(node)]
    match node:
        case Num(exact):
            return float(exact)
        case Constant(text) if text in CONSTANTS:
            return CONSTANTS[text]
        case Name(text) if text in point:
            return point[text]
        case Apply(function, _) if function in FUNCTIONS:
            return FUNCTIONS[function](parts)
        case Constant() | Name() | Apply() | Big() | PlusMinus():
            raise UnreadableError("no value")
        case _:
            return combined(node, parts)


def combined(node: Node, parts: list[complex]) -> complex:
    """The value of an operation, from those of its parts."""
    match node:
        case Sum():
            return sum(parts)
        case Product():
            return math.prod(parts, start=complex(1))
        case Quotient():
            return parts[0] / parts[1]
        case Negative():
            return -parts[0]
        case Power():
            return powered(parts[0], parts[1])
        case _:
            raise UnreadableError("no value")


def powered(base: complex, exponent: complex) -> complex:
    if base == 0:
        return complex(exponent == 0)
    if abs(exponent * cmath.log(base)) > MAX_LOG:
        raise UnreadableError("too large")
    return base**exponent


def real_value(node: Node) -> float | None:
    """The value of an expression without names, if it is a real number."""
    found = value_at(node, {})
    if found is None or abs(found.imag) > 1e-9 * max(1.0, abs(found)):
        return None
    return found.real


def numbers_in(node: Node) -> Iterator[tuple[Node, float, bool, frozenset[float]]]:
    """All constant parts of an expression, itself first, with their values.

    With each, whether it is the result of an operation (a plain number is none), and
    the plain numbers in it.
    """
    waiting = [node]
    while waiting:
        each = waiting.pop()
        found = real_value(each)
        if found is not None:
            plain = (n.value for n in walk(each) if isinstance(n, Num))
            yield each, found, not is_plain(each), frozenset(map(float, plain))
        waiting.extend(reversed(children(each)))


def is_plain(node: Node) -> bool:
    """Whether an expression is only a number as it is written down."""
    match node:
        case Num():
            return True
        case Negative(of):
            return is_plain(of)
        case Quotient(Num(), Num(exact)):
            return exact == 100  # a percentage
        case _:
            return False
