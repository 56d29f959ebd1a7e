"""Final answers in texts that also hold other numbers."""

import json
from typing import Any

import pytest

from evalkit.grading import final_of


def read(
    kind: str, answer: dict[str, Any], response: str, question: str = "Find it."
) -> tuple[str | None, bool]:
    """What is read as the final answer, and whether it is right."""
    finding = final_of(kind, json.dumps(answer)).judge(question, response)
    return finding.read, finding.right


VOLUME = {"value": 396.77, "tol_abs": 0.5, "unit": "cm^3"}


@pytest.mark.parametrize(
    "response",
    [
        "So the frustum's height is 4.33\nV = 2·198.38\nThe volume is ≈ 396.8 cm³.",
        "So one cone has height 4.33 and\nV1 ≈ 198.4 cm³.\nThe body: 2V1 ≈ 396.8 cm³.",
        "Thus the volume is 396.8 cm³.\nOne of the two cones has 198.4 cm³.",
        "Thus the volume is 396.8.\nThis is right to one decimal.",
    ],
)
def test_a_last_sentence_with_the_unit_outweighs_a_conclusion_without(
    response: str,
) -> None:
    asked = "It is rotated. Find the volume of the solid obtained."
    assert read("number", VOLUME, response, asked)[1]


@pytest.mark.parametrize(
    "response",
    [
        "One of them has 198.4 cm³.\nThere are two.\nV = 2·198.4 = 396.8",
        "Let one be 198.4 cm³.\nSo V = 396.8",
        "So V = 396.8. The box around it has 433 cm³.",
        "Is it 198.4 cm³?\nNo, it is twice that.\nSo V = 396.8",
    ],
)
def test_another_number_with_the_unit_does_not_outweigh_a_result(response: str) -> None:
    assert read("number", VOLUME, response)[1]


def test_a_conclusion_with_the_unit_stands() -> None:
    response = "Thus the volume is 198.4 cm³.\nThe other half would make it 396.8 cm³."
    assert not read("number", VOLUME, response)[1]


def test_a_unit_may_stand_in_brackets() -> None:
    mean = {"value": 1.9167, "tol_abs": 0.005}
    assert read("number", mean, "The sum is 46, 46 : 24 = 1.92 (m/s²)")[1]
    assert not read("number", mean, "The sum is 46, 46 : 24 = 1.95 (m/s²)")[1]
    assert read("number", VOLUME, "The volume is 0.39677 [dm³]")[1]


@pytest.mark.parametrize(
    ("response", "right"),
    [
        ("46/24 ≈ 1.92", True),
        ("46/24 ≈ 1.9", True),
        ("46/24 = 1.9166 ≈ 1.917", True),
        ("46/24 ≈ 1.91", False),
        ("46/24 ≈ 2", True),
        ("46/24 = 1.9166 ≈ 1.91", False),
        ("46/24 = 1.9166... ≈ 1.91 (m/s²)", False),
    ],
)
def test_what_is_rounded_wrongly_is_wrong(response: str, right: bool) -> None:
    assert read("number", {"value": 23 / 12, "tol_abs": 0.004}, response)[1] == right


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2e12, "2·10¹² kg"),
        (1024, "2¹⁰"),
        (6e-7, "6·10⁻⁷ m"),
        (1.005**14, "1.005¹⁴"),
        (25, "5²"),
        (3e8, "3 x 10^8 m/s"),
        (3e8, "3×10⁸"),
    ],
)
def test_powers_however_they_are_written(value: float, written: str) -> None:
    answer = {"value": value, "tol_abs": abs(value) * 1e-6}
    assert read("number", answer, f"Final answer: {written}")[1]


RISE = {"value": 12, "unit": "%", "tol_abs": 0.005}


@pytest.mark.parametrize(
    "response",
    [
        "It's a **12% raise**. It is 33,000 of 275,000.\n(Sanity check: 2% is 5,500.)",
        "The share is 33/275.\n=> about 12 %",
        "33/275 = 3/25 -> 12%",
    ],
)
def test_where_an_answer_may_stand(response: str) -> None:
    assert read("number", RISE, response)[1]


@pytest.mark.parametrize(
    ("response", "right"),
    [
        ("2x = 64, and because 64 = 2⁶ its logarithm is 6.", True),
        ("2x = 64, since x is 32.", False),
        ("It is 6 because 64 is the sixth power of 2.", True),
        ("It is 6 because x = 32 its double 2x is 64.", True),
    ],
)
def test_reasons_are_no_answers(response: str, right: bool) -> None:
    assert read("number", {"value": 6}, response)[1] == right


def test_a_root_that_is_turned_down_is_none() -> None:
    root = {"value": [-1]}
    for response in (
        "x1 = -1, x2 = -13, but x2 is extraneous, so x = -1.",
        "The roots: x1 = -1, x2 = -13; x2 is not valid, thus x = -1",
        "x1 = -13 (not allowed), x2 = -1, so x = -1",
    ):
        assert read("number_set", root, response)[1], response


def test_a_number_may_be_rounded_coarsely_or_in_another_unit() -> None:
    whole = {"value": 397, "tol_abs": 0.5}
    assert read("number", whole, "397 ≈ 400")[1]
    made = {"value": 17360, "tol_abs": 15, "unit": "million Ft"}
    assert read("number", made, "17360 million Ft ≈ 17.4 billion Ft")[1]


ROOTS = {"value": [0.2, 1], "tol_abs": 0.0005}


@pytest.mark.parametrize(
    "response",
    [
        "t1 = 0.2 (going up), t2 = 1 (coming down)",
        "With a = -5, b = 6, c = -1 we get t = 0.2 or t = 1.",
        "With a = −5, b = 6 and c = −1: $t_1 = 0.2$, $t_2 = 1$",
    ],
)
def test_roots_are_told_from_indices_and_coefficients(response: str) -> None:
    assert read("number_set", ROOTS, response) == ("0.2, 1", True)


def test_a_check_at_the_end_is_no_answer() -> None:
    response = (
        "Subtract 2x² from both sides:\n\n$$-x = -2$$\n$$x = 2$$\n\n"
        "Now check:\n\n$$2/3 + 4/3 = 2$$\n\nIt holds, and $2$ is not excluded."
    )
    assert read("number_set", {"value": [2]}, response) == ("2", True)


@pytest.mark.parametrize(
    "written",
    [
        "2,5 und 10",
        "2,5 és 10",
        "2.5 Ω and 10 Ω",
        "2.5 % and 10 %",
        "2.5 m/s² or 10 m/s²",
        "2.5 µm; 10 µm",
    ],
)
def test_two_numbers_in_other_languages_and_units(written: str) -> None:
    response = f"Final answer: {written}"
    assert read("number_set", {"value": [2.5, 10]}, response) == ("2.5, 10", True)


TABLE = {"table": {"A": [525, 551.25], "B": [424, 449.44]}, "tol_abs": 0.01}


@pytest.mark.parametrize(
    ("conclusion", "grows"),
    [
        ("The gap grows, so the reader is wrong.", True),
        ("There is an increase in the gap.", True),
        ("We see a growing difference.", True),
        ("A's lead gets bigger every year.", True),
        ("B is growing faster and the gap is gradually becoming smaller.", False),
        ("The difference will slowly shrink.", False),
        ("The gap grows at first, but the reader's comment is in line with it.", False),
        ("The gap is not getting smaller.", True),
        ("The gap is far from shrinking: it grows.", True),
        ("The difference is closely related to it; it increases.", True),
        ("The reader's claim is incorrect and ours is right: the gap increases.", True),
        ("Is the reader's comment true? No, the gap widens.", True),
        ("This shows increasing differences.", True),
        ("We see an increase each year in the gap.", True),
    ],
)
def test_whether_a_gap_grows(conclusion: str, grows: bool) -> None:
    values = "525, 551.25; 424, 449.44. "
    told, _ = read("table_plus_argument", TABLE, values + conclusion)
    assert told == "4 of 4 values" + ", the gap grows" * grows


def test_a_set_may_follow_an_arrow() -> None:
    integers = {"value": [-1, 0, 1]}
    response = "x ∈ Z  ⟹  x ∈ {−1; 0; 1}"
    assert read("integer_list", integers, response) == ("-1, 0, 1", True)


def test_a_function_that_is_said_to_have_few_zeros_is_not_picked() -> None:
    response = (
        "Those with two zeros are **g** and **h**. The function f vanishes only at 4."
    )
    some = {"value": ["g", "h"], "of": ["f", "g", "h"]}
    assert read("label_set", some, response)[1]
    assert read("label_set", some, "g has zeros only at 1 and 3, h at kπ.")[1]


CLAIMS = {
    "claims": {"I": {"holds": True, "witness": "four_divisors", "example": [6]}},
}


@pytest.mark.parametrize(
    ("example", "right"),
    [
        ("Consider 27 = 3^3.", True),
        ("Multiply two primes, for example 5·7 = 35.", True),
        ("3^3 = 27 has them.", True),
        ("1, 3, 9 and 27 are all that divide 27.", True),
        ("Consider 28 = 27 + 1.", False),
        ("For example 5·5 = 25.", False),
    ],
)
def test_a_witness_may_be_a_product(example: str, right: bool) -> None:
    response = f"I. TRUE. {example}"
    assert read("truth_values_with_witness", CLAIMS, response)[1] == right


def test_the_first_sentence_may_choose() -> None:
    chances = {"value": "A", "probabilities": {"A": "5/6", "B": "25/36"}}
    response = "A is more probable.\n\nBecause: P(A) = 5/6, P(B) = 25/36.\n30 > 25."
    response += "\nThat is all.\nNothing else is asked.\nThe end."
    assert read("choice_with_values", chances, response) == ("A", True)


FORMS = (
    "Final answer: {}",
    "Final answer: {}.",
    "Final answer: **{}**",
    "**Final answer:** {}",
    "Final answer: \\boxed{{{}}}",
    "So the answer is {}.",
)
BRACES = ("Final answer: {{{}}}", "Final answer: $\\{{{}\\}}$", "So it is {{{}}}.")
NO_COUNT = {"median": 5, "range": 0}
SINGLE: dict[str, tuple[str, dict[str, Any], str, tuple[str, ...]]] = {
    "a letter": ("set", {"value": ["b"]}, "b", ("c", "b, c", "b or c", "not b")),
    "a word too": ("set", {"value": ["a"]}, "a", ("b", "a and b", "a set")),
    "a digit": ("set", {"value": ["3"]}, "3", ("4", "3, 4", "13")),
    "an integer": ("integer_list", {"value": [7]}, "7", ("8", "7, 8", "-7")),
    "a number": ("number_set", {"value": [2.5]}, "2.5", ("2", "2.5 and 3")),
    "a label": ("label_set", {"value": ["f"], "of": ["f", "g"]}, "f", ("g", "f and g")),
    "an edge": ("edge_set", {"edges": [[1, 2]]}, "1-2", ("1-3", "1-2, 2-3")),
    "a number of one's own": (
        "constructed_list",
        {"count": 1, "example": [5], **NO_COUNT},
        "5",
        ("6", "5, 5"),
    ),
    "two numbers of one's own": (
        "constructed_list",
        {"count": 2, "example": [5, 5], **NO_COUNT},
        "5, 5",
        ("5, 6", "5, 5, 5", "5"),
    ),
    "an event": (
        "choice_with_values",
        {"value": "A", "probabilities": {"A": "1/2"}},
        "A",
        ("B", "A or B"),
    ),
    "a claim": (
        "truth_values_with_witness",
        {"claims": {"I": {"holds": True, "witness": "four_divisors", "example": [6]}}},
        "true, as 6 shows",
        ("false, as 6 shows", "true, as 7 shows"),
    ),
    "a vector": ("vector_expression", {"coefficients": {"a": "1"}}, "a", ("2a", "-a")),
    "one of two vectors": (
        "vector_expression",
        {"coefficients": {"a": "1", "b": "0"}},
        "a",
        ("b", "a + b"),
    ),
    "a table of one value": (
        "table_plus_argument",
        {"table": {"gap": [3.25]}, "tol_abs": 0.005},
        "3.25, so the gap grows",
        ("3.35, so the gap grows", "3.25, so the gap is shrinking"),
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_an_answer_with_one_element_is_read(name: str) -> None:
    kind, answer, right, wrong = SINGLE[name]
    in_braces = BRACES if kind.endswith(("set", "list")) else ()
    for form in (*FORMS, *in_braces):
        assert read(kind, answer, form.format(right))[1], form.format(right)
        for each in wrong:
            assert not read(kind, answer, form.format(each))[1], form.format(each)


@pytest.mark.parametrize(
    "said",
    [
        "A \\setminus B = \\{b\\}",
        "the set contains only b",
        "the only element is b",
        "the letter b",
        'the letter "b"',
        "(b)",
        "x = b",
    ],
)
def test_one_letter_is_read_as_it_is_said(said: str) -> None:
    assert read("set", {"value": ["b"]}, f"Final answer: {said}") == ("b", True)
    assert not read("set", {"value": ["c"]}, f"Final answer: {said}")[1]


def test_one_letter_is_no_answer_where_there_are_several() -> None:
    several = {"value": ["b", "c"]}
    assert read("set", several, "The set A is larger than b.") == (None, False)
    assert read("set", several, "Final answer: b") == ("b", False)
    assert read("vector_expression", {"coefficients": {"a": "2"}}, "So v = a.") == (
        None,
        False,
    )
