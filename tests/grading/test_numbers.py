"""Numbers as models write them, and text that only looks like one."""

import math
import time
import tracemalloc
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.grading import last_number, linear_form, mentions, number, plain, quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("42.", 42),
        ("**42**", 42),
        ("$18", 18),
        ("$18.00", 18),
        ("18 dollars", 18),
        ("€18", 18),
        ("18 €", 18),
        ("275 000", 275000),
        ("275\u202f000 Ft", 275000),
        ("275\u00a0000", 275000),
        ("1,234", 1234),
        ("1,234,567.5", Fraction("1234567.5")),
        ("1.234,5", Fraction("1234.5")),
        ("1.234.567", 1234567),
        ("17{,}360", 17360),
        (r"17\,360", 17360),
        ("12,5", Fraction("12.5")),
        ("0,125", Fraction(1, 8)),
        (".5", Fraction(1, 2)),
        ("5/6", Fraction(5, 6)),
        (r"\frac{5}{6}", Fraction(5, 6)),
        (r"\dfrac{5}{6}", Fraction(5, 6)),
        (r"$\frac56$", Fraction(5, 6)),
        (r"\frac{1}2", Fraction(1, 2)),
        ("½", Fraction(1, 2)),
        ("2½", Fraction(5, 2)),
        ("2 1/2", Fraction(5, 2)),
        ("-2 1/2", Fraction(-5, 2)),
        (r"2\frac{1}{2}", Fraction(5, 2)),
        (r"2 \cdot \frac{1}{2}", 1),
        ("12%", 12),
        (r"12\%", 12),
        ("12 percent", 12),
        ("−5", -5),
        ("–5", -5),
        ("- 5", -5),
        ("x = -1", -1),
        (r"\( t = \frac{1}{5} \)", Fraction(1, 5)),
        ("P(A) = 5/6", Fraction(5, 6)),
        ("C(16,2) = 120", 120),
        ("101011_2 = 43", 43),
        ("256/729 ≈ 0.351", Fraction(256, 729)),
        ("x ≈ 0.351", Fraction("0.351")),
        ("approximately 6.72 units", Fraction("6.72")),
        ("1.92 m/s²", Fraction("1.92")),
        (r"1.92\ \text{m/s}^2", Fraction("1.92")),
        (r"6.72\text{ cm}^{2}", Fraction("6.72")),
        ("0.2 s", Fraction(1, 5)),
        ("90°", 90),
        (r"90^\circ", 90),
        ("1.2e5", 120000),
        (r"1.2 \times 10^5", 120000),
        ("3 × 10⁴", 30000),
        ("10^{-3}", Fraction(1, 1000)),
        ("2 million", 2000000),
        ("1.5 billion Ft", 1500000000),
        (r"\left(\frac{2}{3}\right)^6", Fraction(64, 729)),
        (r"\sqrt{16}", 4),
        ("√(9/4)", Fraction(3, 2)),
        ("10 * 9 * 8", 720),
        ("2 - (3 - 4)", 3),
        ("6/2*3", 9),
        ("12 (rounded)", 12),
    ],
)
def test_an_exact_number(text: str, value: Fraction | int) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\frac{8\sqrt{3}}{3}", 8 / 3 * 3**0.5),
        ("8√3/3", 8 / 3 * 3**0.5),
        ("8*sqrt(3)/3", 8 / 3 * 3**0.5),
        (r"\frac{875\sqrt{3}\pi}{12}", 875 * 3**0.5 * math.pi / 12),
        ("5π cm³", 5 * math.pi),
        (r"\sqrt[3]{27}", 3.0),
        ("2^{0.5}", 2**0.5),
    ],
)
def test_an_irrational_number_is_read_approximately(text: str, value: float) -> None:
    found = quantity(text)
    assert found is not None
    assert math.isclose(found.value, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        ".",
        "abc",
        "3 or 4",
        "5 to 6",
        "3, 4",
        "1,2,3",
        "5x",
        "2x + 1",
        "5i",
        "3:30",
        "1/0",
        "0^0",
        "0^-1",
        "(-2)^0.5",
        "√(-1)",
        "5 - see above",
        "a = 1 and b = 2",
        "(5",
        r"\frac{1}{",
        "12 eggs or 13",
        "the sum of the first thirteen terms of it is therefore = 5",
    ],
)
def test_what_is_not_one_number(text: str) -> None:
    assert number(text) is None


HOSTILE = [
    "9" * 10**6,
    "9**9**9",
    "9^9^9^9",
    "(9^99)^99",
    "2^(10^10)",
    "1e999999",
    "1e250*1e250*1e250",
    "10^300^2",
    "√" * 10**6,
    "√" * 300 + "4",
    "(" * 10**6,
    "(" * 300 + "1" + ")" * 300,
    "1(" * 150,
    "-" * 390 + "1/0",
    "⁄" * 300,
    r"\frac{" * 60,
    "1" + "/3" * 190,
    "1" + "/0.001" * 60,
    "1,000" * 250_000,
    "1 000" * 250_000,
    "1." * 500_000,
    " " * 10**6 + "x",
    "\\" * 10**6,
    "=" * 10**6,
    "{" * 10**6,
    "_{" * 500_000,
    "\\text{" * 170_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:16]))
def test_hostile_text_costs_little(text: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    quantity(text)
    linear_form(text, ("x", "y"))
    last_number(text)
    seconds = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 3.0
    assert peak < 60 * 10**6


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_none(text: str) -> None:
    found = quantity(text)
    assert found is None or math.isfinite(found.value)


@given(st.text(alphabet="0123456789.,/^*+-()[]{}√π⁄ =≈exy%$\\_", max_size=60))
def test_any_formula_is_a_number_or_none(text: str) -> None:
    found = quantity(text)
    assert found is None or math.isfinite(found.value)
    list(mentions(plain(text)))


@given(st.fractions(max_denominator=10**6))
def test_what_python_writes_is_read_back(value: Fraction) -> None:
    assert number(str(value)) == value
    latex = rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    assert number("-" * (value < 0) + latex) == value


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_separators_do_not_change_an_integer(value: int) -> None:
    assert number(f"{value:,}") == value
    assert number(f"{value:,}".replace(",", " ")) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"1\frac34", Fraction(7, 4)),
        ("2sqrt(9)", 6),
        ("101₂ = 5₁₀", 5),
        ("a_13 = -18", -18),
        ("3! · 2 = 12", 12),
    ],
)
def test_what_models_write_short(text: str, value: Fraction | int) -> None:
    assert number(text) == value


def test_a_quantity_keeps_how_its_number_was_written() -> None:
    found = quantity("about $10 \\cdot 9$ cm")
    assert found is not None
    assert (found.value, found.unit, found.written) == (90, "cm", "10 * 9")


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("5 apples and 3 pears", "3"),
        ("10 - 4 = 6.", "6"),
        ("it is -7", "-7"),
        ("16-3", "3"),
        ("She pays $1,200.50 in all.", "$1,200.50"),
        ("three quarters, 3/4", "3/4"),
        ("<think>9</think> so 8", "8"),
    ],
)
def test_the_last_number_of_a_text(text: str, last: str) -> None:
    found = last_number(text)
    assert found is not None
    assert (found.text, found.rule) == (last, "last number")
    assert text[slice(*found.span)] == last


def test_a_text_without_numbers_has_no_last_one() -> None:
    assert last_number("none at all") is None
    assert last_number("<think>5") is None


def test_numbers_are_found_where_they_stand_in_prose() -> None:
    text = plain(r"In 2019 it made 525, then $\frac{1}{2}$ of that, and a_{13} = -18.")
    assert [each.value for each in mentions(text)] == [2019, 525, Fraction(1, 2), -18]
