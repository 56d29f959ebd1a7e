"""The exam that comes with evalkit: its key against computer algebra, its marking.

Each question is worked out in demo_derivations.py without a look at the key. What comes
out must be the final answer and every number, equation and term that the rubric looks
for.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sympy
from sympy import Expr, Symbol, pi, sqrt
from sympy.parsing.sympy_parser import (
    convert_xor,
    parse_expr,
    standard_transformations,
)

from evalkit import UsageError
from evalkit.exam import Question
from evalkit.grading import FINALS
from evalkit_tasks.demo_exam import DemoExam, mark
from tests.tasks.demo_derivations import DERIVATIONS, Derived

PAPER = DemoExam().paper
QUESTIONS = {each.number: each for each in PAPER.questions}
ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "demo_solutions.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
SPECIAL = {"truth_values_with_witness", "table_plus_argument"}
"""Types of answers that are made for questions of the Hungarian exam."""


# --- Structure


def test_twenty_questions_in_four_parts_make_a_hundred_points() -> None:
    assert [part.name for part in PAPER.parts] == ["I", "II", "III", "IV"]
    assert len(QUESTIONS) == 20
    worth = dict.fromkeys(("I", "II", "III", "IV"), 0.0)
    for each in QUESTIONS.values():
        worth[each.part] += each.points
    assert worth == {"I": 20, "II": 22, "III": 26, "IV": 48}
    assert [part.choose for part in PAPER.parts] == [None, None, None, 2]
    assert worth["I"] + worth["II"] + worth["III"] + 2 * 16 == PAPER.points == 100


def test_any_two_problems_of_the_last_part_are_worth_the_same() -> None:
    problems: dict[str, float] = {}
    for each in QUESTIONS.values():
        if each.part == "IV":
            problems[each.problem] = problems.get(each.problem, 0) + each.points
    assert problems == {"14": 16, "15": 16, "16": 16}


@pytest.mark.parametrize("number", QUESTIONS)
def test_the_points_of_the_steps_add_up(number: str) -> None:
    question = QUESTIONS[number]
    assert sum(step["points"] for step in question.rubric) == question.points


def test_every_type_of_answer_that_suits_any_exam_occurs() -> None:
    types = {each.answer_type for each in QUESTIONS.values()}
    assert types == set(FINALS) - SPECIAL


def test_several_steps_must_be_shown_and_only_a_proof_cannot_be_checked() -> None:
    steps = [(each, step) for each in QUESTIONS.values() for step in each.rubric]
    assert sum(step.get("implied") is False for _, step in steps) >= 6
    assert {each.number for each, step in steps if "check" not in step} == {"10b"}


def test_worked_examples_are_not_in_the_exam_and_are_right() -> None:
    assert 3 <= len(PAPER.worked) <= 5
    asked = {each.question for each in QUESTIONS.values()}
    assert not asked & {each.question for each in PAPER.worked}


# --- The key, against what is worked out again


@cache
def derived(number: str) -> Derived:
    return DERIVATIONS[number]()


def read(text: str | float) -> Expr:
    """An expression of the key."""
    names = {each: Symbol(each) for each in "abcdefghijklmnopqrstuvwxyz"}
    functions = {"log": sympy.log, "sqrt": sqrt, "pi": pi, "cos": sympy.cos}
    return parse_expr(
        str(text),
        local_dict={**names, **functions},
        transformations=(*standard_transformations, convert_xor),
    )


def near(one: Any, other: Any, slack: float = 1e-9) -> bool:
    gap = abs(complex(sympy.N(one - other, 30)))
    return gap <= slack * max(1.0, abs(complex(sympy.N(other))))


def checks(question: Question) -> Iterator[Mapping[str, Any]]:
    """All checks of a question, those within others too."""
    waiting = [step["check"] for step in question.rubric if "check" in step]
    while waiting:
        check = waiting.pop()
        yield check
        for name in ("any", "all", "each"):
            waiting += check.get(name, ())


def several(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def test_every_question_is_worked_out() -> None:
    assert list(DERIVATIONS) == list(QUESTIONS)


@pytest.mark.parametrize("number", QUESTIONS)
def test_final_answers_follow_from_the_questions(number: str) -> None:
    key = QUESTIONS[number].answer
    for name, wanted in derived(number).answer.items():
        if isinstance(wanted, dict):
            assert set(key[name]) == set(wanted)
            assert all(near(read(key[name][each]), wanted[each]) for each in wanted)
        elif isinstance(wanted, list) and name in ("value", "line", "direction"):
            pairs = list(zip(key[name], wanted, strict=True))
            assert all(e == v or near(read(e), v) for e, v in pairs), name
        elif isinstance(wanted, Expr | int):
            assert near(read(key[name]), wanted, 1e-6), name
        else:
            assert key[name] == wanted, name
    if "exact" in key:
        assert near(read(key["exact"]), derived(number).answer["value"])


@pytest.mark.parametrize("number", QUESTIONS)
def test_values_that_are_looked_for_follow_from_the_questions(number: str) -> None:
    for check in checks(QUESTIONS[number]):
        for each in several(check.get("value", [])):
            assert any(near(read(each), d, 1e-6) for d in derived(number).values), each


@pytest.mark.parametrize("number", QUESTIONS)
def test_equations_that_are_looked_for_hold_for_the_solution(number: str) -> None:
    for check in checks(QUESTIONS[number]):
        for each in several(check.get("equation", [])):
            left, _, right = each.partition("=")
            gap = read(left) - read(right)
            gaps = [sympy.simplify(gap.subs(d)) for d in derived(number).points]
            gaps += [gap.subs(name, v) for name, v in named_values(number, gap)]
            assert any(near(found, 0) for found in gaps if not found.free_symbols), each


def named_values(number: str, gap: Expr) -> Iterator[tuple[Symbol, Any]]:
    """The only name of an equation with each value that was worked out."""
    if len(gap.free_symbols) == 1:
        (name,) = gap.free_symbols
        yield from ((name, each) for each in derived(number).values)


@pytest.mark.parametrize("number", QUESTIONS)
def test_solutions_that_are_looked_for_follow_from_the_questions(number: str) -> None:
    known = [set(each) for each in derived(number).roots]
    for check in checks(QUESTIONS[number]):
        for each in check.get("roots", {}).values():
            roots = [read(root) for root in several(each)]
            assert any(
                len(roots) == len(solutions)
                and all(any(near(e, s) for s in solutions) for e in roots)
                for solutions in known
            ), each


@pytest.mark.parametrize("number", QUESTIONS)
def test_terms_that_are_looked_for_follow_from_the_questions(number: str) -> None:
    for check in checks(QUESTIONS[number]):
        for each in several(check.get("term", [])):
            gaps = [sympy.simplify(read(each) - t) for t in derived(number).terms]
            assert 0 in gaps, each


@pytest.mark.parametrize("number", QUESTIONS)
def test_follow_through_of_right_values_is_right(number: str) -> None:
    for check in checks(QUESTIONS[number]):
        if "follows" in check:
            right = derived(number).right
            assert right is not None
            reached = read(check["follows"]).subs(right)
            known = (*derived(number).values, derived(number).answer["value"])
            assert any(near(reached, each) for each in known), check["follows"]


# --- Marking


def test_at_least_two_full_solutions_for_each_question_and_some_partial_ones() -> None:
    for number, question in QUESTIONS.items():
        points = [row["points"] for row in ROWS if row["number"] == number]
        assert sum(each == question.points for each in points) >= 2, number
    assert sum(row["points"] < QUESTIONS[row["number"]].points for row in ROWS) >= 30


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['number']}: {row['why']}" for row in ROWS]
)
def test_answers_get_the_points_of_the_rubric(row: Mapping[str, Any]) -> None:
    """`points` are by the rubric; `automatic` where checks see less or more in it."""
    marked = mark(row["number"], row["response"])
    told = [f"{each.points:g}/{each.worth:g} {each.why}" for each in marked.marks]
    assert marked.points == row.get("automatic", row["points"]), told


@pytest.mark.parametrize("number", QUESTIONS)
def test_the_exams_own_solutions_get_full_marks(number: str) -> None:
    question = QUESTIONS[number]
    assert question.solution
    checked = sum(step["points"] for step in question.rubric if "check" in step)
    assert mark(number, question.solution).points == checked


@pytest.mark.parametrize("number", QUESTIONS)
def test_the_question_again_and_nothing_at_all_earn_nothing(number: str) -> None:
    question = QUESTIONS[number].question
    assert mark(number, "").points == 0
    assert mark(number, question).points == 0
    assert mark(number, f"We are told: {question}\nFinal answer: I give up").points == 0


def test_a_number_that_is_no_question_is_told() -> None:
    with pytest.raises(UsageError, match="no question named '17a'"):
        mark("17a", "42")
