"""Arithmetic on numbers and linear forms that stays small.

Rational values are exact fractions; roots that do not come out and π are floats.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

Value: TypeAlias = Fraction | float
Form: TypeAlias = Mapping[str, Value]
"""Coefficients by name; the constant has the name ""."""

MAX_BITS = 1000
"""Of a fraction's parts; fewer than a float's exponent can hold."""


class UnreadableError(ValueError):
    """The text is not an expression that can be read here."""


def bounded(value: Value) -> Value:
    """The value, if it is finite and small enough to go on with."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnreadableError("not finite")
        return value
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise UnreadableError("too large")
    return value


def add(one: Form, other: Form, factor: int = 1) -> Form:
    names = {**one, **other}
    zero = Fraction(0)
    return {
        name: bounded(one.get(name, zero) + factor * other.get(name, zero))
        for name in names
    }


def scale(form: Form, factor: Value) -> Form:
    return {name: bounded(value * factor) for name, value in form.items()}


def constant(form: Form) -> Value:
    """The value of a form without names."""
    if any(name and value for name, value in form.items()):
        raise UnreadableError("not a number")
    return form.get("", Fraction(0))


def is_constant(form: Form) -> bool:
    return not any(name and value for name, value in form.items())


def times(one: Form, other: Form) -> Form:
    if is_constant(one):
        return scale(other, constant(one))
    return scale(one, constant(other))


def over(one: Form, other: Form) -> Form:
    divisor = constant(other)
    if divisor == 0:
        raise UnreadableError("division by zero")
    return scale(one, 1 / divisor)


def power(base: Value, exponent: Value) -> Value:
    """A bounded power: the size of the result is known before it is computed."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator == 1 and bits * abs(exponent) <= MAX_BITS:
            if base == 0 and exponent <= 0:
                raise UnreadableError("power of zero")
            return base ** int(exponent)
    if base <= 0:
        raise UnreadableError("power of a negative number")
    try:
        return bounded(math.pow(float(base), float(exponent)))
    except (OverflowError, ValueError):
        raise UnreadableError("too large") from None


def root(value: Value, degree: Value = Fraction(2)) -> Value:
    """A root: exact for squares of fractions."""
    if value < 0 or degree <= 0:
        raise UnreadableError("root of a negative number")
    if isinstance(value, Fraction) and degree == 2:
        top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if (top * top, bottom * bottom) == (value.numerator, value.denominator):
            return Fraction(top, bottom)
    return math.pow(value, 1 / float(degree))
