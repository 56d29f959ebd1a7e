"""Expressions that are linear in a few names."""

from fractions import Fraction

import pytest

from evalkit.grading import linear_form


@pytest.mark.parametrize(
    "text",
    [
        "(c-b)/2",
        r"\frac{1}{2}(\vec{c}-\vec{b})",
        "c/2 - b/2",
        "0.5c - 0.5b",
        "-1/2 b + 1/2 c",
        r"-\frac{\mathbf{b}}{2}+\frac{\mathbf{c}}{2}",
        "½(c − b)",
        r"\frac{-b + c}{2}",
        "1/2 * (c - b)",
        "(b + c)/2 - b",
    ],
)
def test_one_vector_in_many_forms(text: str) -> None:
    form = linear_form(text, ("b", "c"))
    assert form is not None
    assert (form["b"], form["c"]) == (Fraction(-1, 2), Fraction(1, 2))
    assert form.get("", 0) == 0


@pytest.mark.parametrize("text", ["b*c", "b^2", "1/b", "√b", "b +", "b c", "bc", "a"])
def test_what_is_not_linear_is_not_read(text: str) -> None:
    assert linear_form(text, ("b", "c")) is None


def test_constants_are_kept_apart_from_coefficients() -> None:
    assert linear_form("5(x - 3) + 2 - y", ("x", "y")) == {"x": 5, "y": -1, "": -13}
