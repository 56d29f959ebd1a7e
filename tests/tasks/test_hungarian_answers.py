"""Judging the final answer of every question of the Hungarian exam."""

import time
from collections.abc import Iterable
from dataclasses import replace

import pytest

from evalkit import (
    Answer,
    Outcome,
)
from evalkit.grading import Finding, final_of
from tests.tasks.hungarian import EXAM, SAMPLES, graded, score
from tests.tasks.hungarian_answers import (
    HOSTILE,
    RIGHT,
    RIGHT_KINDS,
    WHOLE,
    WRONG,
    WRONG_KINDS,
)


def judged(number: str, text: str) -> Finding:
    """What the final answer of a text is taken for, whatever else it shows."""
    facts = SAMPLES[number].metadata
    final = final_of(facts["answer_type"], facts["answer"])
    return final.judge(SAMPLES[number].question, text)


def implied(number: str) -> float:
    """Points that a right final answer earns with nothing shown for it."""
    steps = EXAM.scheme(SAMPLES[number]).steps
    given: list[bool] = []
    for step in steps:
        shown = step.check is not None and step.implied
        given.append(shown and all(given[n - 1] for n in step.needs))
    pairs = zip(steps, given, strict=True)
    return sum(step.points for step, is_given in pairs if is_given)


def cases(answers: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    return [(number, text) for number, texts in answers.items() for text in texts]


def test_every_question_but_the_proof_is_tested_both_ways() -> None:
    assert set(RIGHT) == set(SAMPLES) - {"15c"}
    assert set(WRONG) == set(SAMPLES)


@pytest.mark.parametrize(("number", "text"), cases(RIGHT))
def test_a_right_answer_earns_all_that_need_not_be_shown(
    number: str, text: str
) -> None:
    text = text.replace(r"\n", "\n")
    assert judged(number, text).right
    found = score(number, text)
    assert found.explanation.startswith("read from: ") or number in WHOLE
    assert found.points >= implied(number)
    if implied(number) == SAMPLES[number].points:
        assert found.outcome is Outcome.RIGHT


@pytest.mark.parametrize(("number", "text"), cases(WRONG))
def test_a_near_miss_earns_no_full_marks(number: str, text: str) -> None:
    assert not judged(number, text).right
    found = score(number, text)
    assert found.value < 1.0
    assert found.points == sum(each.points for each in found.marks)
    assert found.outcome not in (Outcome.RIGHT, Outcome.ERROR)


@pytest.mark.parametrize("kind", RIGHT_KINDS)
def test_a_right_answer_is_read_in_any_dress(kind: str) -> None:
    for number, text in RIGHT_KINDS[kind]:
        found = judged(number, text)
        assert found.right, (number, text, found.why)


@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_what_only_looks_right_earns_no_full_marks(kind: str) -> None:
    for number, text in WRONG_KINDS[kind]:
        assert not judged(number, text).right, (number, text)
        assert score(number, text).value < 1.0, (number, text)


def test_a_number_too_large_for_a_float_is_just_wrong() -> None:
    for number in SAMPLES:
        for text in ("1e250 trillion", "1e249 km", "1e250 or 1e249 trillion"):
            assert score(number, f"Final answer: {text}").value == 0.0


@pytest.mark.parametrize("number", sorted(RIGHT))
def test_the_reference_answer_is_right(number: str) -> None:
    text = f"Some thoughts.\n\nFinal answer: {SAMPLES[number].target}"
    assert judged(number, text).right


@pytest.mark.parametrize("number", SAMPLES)
@pytest.mark.parametrize("text", ["", "   \n", "<think>It is"])
def test_silence_is_no_answer(number: str, text: str) -> None:
    assert score(number, text).outcome == Outcome.NO_ANSWER


@pytest.mark.parametrize("number", sorted(set(SAMPLES) - {"15c"}))
def test_a_refusal_is_no_answer(number: str) -> None:
    text = "I cannot solve this problem."
    assert score(number, text).outcome == Outcome.NO_ANSWER


def test_a_proof_is_unmarked_unless_there_is_nothing_to_mark() -> None:
    found = score("15c", "This is obvious. Q.E.D.")
    assert (found.outcome, found.points) == (Outcome.UNMARKED, 0.0)
    assert {each.why for each in found.marks} == {"needs a judge or a person"}
    silent = score("15c", "")
    assert {each.why for each in silent.marks} == {"the answer is empty"}
    cut = Answer(text="The heights of two opposite", finish="length")
    assert EXAM.score(SAMPLES["15c"], cut).outcome == Outcome.TRUNCATED


def test_an_answer_inside_unfinished_thinking_does_not_count() -> None:
    assert score("6", "<think>It is \\boxed{43}").outcome == Outcome.NO_ANSWER
    assert score("6", "<think>53?</think> \\boxed{43}").outcome == Outcome.RIGHT


def test_a_cut_off_answer_is_truncated_unless_it_is_right() -> None:
    cut = Answer(text="First, the place values", finish="length")
    assert EXAM.score(SAMPLES["6"], cut).outcome == Outcome.TRUNCATED
    done = replace(cut, text="\\boxed{43}")
    assert EXAM.score(SAMPLES["6"], done).outcome == Outcome.RIGHT


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_is_answered_quickly(text: str) -> None:
    one_of_each = {each.metadata["answer_type"]: each for each in SAMPLES.values()}
    start = time.process_time()
    for sample in one_of_each.values():
        assert score(sample.id, text).value < 0.5
    assert time.process_time() - start < 0.5 * len(one_of_each)


def test_full_marks_agree_with_those_of_people() -> None:
    rows = graded()
    agreed = [
        (row["human_points"] >= row["max_points"])
        == (score(row["id"].rpartition("-")[2], row["response"]).value == 1.0)
        for row in rows
    ]
    assert sum(agreed) >= 0.95 * len(agreed)


CUT_OFF = "So we look for the line with slope -1. We look for the line with slope -1"


@pytest.mark.parametrize("number", ["9", "16a", "14d", "5", "13a", "11b"])
def test_where_a_response_was_cut_off_no_answer_is_guessed(number: str) -> None:
    sample = next(each for each in EXAM.samples() if each.id == number)
    rambling = f"{CUT_OFF}\n\n1, 2, 3, 6, 8 and 1-2, 1-3 and y = 5x - 13 and it is 120"
    score = EXAM.score(sample, Answer(text=rambling, finish="length"))
    assert score.outcome in (Outcome.TRUNCATED, Outcome.PARTIAL)
    assert score.answer is None


def test_a_stated_answer_counts_even_if_more_was_cut_off() -> None:
    sample = next(each for each in EXAM.samples() if each.id == "9")
    text = "Final answer: 120\n\nLet me check that again. There are 16 teams, and 16"
    score = EXAM.score(sample, Answer(text=text, finish="length"))
    assert score.outcome is Outcome.RIGHT
