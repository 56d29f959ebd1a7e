"""Whether two values are the same amount: units, percent, rounding."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from evalkit.grading.answers.meanings import Expression
from evalkit.grading.answers.units import Unit
from evalkit.grading.comparing.findings import UNDECIDED, Finding, no, yes
from evalkit.grading.comparing.symbolic import Symbolic
from evalkit.grading.maths.evaluation import arithmetic
from evalkit.grading.maths.exact import fold, rational
from evalkit.grading.maths.nodes import (
    Apply,
    Big,
    Constant,
    Negative,
    Node,
    Num,
    Power,
    Product,
    names,
    walk,
)
from evalkit.grading.maths.numerics import agree, approximate, is_too_large
from evalkit.grading.maths.tokens import UnreadableError

STATED_DIGITS = STATED_PLACES = 2
"""From so many significant digits and decimal places on, a decimal reference is taken
as rounded; 0.6 and 0.03 are taken as exact."""
FLOAT_DIGITS = 12
"""So many come from a floating-point number, whose last digit may be off."""
ROUNDED_DIGITS = 4
"""So many significant digits stand for an exact reference."""
WHOLE = frozenset("nkmj")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Compares expressions, with an absolute tolerance or by the rules of rounding."""

    symbolic: Symbolic
    tolerance: float | None = None

    def same(self, reference: Expression, answer: Expression) -> Finding:
        """Whether two values with their units are the same."""
        one, other = reference.unit, answer.unit
        if is_percent(one) or is_percent(other):
            return self.percents(reference, answer)
        if one is None or other is None:
            if any(each and each.text in ("cent", "¢") for each in (one, other)):
                return self.cents(reference, answer)
            return self.bare(reference, answer)
        if {one.dimension, other.dimension} == {"angle", "radians"}:
            return self.numbers(in_radians(reference), in_radians(answer))
        if one.dimension == other.dimension == "residue" and one.text == other.text:
            return congruent(reference, answer, one.text)
        if (factor := conversion(one, other)) is None:
            return no(f"other unit: {other.text}, not {one.text}")
        node = answer.node
        if factor != 1:
            node = Product((Num(factor), node))
        return self.numbers(reference.node, node)

    def bare(self, reference: Expression, answer: Expression) -> Finding:
        """One side has no unit; degrees and π may then be the same angle."""
        found = self.numbers(reference.node, answer.node)
        sides = reference, answer
        if found.equal is not False or not any(map(is_angle, sides)):
            return found
        if any(Constant("π") in walk(each.node) for each in sides):
            return self.numbers(in_radians(reference), in_radians(answer))
        return found

    def cents(self, reference: Expression, answer: Expression) -> Finding:
        """50 cents are 0.50, or 50 where cents were asked for."""
        found = self.numbers(reference.node, answer.node)
        if found.found or reference.unit is not None:
            return found
        return self.numbers(reference.node, hundredth(answer.node))

    def percents(self, reference: Expression, answer: Expression) -> Finding:
        """20 % for 20 and for 0.2; 20 or 0.2 for 20 %; but never 20 for 0.2."""
        if None not in (reference.unit, answer.unit) and reference.unit != answer.unit:
            return no("other unit")
        one, other = is_percent(reference.unit), is_percent(answer.unit)
        if one and other:
            return self.numbers(reference.node, answer.node)
        if one:
            found = self.numbers(reference.node, answer.node)
            if found.found:
                return found
            return self.numbers(hundredth(reference.node), answer.node)
        found = self.numbers(reference.node, hundredth(answer.node))
        if found.found or is_fractional(reference.node):
            return found
        return self.numbers(reference.node, answer.node)

    def numbers(self, reference: Node, answer: Node) -> Finding:
        """Whether two expressions are the same, or the answer a right rounding."""
        found = agree(reference, answer)
        if found:
            exact = rational(reference) is not None
            return yes("same number" if exact else "same expression")
        variables = names(reference) | names(answer)
        if found is None:
            return self.worked_out(reference, answer)
        if variables and variables <= WHOLE and agree(reference, answer, whole=True):
            return yes("same expression for whole numbers")
        if variables or is_complex(reference) or is_complex(answer):
            return no("other expression")
        if self.tolerance is not None:
            if distance(reference, answer) <= self.tolerance:
                return yes("within the tolerance")
            return no("other number")
        return self.rounded(reference, answer)

    def worked_out(self, reference: Node, answer: Node) -> Finding:
        """Ask computer algebra; not about numbers that are too large for anybody."""
        sides = reference, answer
        if any(isinstance(part, Big) for each in sides for part in walk(each)):
            return self.symbolic.same(reference, answer)
        if any(is_too_large(each) for each in sides):
            return UNDECIDED
        if not any(names(each) for each in sides):
            return no("no value to compare")
        return self.symbolic.same(reference, answer)

    def rounded(self, reference: Node, answer: Node) -> Finding:
        """Rounding is right to the precision that the reference states."""
        place = last_place(reference)
        if place is not None:
            digits, unit = place
            finer = last_place(answer)
            scaled = isinstance(reference, Product)
            coarse = not scaled and unit > Fraction(1, 10**STATED_PLACES)
            if digits < STATED_DIGITS + scaled or coarse:
                return no("other number")
            if finer is not None and finer[1] >= unit:
                return no("other number")
            if distance(reference, answer) <= unit / 2:
                return yes("rounds to the reference")
            return no("other number")
        place = last_place(answer)
        exact = rational(reference)
        if place is None or (exact is not None and exact.denominator == 1):
            return no("other number")
        digits, unit = place
        if digits < ROUNDED_DIGITS:
            near = distance(reference, answer) <= unit
            return no(
                "rounded too far for an exact reference" if near else "other number"
            )
        slack = 2 * unit if digits >= FLOAT_DIGITS else unit / 2
        if distance(reference, answer) <= slack:
            return yes("the reference, rounded")
        return no("other number")


def is_percent(unit: Unit | None) -> bool:
    return unit is not None and unit.dimension == "percent"


def is_complex(node: Node) -> bool:
    return any(each == Constant("i") for each in walk(node))


def is_fractional(node: Node) -> bool:
    """Whether a bare reference is a proportion rather than a count of percent."""
    exact = rational(node)
    return exact is not None and abs(exact) < 1


def congruent(reference: Expression, answer: Expression, modulus: str) -> Finding:
    """Whether two residues differ by a multiple of their modulus."""
    left, right = rational(reference.node), rational(answer.node)
    digits = modulus.removeprefix("mod ")
    if left is None or right is None or not digits.isdigit() or not int(digits):
        return no("other residue")
    same = (left - right) % int(digits) == 0
    return yes("same residue") if same else no("other residue")


def is_angle(value: Expression) -> bool:
    """Whether a value is given in degrees."""
    return value.unit is not None and value.unit.dimension == "angle"


def in_radians(angle: Expression) -> Node:
    return Apply("deg", (angle.node,)) if is_angle(angle) else angle.node


def hundredth(node: Node) -> Node:
    return Product((Num(Fraction(1, 100)), node))


def conversion(one: Unit, other: Unit) -> Fraction | None:
    """What turns an amount in the other unit into one in the first."""
    if {one.dimension, other.dimension} & {"rate", "residue"}:
        same = " ".join(one.text.split()) == " ".join(other.text.split())
        return Fraction(1) if same else None
    if "units" in (one.text, other.text) or one.dimension == other.dimension == "":
        return Fraction(1)
    if one.dimension != other.dimension:
        return None
    if one.factor is None or other.factor is None:
        return Fraction(1)
    return other.factor / one.factor


def last_place(node: Node) -> tuple[int, Fraction] | None:
    """Significant digits and last place of a decimal, None for anything else."""
    match node:
        case Num(_, places, digits, True):
            return digits, Fraction(1, 10**places)
        case Negative(of):
            return last_place(of)
        case Product((head, Power(Num() as ten, exponent))) if ten.value == 10:
            place, power = last_place(head), rational(exponent)
            if place is None or power is None or power.denominator != 1:
                return None
            if abs(power) > 400:
                return None
            return place[0], place[1] * Fraction(10) ** int(power)
        case Product((Num() as factor, inner)) if factor.value in SCALING:
            place = last_place(inner)
            return None if place is None else (place[0], place[1] * factor.value)
        case _:
            return None


SCALING = frozenset(
    (Fraction(1, 100), Fraction(10**3), Fraction(10**6), Fraction(10**9))
)


def distance(one: Node, other: Node) -> Any:
    """How far apart two constants are; infinity where one has no real value."""
    left, right = rational(one), rational(other)
    if left is not None and right is not None:
        return abs(left - right)
    mp = arithmetic()
    try:
        gap = approximate(fold(one)) - approximate(fold(other))
    except (UnreadableError, ArithmeticError, ValueError, TypeError):
        return float("inf")
    return Fraction(str(mp.nstr(abs(gap), 30))) if mp.isfinite(gap) else float("inf")
