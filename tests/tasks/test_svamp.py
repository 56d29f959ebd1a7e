"""SVAMP: rows, prompts, and the final number of a response."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit import Answer, Outcome, Sample
from evalkit.prompts import same_question
from evalkit_tasks.svamp import WORKED, Svamp, closed
from tests.tasks.asked import generated
from tests.tasks.made_up import Json, MadeUp, MadeUpContract, real, written

FILE = "ChilleD/SVAMP/test.jsonl"
TEST: Sequence[Json] = (
    {
        "Body": "A shed holds 12 rakes and 30 pots. If 5 rakes are taken out",
        "Question": "How many rakes are left?",
        "Equation": "( 12.0 - 5.0 )",
        "Answer": "7.0",
        "Type": "Subtraction",
    },
    {
        "Body": "Rosa ran 3 laps of 400 m.",
        "Question": "How far did she run?",
        "Equation": "( 3.0 * 400.0 )",
        "Answer": "1200.0",
        "Type": "Multiplication",
    },
)
MADE = MadeUp(Svamp, FILE, TEST)


class TestContract(MadeUpContract):
    made = MADE
    right = {
        "test-0": "12 - 5 = 7 rakes are left.\n#### 7",
        "test-1": r"She ran \boxed{1{,}200} m.",
    }
    wrong = {"test-0": "#### 37", "test-1": "The answer is 400."}
    worked = [each.id for each in WORKED]


def test_body_and_question_are_one_text(tmp_path: Path) -> None:
    first, second = MADE.laid(tmp_path).samples()
    assert first.question == (
        "A shed holds 12 rakes and 30 pots. If 5 rakes are taken out, "
        "How many rakes are left?"
    )
    assert second.question == "Rosa ran 3 laps of 400 m. How far did she run?"
    assert (first.target, second.target) == ("7", "1200")


@pytest.mark.parametrize(
    ("body", "expected"),
    [("It is.", "It is."), ("Is it?", "Is it?"), ("If so", "If so,"), ("so,", "so,")],
)
def test_an_open_body_gets_a_comma(body: str, expected: str) -> None:
    assert closed(body) == expected


def test_the_files_are_found_where_the_hub_has_them(tmp_path: Path) -> None:
    moved = {"ChilleD/SVAMP/data/test-00000-of-00001.jsonl": TEST}
    task = Svamp(data=written(tmp_path, moved))
    assert [each.target for each in task.samples()] == ["7", "1200"]


def test_a_fraction_stays_as_it_is(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path, [{**TEST[0], "Answer": "2.5"}])
    (sample,) = task.samples()
    assert sample.target == "2.5"
    assert task.score(sample, Answer(text=r"\boxed{5/2}")).outcome is Outcome.RIGHT


def test_the_prompts(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    _, second = task.samples()
    assert task.protocols[0].name == "chat"
    chat = generated(task, second, "chat")
    assert chat.startswith("Rosa ran 3 laps of 400 m. How far did she run?\n\n")
    assert r"\boxed{}" in chat
    shown = generated(task, second, "fewshot", shots=len(WORKED))
    assert shown.startswith("Question: A bakery baked 48 rolls on Friday.")
    assert shown.endswith(
        "Question: Rosa ran 3 laps of 400 m. How far did she run?\nAnswer:"
    )
    assert shown.count("\n#### ") == len(WORKED) == 5


@pytest.mark.parametrize("sample", WORKED, ids=lambda each: each.id)
def test_worked_examples_are_right(sample: Sample) -> None:
    answer = Answer(text=sample.solution)
    assert Svamp().score(sample, answer).outcome is Outcome.RIGHT
    assert sample.solution.endswith(f"\n#### {sample.target}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Answer": "many"}, "column 'Answer' must be a number, not 'many'"),
        ({"Answer": ""}, "column 'Answer'"),
        ({"Body": " "}, "column 'Body'"),
        ({"Question": None}, "column 'Question'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)


def test_every_real_row_can_be_asked_and_judged() -> None:
    data, rows = real(FILE)
    task = Svamp(data=data)
    samples = list(task.samples())
    assert len(samples) == len(rows) == 1000
    for row, sample in zip(rows, samples, strict=True):
        assert sample.question.startswith(row["Body"])
        assert sample.question.endswith(f" {row['Question']}")
        assert float(sample.target) == float(row["Answer"])
        assert "." not in sample.target
        for text in (*task.gold(sample), f"So the answer is {row['Answer']}."):
            assert task.score(sample, Answer(text=text)).value == 1.0
    assert not set(map(same_question, WORKED)) & set(map(same_question, samples))
