"""OpenBookQA: rows, prompts, and what is said of rows that are wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit import Answer
from evalkit.prompts import same_question
from evalkit_tasks.openbookqa import OpenBookQa
from tests.tasks.asked import ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract, real

FILE = "allenai/openbookqa/main/test.jsonl"
TEST: Sequence[Json] = (
    {
        "id": "7-1",
        "question_stem": "A kettle whistles when",
        "choices": {
            "text": ["it is cold", "the water boils", "it is empty", "it rains"],
            "label": ["A", "B", "C", "D"],
        },
        "answerKey": "B",
    },
    {
        "id": "7-2",
        "question_stem": "What do bees collect?",
        "choices": {
            "text": ["stones", "leaves", "nectar", "snow"],
            "label": ["A", "B", "C", "D"],
        },
        "answerKey": " C",
    },
)
TRAIN: Sequence[Json] = tuple(
    {
        "id": f"8-{index}",
        "question_stem": f"Lamp {index} is on and gives",
        "choices": {
            "text": ["light", "shade", "water", "sound"],
            "label": ["A", "B", "C", "D"],
        },
        "answerKey": "A",
    }
    for index in range(7)
)
MADE = MadeUp(OpenBookQa, FILE, TEST, {FILE.replace("test", "train"): TRAIN})


class TestContract(MadeUpContract):
    made = MADE
    right = {"7-1": "The answer is B.", "7-2": r"\boxed{\text{C}}"}
    wrong = {"7-1": "The answer is A.", "7-2": "stones"}
    worked = [f"8-{n}" for n in range(5)]


def test_nothing_stands_around_the_question(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, second = task.samples()
    request = ranked(task, first)
    assert request.prompt == "A kettle whistles when"
    assert request.choices == (
        " it is cold",
        " the water boils",
        " it is empty",
        " it rains",
    )
    assert (first.target, second.target) == ("B", "C")
    assert ranked(task, second, shots=1).prompt == (
        "Lamp 0 is on and gives light\n\nWhat do bees collect?"
    )
    assert ranked(task, second, "letter").prompt == (
        "Question: What do bees collect?\n"
        "A. stones\nB. leaves\nC. nectar\nD. snow\nAnswer:"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answerKey": "E"}, "the label 'E'"),
        ({"choices": {"text": ["a", " "], "label": ["A", "C"]}}, "choice 2"),
        ({"choices": {"text": ["a", "b"], "label": ["C"]}}, "a list of choices"),
        ({"choices": {"text": list("abc"), "label": list("AC")}}, "2 labels for 3"),
        ({"question_stem": ""}, "column 'question_stem'"),
        ({"id": "7-1"}, f"as {FILE}, row 0 has"),
        ({"id": None}, "column 'id' must be a text"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)


def test_every_real_row_can_be_asked_and_judged() -> None:
    data, rows = real(FILE)
    task = OpenBookQa(data=data)
    samples = list(task.samples())
    assert len(samples) == len(rows) == 500
    for row, sample in zip(rows, samples, strict=True):
        request = ranked(task, sample)
        assert request.prompt == row["question_stem"]
        assert request.choices == tuple(f" {each}" for each in row["choices"]["text"])
        for text in task.gold(sample):
            assert task.score(sample, Answer(text=text)).value == 1.0
    shown = {same_question(each) for each in task.exemplars()}
    assert len(shown) == 5
    assert not shown & set(map(same_question, samples))
