"""Whether two expressions agree, by their values to many digits.

Expressions with variables are compared at fixed points, first where all variables
are positive (so that ln(ab) = ln a + ln b), then where some are negative and both
expressions are real there (so that |x| is not x). Two different expressions built
from elementary functions that agree to 40 digits at all of these points do not come
from a marker's desk; the digits grow with the length of the numbers that occur.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalkit.grading.maths.collecting import apart
from evalkit.grading.maths.evaluation import DIGITS, TooLargeError, arithmetic, valued
from evalkit.grading.maths.exact import fold, rational
from evalkit.grading.maths.limits import MAX_PRECISION, MAX_WORK
from evalkit.grading.maths.nodes import (
    Constant,
    Negative,
    Node,
    Num,
    children,
    names,
    walk,
)
from evalkit.grading.maths.tokens import UnreadableError

GUARD = 30
POSITIVE = (
    "1.6180339887498948482", "2.7182818284590452354", "0.5671432904097838730",
    "1.2020569031595942854", "3.3598856662431775532", "0.9159655941772190151",
    "2.2955871493926380740", "1.4513692348833810503", "0.6434105462883380261",
)  # fmt: skip
SHIFTS = (Fraction(0), Fraction(7, 19), Fraction(13, 11))
NEGATED = (Fraction(5, 23), Fraction(29, 17))
MAX_NAMES = 9


def agree(one: Node, other: Node, *, whole: bool = False) -> bool | None:
    """Whether two expressions have the same value, None where this can't tell.

    `whole` compares at whole numbers only, for expressions such as (-1)^n.
    """
    one, other = fold(one), fold(other)
    if isinstance(one, Num) and isinstance(other, Num):
        return one.value == other.value
    if one == other:
        return True
    if (settled := apart(one, other)) is not None:
        return settled
    variables = sorted(names(one) | names(other))
    if len(variables) > MAX_NAMES or (digits := precision(one, other)) is None:
        return None
    verdicts: list[bool] = []
    for values in points(variables, whole=whole):
        try:
            found = close(one, other, values, digits)
        except (UnreadableError, ArithmeticError, ValueError, TypeError):
            continue
        if found is False:
            return False
        if found:
            verdicts.append(True)
    return True if verdicts else None


def precision(*nodes: Node) -> int | None:
    """Digits that tell apart what the numbers in these expressions can make."""
    bits = size = 0
    for node in nodes:
        for each in walk(node):
            size += 1
            if isinstance(each, Num):
                value = each.value
                bits += value.numerator.bit_length() + value.denominator.bit_length()
    digits = DIGITS + bits * 3 // 10
    return digits if digits <= MAX_PRECISION and digits * size <= MAX_WORK else None


def points(variables: Sequence[str], *, whole: bool) -> list[Mapping[str, Any]]:
    """Where expressions are compared: values by name."""
    if not variables:
        return [{}]
    if whole:
        return [
            {name: Fraction(3 * k + 2 * i + 1) for i, name in enumerate(variables)}
            for k in range(4)
        ]
    found: list[Mapping[str, Any]] = []
    places = [Fraction(each) for each in POSITIVE[: len(variables)]]
    for shift in SHIFTS:
        found.append({n: p + shift for n, p in zip(variables, places, strict=True)})
    for shift in NEGATED:
        found.append(
            {
                n: (-1 if i % 2 == 0 else 1) * (p + shift)
                for i, (n, p) in enumerate(zip(variables, places, strict=True))
            }
        )
    found.append({n: -p - SHIFTS[1] for n, p in zip(variables, places, strict=True)})
    return found


def close(
    one: Node, other: Node, values: Mapping[str, Any], digits: int
) -> bool | None:
    """Whether both have the same value at a point, None if it does not count."""
    mp = arithmetic()
    mp.dps = digits + GUARD
    left, right = valued(one, values), valued(other, values)
    negative = any(each < 0 for each in values.values())
    tiny = mp.mpf(10) ** (-digits + 5)
    if negative and (abs(mp.im(left)) > tiny or abs(mp.im(right)) > tiny):
        return None
    size = max(abs(left), abs(right))
    return bool(abs(left - right) <= tiny * max(size, mp.mpf(10) ** (-digits // 2)))


def approximate(node: Node) -> Any:
    """The value of a constant expression to 40 digits, UnreadableError if none."""
    mp = arithmetic()
    mp.dps = DIGITS + GUARD
    return valued(fold(node), {})


def is_too_large(node: Node) -> bool:
    """Whether an expression has constant parts that are out of bounds."""
    if names(node):
        return any(is_too_large(each) for each in children(node))
    try:
        approximate(node)
    except TooLargeError:
        return True
    except (UnreadableError, ArithmeticError, ValueError, TypeError):
        return False
    return False


def real(node: Node) -> float | None:
    """A constant as a float, for putting ends of intervals in order."""
    if isinstance(node, Constant) and node.text == "∞":
        return float("inf")
    if isinstance(node, Negative) and node.of == Constant("∞"):
        return float("-inf")
    exact = rational(node)
    try:
        if exact is not None:
            return float(exact)
        found = approximate(node)
        mp = arithmetic()
        return float(mp.re(found)) if abs(mp.im(found)) < 1e-30 else None
    except (UnreadableError, ArithmeticError, ValueError, TypeError):
        return None
