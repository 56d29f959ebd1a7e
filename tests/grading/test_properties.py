"""What must hold for any answer, however it is spelled."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evalkit.grading import equal, grade
from tests.grading import spelled
from tests.grading.spelled import (
    EXACT,
    KINDS,
    PLAIN,
    Answer,
    Edit,
    Inequality,
    Interval,
    Matrix,
    Measure,
    Mixed,
    Number,
    Polynomial,
    Product,
    Quotient,
    Radical,
    Set,
    Spelling,
    Tuple,
)

repeatable = settings(derandomize=True, deadline=None, max_examples=100, database=None)
kinds = pytest.mark.parametrize("kind", KINDS)
exact_kinds = pytest.mark.parametrize("kind", EXACT)


def flipped(number: Number) -> Number:
    return replace(number, negative=not number.negative)


def one_digit_changed(data: st.DataObject) -> Edit:
    def edit(number: Number) -> Number:
        place = data.draw(st.integers(0, len(number.digits) - 1))
        others = "0123456789".replace(number.digits[place], "")
        new = data.draw(st.sampled_from(others))
        digits = number.digits[:place] + new + number.digits[place + 1 :]
        return replace(number, digits=digits)

    return edit


def edited(answer: Answer, edit: Edit, data: st.DataObject) -> Answer:
    """The answer with one of its numbers edited, so that it means something else."""
    other = answer.edited(edit, lambda count: data.draw(st.integers(0, count - 1)))
    assume(other.meaning != answer.meaning)
    return other


@kinds
@repeatable
@given(data=st.data(), spelling=spelled.spellings)
def test_an_answer_equals_itself(
    kind: str, data: st.DataObject, spelling: Spelling
) -> None:
    written = data.draw(KINDS[kind]).latex(spelling)
    assert equal(written, written)


@kinds
@repeatable
@given(data=st.data(), spelling=spelled.spellings, wrapper=spelled.wrappers)
def test_its_spelling_does_not_matter(
    kind: str,
    data: st.DataObject,
    spelling: Spelling,
    wrapper: Callable[[str], str],
) -> None:
    answer = data.draw(KINDS[kind])
    plain, other = answer.latex(PLAIN), wrapper(answer.latex(spelling))
    assert equal(plain, other), (plain, other)
    assert equal(other, plain), (other, plain)


@kinds
@repeatable
@given(data=st.data(), spelling=spelled.spellings)
def test_a_response_with_it_in_a_box_is_right(
    kind: str, data: st.DataObject, spelling: Spelling
) -> None:
    answer = data.draw(KINDS[kind])
    reference, written = answer.latex(PLAIN), answer.latex(spelling)
    assert grade(reference, rf"First, 7 + 1 = 8. So it is $\boxed{{{written}}}$.")


@kinds
@repeatable
@given(data=st.data(), spelling=spelled.spellings)
def test_a_flipped_sign_makes_it_wrong(
    kind: str, data: st.DataObject, spelling: Spelling
) -> None:
    answer = data.draw(KINDS[kind])
    other = edited(answer, flipped, data)
    reference, written = answer.latex(PLAIN), other.latex(spelling)
    assert not equal(reference, written), (reference, written)


@kinds
@repeatable
@given(data=st.data(), spelling=spelled.spellings)
def test_a_changed_digit_makes_it_wrong(
    kind: str, data: st.DataObject, spelling: Spelling
) -> None:
    answer = data.draw(KINDS[kind])
    other = edited(answer, one_digit_changed(data), data)
    reference, written = answer.latex(PLAIN), other.latex(spelling)
    assert not equal(reference, written), (reference, written)


@exact_kinds
@repeatable
@given(data=st.data(), spelling=spelled.spellings)
def test_either_side_may_be_the_reference(
    kind: str, data: st.DataObject, spelling: Spelling
) -> None:
    one, other = data.draw(EXACT[kind]), data.draw(EXACT[kind])
    if data.draw(st.booleans()):
        other = edited(one, one_digit_changed(data), data)
    left, right = one.latex(PLAIN), other.latex(spelling)
    assert equal(left, right).equal == equal(right, left).equal, (left, right)


@repeatable
@given(
    st.integers(min_value=1000, max_value=10**18),
    st.sampled_from(["-", "−", "", "+"]),
    st.sampled_from([",", "{,}", r"\,", r",\!", r"{,}\!", r"\;", "~", "\u202f"]),
)
def test_separators_of_thousands_do_not_matter(
    value: int, sign: str, separator: str
) -> None:
    plain = f"{sign.replace('−', '-')}{value}"
    written = f"{sign}{value:,}".replace(",", separator)
    assert equal(plain, written), (plain, written)
    assert equal(written, plain), (written, plain)
    wrong = f"{sign}{value + 1:,}".replace(",", separator)
    assert not equal(plain, wrong), (plain, wrong)


@repeatable
@given(spelled.integers, st.sampled_from(["text", "mathrm", "mathbf", "textbf", "rm"]))
def test_a_number_may_stand_in_a_command_for_fonts(
    answer: Number, command: str
) -> None:
    plain = answer.latex(PLAIN)
    assert equal(plain, rf"\{command}{{{plain}}}")
    assert equal(plain, f"{{{plain}}}")


@pytest.mark.parametrize("name", ["x", "y", "n", "k", "xy", "A", "a", "e", "i"])
@pytest.mark.parametrize("change", ["-{}", "−{}", "{}!", "{}'", "1/{}", "{}^2", "2{}"])
def test_what_stands_at_a_name_matters(name: str, change: str) -> None:
    other = change.format(name)
    assert equal(name, name)
    assert equal(other, other)
    assert not equal(name, other)
    assert not equal(other, name)


@repeatable
@given(spelled.quotients, st.integers(2, 30))
def test_a_fraction_need_not_be_reduced(answer: Quotient, factor: int) -> None:
    other = Quotient(answer.top * factor, answer.bottom * factor)
    assert equal(answer.latex(PLAIN), other.latex(PLAIN))
    assert equal(other.latex(PLAIN), answer.latex(PLAIN))


@repeatable
@given(spelled.decimals)
def test_a_decimal_equals_its_fraction(answer: Number) -> None:
    value = answer.meaning
    fraction = Quotient(value.numerator, value.denominator)
    assert equal(answer.latex(PLAIN), fraction.latex(PLAIN))
    assert equal(fraction.latex(PLAIN), answer.latex(PLAIN))


@repeatable
@given(spelled.mixed_numbers)
def test_a_mixed_number_equals_its_improper_fraction(answer: Mixed) -> None:
    value = answer.meaning
    fraction = Quotient(value.numerator, value.denominator)
    assert equal(answer.latex(PLAIN), fraction.latex(PLAIN))
    assert equal(fraction.latex(PLAIN), answer.latex(PLAIN))
    product = Quotient(answer.whole * answer.part.top, answer.part.bottom)
    assert not equal(answer.latex(PLAIN), product.latex(PLAIN))


@repeatable
@given(spelled.radicals)
def test_a_radical_does_not_equal_three_of_its_digits(answer: Radical) -> None:
    root = answer.inside**0.5
    value = (answer.plain + answer.factor * root) / answer.bottom
    assert not equal(answer.latex(PLAIN), f"{value:.3g}")


@repeatable
@given(spelled.polynomials, st.randoms(use_true_random=False))
def test_the_order_of_terms_does_not_matter(answer: Polynomial, chance: Random) -> None:
    terms = list(answer.terms)
    chance.shuffle(terms)
    assert equal(answer.latex(PLAIN), Polynomial(tuple(terms)).latex(PLAIN))


@repeatable
@given(spelled.products, st.data())
def test_a_product_equals_its_expansion(answer: Product, data: st.DataObject) -> None:
    written, expanded = answer.latex(PLAIN), answer.expanded
    assert equal(written, expanded.latex(PLAIN))
    assert equal(expanded.latex(PLAIN), written)
    wrong = edited(expanded, one_digit_changed(data), data)
    assert not equal(written, wrong.latex(PLAIN))


@repeatable
@given(spelled.distinct, st.data())
def test_the_order_of_a_tuple_matters(
    items: tuple[Answer, ...], data: st.DataObject
) -> None:
    one, other = data.draw(st.permutations(range(len(items))))[:2]
    swapped = list(items)
    swapped[one], swapped[other] = items[other], items[one]
    assert not equal(Tuple(items).latex(PLAIN), Tuple(tuple(swapped)).latex(PLAIN))


@repeatable
@given(spelled.distinct, st.data(), spelled.spellings)
def test_the_order_of_a_set_or_list_does_not_matter(
    items: tuple[Answer, ...], data: st.DataObject, spelling: Spelling
) -> None:
    order = tuple(data.draw(st.permutations(items)))
    reference, written = Set(items).latex(PLAIN), Set(order).latex(spelling)
    assert equal(reference, written), (reference, written)
    listed = ", ".join(each.latex(PLAIN) for each in items)
    other = spelling.comma.join(each.latex(spelling) for each in order)
    assert equal(listed, other), (listed, other)


@repeatable
@given(spelled.distinct)
def test_a_set_without_one_of_its_members_is_another(items: tuple[Answer, ...]) -> None:
    assert not equal(Set(items).latex(PLAIN), Set(items[1:]).latex(PLAIN))
    assert not equal(Set(items[:-1]).latex(PLAIN), Set(items).latex(PLAIN))


@repeatable
@given(spelled.intervals, st.sampled_from([0, 1]))
def test_whether_an_end_belongs_to_an_interval_matters(
    answer: Interval, end: int
) -> None:
    assume((answer.low, answer.high)[end] is not None)
    closed = list(answer.closed)
    closed[end] = not closed[end]
    other = replace(answer, closed=(closed[0], closed[1]))
    assert not equal(answer.latex(PLAIN), other.latex(PLAIN))


@repeatable
@given(spelled.inequalities, spelled.spellings)
def test_an_inequality_may_be_turned_or_be_an_interval(
    answer: Inequality, spelling: Spelling
) -> None:
    written = answer.latex(PLAIN)
    assert equal(written, answer.turned(spelling)), (written, spelling)
    low, high = (None, answer.value) if answer.upper else (answer.value, None)
    interval = Interval(low, high, (not answer.strict, not answer.strict))
    assert equal(written, interval.latex(spelling)), (written, spelling)


@repeatable
@given(spelled.inequalities)
def test_direction_and_strictness_of_an_inequality_matter(answer: Inequality) -> None:
    written = answer.latex(PLAIN)
    stricter = replace(answer, strict=not answer.strict)
    turned = replace(answer, upper=not answer.upper)
    assert not equal(written, stricter.latex(PLAIN))
    assert not equal(written, turned.latex(PLAIN))
    assert not equal(written, answer.value.latex(PLAIN))


@repeatable
@given(spelled.matrices)
def test_a_matrix_is_not_its_transpose(answer: Matrix) -> None:
    columns = tuple(zip(*answer.rows, strict=True))
    other = replace(answer, rows=columns)
    assume(other.meaning != answer.meaning)
    assert not equal(answer.latex(PLAIN), other.latex(PLAIN))


@repeatable
@given(spelled.measures, st.sampled_from(["cm", "m", "km", "kg", "g", "s", "hours"]))
def test_another_unit_makes_it_wrong(answer: Measure, unit: str) -> None:
    assume(answer.unit not in (unit, "apples"))
    assume({unit, answer.unit} != {"m", "meters"})
    other = replace(answer, unit=unit)
    assert not equal(answer.latex(PLAIN), other.latex(PLAIN))


@repeatable
@given(spelled.decimals, st.integers(0, 3))
def test_what_rounds_to_another_decimal_is_wrong(answer: Number, places: int) -> None:
    """A value that is six tenths of the last place away."""
    places += answer.places + 1
    value = answer.meaning + Fraction(6, 10 ** (answer.places + 1))
    digits = str(abs(int(value * 10**places))).zfill(places + 1)
    other = Number(digits, places, value < 0)
    assert not equal(answer.latex(PLAIN), other.latex(PLAIN))
