"""The value of an expression at a point, to many digits, bounded at every step."""

import importlib
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any

from evalkit.grading.maths.exact import rational
from evalkit.grading.maths.limits import MAX_MAGNITUDE
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
from evalkit.grading.maths.tokens import UnreadableError

DIGITS = 40
"""Decimal digits of a comparison between short expressions."""
MAX_TERMS = 500
TRIG_MAGNITUDE = 60
"""Binary exponent of an angle: of a larger one too few digits are known."""
CIRCULAR = ("sin", "cos", "tan", "cot", "sec", "csc")
INVERSE = ("arcsin", "arccos", "arctan", "arccot", "arccsc", "arcsec")
TRIGONOMETRIC = frozenset(CIRCULAR + INVERSE)
EXPONENTIAL = frozenset(("exp", "sinh", "cosh", "tanh"))
DIRECT: Mapping[str, str] = MappingProxyType(
    {
        **{each: each for each in (*CIRCULAR, *EXPONENTIAL, "ln", "sqrt")},
        **{each: each.replace("arc", "a") for each in INVERSE},
        **{"arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "sgn": "sign"},
    }
)
"""Functions by the name that the library has for them."""


class TooLargeError(UnreadableError):
    """A value on the way is out of bounds."""


@cache
def arithmetic() -> Any:
    """Arbitrary precision of our own, apart from mpmath's global one."""
    mpmath: Any = importlib.import_module("mpmath")
    return mpmath.mp.clone()


def bounded(found: Any) -> Any:
    """The value, if it is finite and not of a size that would take memory."""
    mp = arithmetic()
    if not mp.isfinite(found):
        raise TooLargeError("not finite")
    if found and abs(mp.mag(found)) > MAX_MAGNITUDE:
        raise TooLargeError("too large")
    return found


def valued(node: Node, values: Mapping[str, Any]) -> Any:
    """The value of an expression at a point, bounded at every step."""
    return bounded(unbounded(node, values))


def unbounded(node: Node, values: Mapping[str, Any]) -> Any:
    mp = arithmetic()
    match node:
        case Num(exact):
            return mp.mpf(exact.numerator) / exact.denominator
        case Name(text):
            if text not in values:
                raise UnreadableError(f"{text} has no value")
            point = values[text]
            return mp.mpf(point.numerator) / point.denominator
        case Constant(text):
            return constant(text)
        case Sum(terms):
            return added([valued(each, values) for each in terms])
        case Product(factors):
            total = mp.mpf(1)
            for each in factors:
                total = bounded(total * valued(each, values))
            return total
        case Quotient(top, bottom):
            return valued(top, values) / valued(bottom, values)
        case Power(base, exponent):
            return raised(valued(base, values), valued(exponent, values))
        case Negative(of):
            return -valued(of, values)
        case Apply(function, arguments):
            return applied(function, [valued(each, values) for each in arguments])
        case Big():
            return big(node, values)
        case PlusMinus():
            raise UnreadableError("two values")


def added(terms: list[Any]) -> Any:
    """A sum, if even its smallest term leaves a trace in it."""
    mp = arithmetic()
    sizes = [mp.mag(each) for each in terms if each]
    if sizes and max(sizes) - min(sizes) > mp.prec - 60:
        raise TooLargeError("terms too far apart")
    return mp.fsum(terms)


def constant(text: str) -> Any:
    mp = arithmetic()
    match text:
        case "π":
            return mp.pi + 0
        case "e":
            return mp.e + 0
        case "i":
            return mp.mpc(0, 1)
        case _:
            raise UnreadableError("not a number")


def raised(base: Any, exponent: Any) -> Any:
    """A power, if its size is known to be bounded before it is computed."""
    mp = arithmetic()
    if base == 0:
        if mp.re(exponent) <= 0:
            raise UnreadableError("power of zero")
        return mp.mpf(0)
    size = abs(exponent) * (abs(mp.mag(base)) + 1)
    if size > MAX_MAGNITUDE:
        raise TooLargeError("too large")
    return mp.power(base, exponent)


def applied(function: str, arguments: list[Any]) -> Any:
    """A known function, its argument kept to where it costs little."""
    mp = arithmetic()
    first = arguments[0]
    limit = TRIG_MAGNITUDE if function in TRIGONOMETRIC else MAX_MAGNITUDE
    if first and mp.mag(first) > limit:
        raise TooLargeError("argument too large")
    if function in EXPONENTIAL and first and mp.mag(first) > 18:
        raise TooLargeError("argument too large")
    if function in DIRECT:
        return getattr(mp, DIRECT[function])(first)
    match function:
        case "deg":
            return first * mp.pi / 180
        case "root":
            return raised(first, 1 / arguments[1]) if first else first
        case "log" if len(arguments) == 2:
            return mp.log(first) / mp.log(arguments[1])
        case "log" | "lg":
            return mp.log(first) / mp.log(10) if function == "lg" else mp.log(first)
        case "abs":
            return abs(first)
        case "floor" | "ceil":
            nearest = mp.nint(first)
            if abs(first - nearest) < mp.mpf(10) ** (-DIGITS // 2):
                return nearest
            return mp.floor(first) if function == "floor" else mp.ceil(first)
        case "factorial" if mp.mag(first) < 12:
            return mp.factorial(first)
        case "binomial" if max(mp.mag(each) for each in arguments if each) < 12:
            return mp.binomial(*arguments)
        case "min":
            return min(arguments)
        case "max":
            return max(arguments)
        case _:
            raise UnreadableError(f"no value for {function}")


def big(node: Big, values: Mapping[str, Any]) -> Any:
    """A sum or product of a few terms; anything else is for computer algebra."""
    mp = arithmetic()
    if node.operator not in ("sum", "prod") or len(node.bounds) != 2:
        raise UnreadableError("not for numbers")
    first, last = (rational(each) for each in node.bounds)
    if first is None or last is None or first.denominator * last.denominator != 1:
        raise UnreadableError("not for numbers")
    if not 0 <= last - first < MAX_TERMS:
        raise UnreadableError("too many terms")
    total = mp.mpf(0 if node.operator == "sum" else 1)
    for index in range(int(first), int(last) + 1):
        term = valued(node.body, {**values, node.variable: Fraction(index)})
        total = total + term if node.operator == "sum" else bounded(total * term)
    return total
