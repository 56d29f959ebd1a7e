"""Marking step by step: every kind of check, on what it is for and what it is not."""

import json
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from evalkit.grading import (
    UNCHECKED,
    Marked,
    SchemeError,
    check_schema,
    final_of,
    scheme_of,
)

AREA = {"value": 4.6188, "tol_abs": 0.03, "unit": "cm^2"}


def mark(
    check: dict[str, Any], response: str, question: str = "", **step: object
) -> float:
    """The points out of 2 that a step with this check earns; its answer is 99."""
    rubric = [{"points": 2, "step": "a step", "check": check, **step}]
    scheme = scheme_of(rubric, final_of("number", '{"value": 99}'), 2)
    return scheme.mark(question, response).points


def exam_of(*steps: dict[str, Any], answer: dict[str, Any] | None = None) -> Any:
    """A question with one point per step and a number as its answer."""
    rubric = [
        {"points": 1, "step": f"step {n}", **each} for n, each in enumerate(steps)
    ]
    final = final_of("number", json.dumps(answer or {"value": 12}))
    return scheme_of(rubric, final, len(steps))


@pytest.mark.parametrize(
    "response",
    [
        "The area is 84.",
        r"Thus $A = \frac{7 \cdot 24}{2}$, which we need below.",
        "Area of the triangle: (7*24)/2 = 84 square units",
        "A = 1/2 · 7 · 24 = 84",
        "m = 2 · 84/25",
        "\\begin{align*}A &= \\dfrac{7\\cdot 24}{2}\\\\ &= 84\\text{ u}^2\\end{align*}",
        "| side | area |\n|---|---|\n| 7 | 84 |",
        "It is 84.0 cm^2",
    ],
)
def test_a_value_is_found_wherever_it_is_reached(response: str) -> None:
    assert mark({"value": 84}, response) == 2


@pytest.mark.parametrize(
    "response",
    [
        "The area is 840.",
        "The area is 8.4.",
        "84000 is the result",
        "A = 7 · 24/2 = 94",
        "The area is seven times twenty-four over two",
        "x84 is the name of a road",
        "",
    ],
)
def test_another_value_is_not(response: str) -> None:
    assert mark({"value": 84}, response) == 0


def test_a_set_up_counts_in_spite_of_a_slip_where_the_scheme_says_so() -> None:
    slip = "The rise is 33000/275000 = 0.13"
    assert mark({"value": "0.12"}, slip) == 0
    assert mark({"value": "0.12", "worked": True}, slip) == 2
    assert mark({"value": "0.12", "worked": True}, "The rise is 0.12.") == 0
    assert mark({"value": "0.12", "stated": True}, "The rise is 0.12.") == 2


def test_a_calculation_may_have_to_contain_a_number() -> None:
    check = {"value": 0, "worked": True, "using": [13]}
    assert mark(check, "S = 13/2 · (18 + (−18)) = 0") == 2
    assert mark(check, "18 + 6·(−3) = 0") == 0


def test_a_calculation_may_have_to_stand_by_itself() -> None:
    check = {"value": 720, "worked": True}
    unordered = "C(10, 3) = 10 · 9 · 8/(3 · 2 · 1) = 120"
    assert mark(check, unordered) == 2
    assert mark({**check, "whole": True}, unordered) == 0
    assert mark({**check, "whole": True}, "10 · 9 · 8 = 700 ways") == 2


@pytest.mark.parametrize(
    ("value", "response", "points"),
    [
        ("6.72", "m = 1,4 · 4,8 = 6,72 cm", 2),
        ("9.8", "p = 4,9, so 2·p = 2 · 4,9", 2),
        ("23.6", "n = lg1,25/lg1,0095 = 23,6", 2),
        ("1.05", r"$q = 1{,}05$, hence $525 \cdot 1{,}05 \approx 551{,}25$", 2),
        ("551.25", r"$525 \cdot 1{,}05 \approx 551{,}25$", 2),
        ("0.6", "it takes 0,6 s", 2),
        ("0.125", "the share is 1/8 = 0,125", 2),
        ("551.25", "2020: 551,25 and 449,44; 2021: 578,81 and 476,41", 2),
        ("13.3", "p: 13,30", 0),
        ("1.2", "The roots: 1,2", 0),
        ("4.8", "k - 2 = ±6 and k = -4,8", 0),
        ("1.2", "Cases x = 1,2 are easy.", 0),
        ("17360", "In the years n = 1,2,... it made 17,360 million", 2),
        ("1.4", "p ≈ 2,5, and the point (1,4) is on it", 0),
        ("1.4", "p ≈ 2.5, and the numbers 1,4 are left", 0),
        ("1.4", "p ≈ 2,5 and q is 3.5, and the numbers 1,4 are left", 0),
        ("1.2", "5 · 2469 = 12,345, and the roots are 1,2", 0),
        ("1.2", "x ≈ 2,5, from the list 1,2,3", 0),
        ("1.2", "the roots are 1,2", 0),
        ("308000", "the wage is 308,000 and p ≈ 2,5", 2),
    ],
)
def test_decimal_commas(value: str, response: str, points: float) -> None:
    """They are read where no decimal point stands, and lists and pairs are not."""
    assert mark({"value": value}, response) == points


@pytest.mark.parametrize(
    ("response", "points"),
    [
        ("t1 = 0.2 (going up), t2 = 1 (coming down)", 2),
        ("t₁ = 0.2, t₂ = 1", 2),
        (r"$t_1 = 0.2 \text{  s}$ and $t_2 = 1 \text{  s}$", 2),
        ("t1 = 0.2, t2 = 11", 0),
    ],
)
def test_a_name_may_have_a_number(response: str, points: float) -> None:
    assert mark({"roots": {"t": "1"}}, response) == points


@pytest.mark.parametrize(
    ("response", "points"),
    [
        (r"If $m$ is the altitude, then $84 = \frac{25m}{2}$.", 2),
        ("m·25/2 is the area, so 25m/2 = 84", 2),
        ("The legs are 7 m and 24 m; 25m/2 = 84", 0),
    ],
)
def test_a_letter_is_a_unit_unless_it_stands_alone(
    response: str, points: float
) -> None:
    assert mark({"roots": {"m": "6.72"}}, response) == points


def test_rounding_on_the_way_is_allowed_where_a_number_is_not_short() -> None:
    check = {"value": "4*sqrt(3)/3"}
    assert mark(check, "the other leg is 2.31 cm") == 2
    assert mark(check, "the other leg is 2.4 cm") == 0
    assert mark({**check, "within": 0.1}, "the other leg is 2.4 cm") == 2
    assert mark({"value": 12}, "it is 12.01") == 0


@pytest.mark.parametrize(
    ("response", "points"),
    [
        ("4(3 − x) = x² + 10x + 25", 2),
        ("x^2 + 14x + 13 = 0", 2),
        ("-2x^2 - 28x = 26", 2),
        (r"$x_1^2$ apart, $(x+1)(x+13) = 0$", 2),
        ("y^2 + 14y + 13 = 0", 0),
        ("x^2 + 14x + 12 = 0", 0),
        ("x = x", 0),
    ],
)
def test_an_equation_counts_in_any_form(response: str, points: float) -> None:
    assert mark({"equation": "x^2 + 14*x + 13 = 0"}, response) == points


def test_an_unknown_may_be_renamed_where_the_scheme_says_so() -> None:
    renamed = {"equation": "500*1.05^n = 400*1.06^n", "renamed": True}
    assert mark(renamed, r"$500\cdot 1.05^{x} = 400 \cdot 1.06^{x}$") == 2
    assert mark({**renamed, "renamed": False}, "500·1.05^x = 400·1.06^x") == 0


def test_an_equation_with_given_roots() -> None:
    check = {"roots": {"t": ["0.2", "1"]}}
    assert mark(check, "6t − 5t² = 1") == 2
    assert mark(check, "(5t - 1)(t - 1) = 0") == 2
    assert mark(check, "6t + 5t² = 1") == 0
    assert mark(check, "c = 1 and t = t") == 0
    isolated = {"roots": {"n": 3}, "isolated": True}
    assert mark(isolated, "2^n = 8") == 2
    assert mark(isolated, "2^n = n + 5") == 0


def test_a_term_is_a_function_not_a_spelling() -> None:
    check = {"term": "x^2 + 10*x + 25"}
    assert mark(check, "the right side is (x + 5)²") == 2
    assert mark(check, "the right side is (x + 5)² + 1") == 0
    assert mark({**check, "side": True}, "the right side is (x + 5)²") == 0
    assert mark({**check, "side": True}, "4(3 − x) = (x+5)^2") == 2
    assert mark(check, "2 + (x+5)^2 = 7") == 0
    assert mark({**check, "part": True}, "2 + (x+5)^2 = 7") == 2


@pytest.mark.parametrize(
    ("says", "response", "points"),
    [
        ("30°|30 degrees", r"The angle is $30^\circ$.", 2),
        ("30°|30 degrees", "The angle is 30 degrees wide.", 2),
        ("30°", "The angle is 130°.", 0),
        ("slope ... 5", "The slope of the line is therefore 5.", 2),
        ("slope ... 5", "We need its slope. There are 5 of them.", 0),
        ("slope ... 5", "The slope is 5.5.", 0),
        ("heights add up", "Their heights do not add up to anything.", 0),
        ("heights add up", "Their heights add up to 4 cm.", 2),
        ("not adjacent", "The two must not be close. They are not adjacent.", 2),
        ("1, 2, 3", "The divisors are 1, 2, 3 and 6.", 2),
        ("1, 2, 3", "The divisors are 1, 2, 3, 6.", 0),
        ("1, 2, 3", "They are 0, 1, 2, 3.", 0),
        ("true", "That is untrue.", 0),
        (["equal", "half"], "Each is half of it. So they are equal.", 2),
        (["equal", "half"], "Each is half of it.", 0),
    ],
)
def test_phrases(says: str | list[str], response: str, points: float) -> None:
    assert mark({"says": says}, response) == points


@pytest.mark.parametrize(
    ("response", "points"),
    [
        ("Die Bewegung ist gleichmäßig.", 2),
        ("Die Bewegung ist nicht gleichmäßig.", 0),
        ("Es ist keine gleichmäßige Bewegung.", 0),
        ("Ez nem gleichmäßig.", 0),
        ("Ce n'est pas gleichmäßig.", 0),
    ],
)
def test_phrases_are_denied_in_other_languages(response: str, points: float) -> None:
    assert mark({"says": "gleichmäßig"}, response) == points


def test_saying_the_question_again_is_no_evidence() -> None:
    question = "Two triangles on opposite sides of the square share no side at all."
    assert mark({"says": "opposite"}, question, question) == 0
    assert mark({"says": "opposite"}, "The equal ones must be opposite.", question) == 2


def test_an_expression_or_equation_of_the_question_is_no_evidence() -> None:
    question = "Show that q(x) = (x − 2)² + 4x is even. Solve 6t − 5t² = 1."
    assert mark({"term": "x^2 + 4"}, "q(x) = (x − 2)² + 4x", question) == 0
    assert mark({"term": "x^2 + 4"}, "q(x) = x² + 4", question) == 2
    assert mark({"equation": "6*t - 5*t^2 = 1"}, "6t − 5t² = 1", question) == 0
    assert mark({"equation": "6*t - 5*t^2 = 1"}, "5t² − 6t + 1 = 0", question) == 2


def test_factorials_side_by_side_are_multiplied() -> None:
    assert mark({"value": 120, "worked": True}, "16!/(2!14!) pairs") == 2


def test_what_an_answer_gave_is_not_what_follows_from_it() -> None:
    check = {"follows": "1*base", "from": {"base": "base"}}
    assert mark(check, "The base has 156 cm². So the box has 156 cm³.") == 0


def test_a_wrong_value_is_followed_through() -> None:
    check = {"follows": "3*base", "from": {"base": "base|hexagon"}}
    assert mark(check, "The base has 15√3 cm². The box: 15√3 · 3 = 45√3 cm³") == 2
    assert mark(check, "The base has 52 cm², so the box has 156 cm³.") == 2
    assert mark(check, "The base has 52 cm², so the box has 165 cm³.") == 0
    assert mark(check, "The box has 156 cm³. Its lid has 52 cm².") == 0
    split = "The area of the hexagon is\n\n5 · 5.2 = 26\n\nThe box: 26 · 3 = 78"
    assert mark(check, split) == 2


def test_what_follows_may_have_to_be_worked_out() -> None:
    sources = {"a": "2020", "b": "2020"}
    check = {"follows": "a-b", "from": sources, "worked": True}
    values = "2020: A has 551.25 and B has 448. The difference in 2020 is "
    assert mark(check, values + "551.25 − 448 = 103.25.") == 2
    assert mark(check, values + "103.25.") == 0
    assert mark(check, values + "100 + 3.25 = 103.25.") == 0
    assert mark(check, "In 2020 it is 525 · 1.05 = 551.25.") == 0


def test_a_step_may_need_another() -> None:
    scheme = exam_of(
        {"check": {"says": "geometric"}}, {"check": {"value": 525}, "needs": [1]}
    )
    assert scheme.mark("", "It begins with 525.").points == 0
    assert scheme.mark("", "A geometric series that begins with 525.").points == 2


def test_a_right_answer_implies_its_steps_unless_they_must_be_shown() -> None:
    scheme = exam_of(
        {"check": {"value": "33000/275000"}},
        {"check": {"says": "because"}, "implied": False},
        {"check": {"final": True}},
    )
    found: Marked = scheme.mark("", "Final answer: 12")
    assert [each.points for each in found.marks] == [1, 0, 1]
    assert found.marks[0].why == "given with the right final answer"
    assert found.read == "12"
    assert scheme.mark("", "Final answer: 13").points == 0
    halves = exam_of({"check": {"each": [{"value": 5}, {"value": 7}]}})
    assert halves.mark("", "5 and so on. Final answer: 13").points == 0.5
    assert halves.mark("", "5 and so on. Final answer: 12").points == 1


def test_a_step_without_check_is_left_to_people() -> None:
    scheme = exam_of({}, {"check": {"final": True}})
    found = scheme.mark("", "Final answer: 12")
    assert [each.points for each in found.marks] == [0, 1]
    assert found.marks[0].why == UNCHECKED
    assert scheme.unchecked == 1
    silent = scheme.mark("", "<think>It is 12.</think>")
    assert silent.marks[0].why == "the answer is empty"


def test_elements_that_are_missing_or_too_many_cost_points() -> None:
    final = final_of("set", '{"value": ["c", "d", "f"]}')
    rubric = [{"points": 2, "step": "", "check": {"final": True, "per_fault": 1}}]
    scheme = scheme_of(rubric, final, 2)
    assert scheme.mark("", "Final answer: {c, d, f}").points == 2
    assert scheme.mark("", "Final answer: {c, d}").points == 1
    assert scheme.mark("", "Final answer: {c, d, e, f}").points == 1
    assert scheme.mark("", "Final answer: {a, b, c}").points == 0


def test_any_all_and_each() -> None:
    one, two = {"value": 41}, {"value": 43}
    assert mark({"any": [one, two]}, "It is 43.") == 2
    assert mark({"all": [one, two]}, "It is 43.") == 0
    assert mark({"all": [one, two]}, "It is 41 or 43.") == 2
    assert mark({"each": [one, two]}, "It is 43.") == 1
    assert mark({"each": [one, two]}, "It is 44.") == 0


def test_thinking_is_not_marked() -> None:
    assert mark({"value": 84}, "<think>It is 84.</think>It is large.") == 0


def test_stating_every_number_there_is_earns_nothing() -> None:
    numbers = " ".join(f"{n}," for n in range(1000))
    assert mark({"value": 84}, numbers) == 0
    assert mark({"value": 84}, f"{numbers} and A = 7 · 24/2") == 2


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"check": {}}, "exactly one of"),
        ({"check": {"value": 1, "says": "x"}}, "exactly one of"),
        ({"check": {"value": "2 +"}}, "cannot read '2 +'"),
        ({"check": {"value": "x"}}, "is no real number: x"),
        ({"check": {"equation": "x + 2"}}, "one sign of equality"),
        ({"check": {"term": "7*24"}}, "a value, not a term"),
        ({"check": {"roots": {"x": 1, "y": 2}}}, "roots takes one unknown"),
        ({"check": {"follows": "3*a", "from": {"b": "base"}}}, "just the names in"),
        ({"check": {"final": "median"}}, "a number has no aspect 'median'"),
        ({"check": {"final": True, "per_fault": 1}}, "per_fault is not for a number"),
        ({"check": {"any": [{"final": "median"}]}}, "a number has no aspect 'median'"),
        ({"check": {"says": "slope|"}}, "an alternative without words"),
        ({"check": {"says": "... ..."}}, "an alternative without words"),
        ({"check": {"final": True}, "needs": [1]}, "needs must name steps before it"),
    ],
)
def test_a_scheme_that_cannot_be_followed(step: dict[str, Any], said: str) -> None:
    with pytest.raises(SchemeError, match=r"^step 1: ") as caught:
        exam_of(step)
    assert said in str(caught.value)


def test_points_must_add_up() -> None:
    rubric = [{"points": 2, "step": "", "check": {"final": True}}]
    with pytest.raises(SchemeError, match="add up to 2, the question has 3"):
        scheme_of(rubric, final_of("number", '{"value": 1}'), 3)


def test_the_schema_has_each_kind_of_check_once() -> None:
    schema = check_schema()
    kinds = {each["required"][0] for each in schema["oneOf"]}
    assert kinds <= schema["properties"].keys()
    with pytest.raises(SchemeError) as caught:
        exam_of({"check": {}})
    assert all(kind in str(caught.value) for kind in kinds)


@pytest.fixture
def deadline() -> Iterator[None]:
    """Fail a test that hangs; what is bounded takes a small part of this time."""

    def expired(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError("marking took longer than 30 s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


HOSTILE = [
    "9^" * 5000 + "9",
    "2^2^2^2^2^2^2^2 = x",
    "(" * 20_000,
    "1/0 = x and 0^0 = 1 and sqrt(-1) = i",
    "\\frac{" * 3000,
    "=" * 30_000,
    "170!! = 9999999999999!",
    "\\binom{99999}{50000} = x",
    "a " * 20_000,
    "1 + " * 10_000,
    "| 1 " * 10_000,
    "x" * 60_000,
    "$\\text{" + "a" * 5000 + "}$" * 10,
    "30^\\circ" * 5000,
    "1,000,000" * 3000,
    "slope " * 8000,
    "\x00\ud83d\ude00 = 84",
    "(a b c (d e f (g h i" * 2000,
    "10 % " * 8000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.usefixtures("deadline")
def test_hostile_answers_are_marked_in_bounded_time(text: str) -> None:
    scheme = exam_of(
        {"check": {"value": 83}},
        {"check": {"equation": "6*t - 5*t^2 = 1"}},
        {"check": {"term": "x^7", "part": True, "renamed": True}},
        {"check": {"says": "slope ... 5 ... 7"}},
        {"check": {"follows": "3*a + b", "from": {"a": "1|a|x", "b": "1|a|x"}}},
    )
    assert scheme.mark("What is x?", text).points == 0
