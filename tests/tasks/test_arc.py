"""ARC: rows, prompts, and what is said of rows that are wrong."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase

import pytest

from evalkit import Answer, Task
from evalkit_tasks.arc import ArcChallenge, ArcEasy
from tests.tasks.asked import ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract, real

LONG = f"0{ascii_lowercase}"
TEST: Sequence[Json] = (
    {
        "id": "M_1",
        "question": "Which of these gives off light of its own?",
        "choices": {
            "text": ["the Moon", "the Sun", "a mirror", "a window"],
            "label": ["A", "B", "C", "D"],
        },
        "answerKey": "B",
    },
    {
        "id": "M_2",
        "question": "What do plants take from the air?",
        "choices": {
            "text": ["sand", "iron", "carbon dioxide"],
            "label": ["1", "2", "3"],
        },
        "answerKey": "3",
    },
)
TRAIN: Sequence[Json] = tuple(
    {
        "id": f"T_{index}",
        "question": f"Which number follows {index}?",
        "choices": {"text": [str(index + 1), "none"], "label": ["A", "B"]},
        "answerKey": "A",
    }
    for index in range(27)
)


def questions(task: type[Task], config: str) -> MadeUp:
    """One of the two sets of questions."""
    folder = f"allenai/ai2_arc/{config}"
    return MadeUp(task, f"{folder}/test.jsonl", TEST, {f"{folder}/train.jsonl": TRAIN})


CHALLENGE = questions(ArcChallenge, "ARC-Challenge")


class TestArcChallenge(MadeUpContract):
    made = CHALLENGE
    right = {"M_1": "It shines by itself, so the answer is B.", "M_2": r"\boxed{C}"}
    wrong = {"M_1": "The answer is (A)", "M_2": "The answer is B or C"}
    worked = [f"T_{n}" for n in range(25)]


class TestArcEasy(MadeUpContract):
    made = questions(ArcEasy, "ARC-Easy")
    right = {"M_1": "the Sun", "M_2": "Plants need carbon dioxide."}
    wrong = {"M_1": "the Moon", "M_2": "D"}
    worked = [f"T_{n}" for n in range(25)]


def test_choices_are_ranked_behind_the_question(tmp_path: Path) -> None:
    task = CHALLENGE.laid(tmp_path)
    first, second = task.samples()
    request = ranked(task, first)
    assert request.prompt == (
        "Question: Which of these gives off light of its own?\nAnswer:"
    )
    assert request.choices == (" the Moon", " the Sun", " a mirror", " a window")
    assert (first.target, second.target) == ("B", "C")


def test_letters_are_ranked_behind_the_list_whatever_the_dataset_calls_them(
    tmp_path: Path,
) -> None:
    task = CHALLENGE.laid(tmp_path)
    _, second = task.samples()
    request = ranked(task, second, "letter")
    assert request.prompt == (
        "Question: What do plants take from the air?\n"
        "A. sand\nB. iron\nC. carbon dioxide\nAnswer:"
    )
    assert request.choices == (" A", " B", " C")


def test_worked_examples_are_the_first_rows_of_the_train_split(tmp_path: Path) -> None:
    task = CHALLENGE.laid(tmp_path)
    first, _ = task.samples()
    assert ranked(task, first, shots=2).prompt == (
        "Question: Which number follows 0?\nAnswer: 1\n\n"
        "Question: Which number follows 1?\nAnswer: 2\n\n"
        "Question: Which of these gives off light of its own?\nAnswer:"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answerKey": "E"}, "the label 'E'"),
        ({"answerKey": None}, "the label nothing"),
        ({"choices": {"text": ["a", ""], "label": ["1", "3"]}}, "choice 2"),
        ({"choices": {"text": ["a"], "label": ["3"]}}, "a list of choices"),
        (
            {"choices": {"text": ["a", "b"], "label": ["1", "2", "3"]}},
            "3 labels for 2 choices",
        ),
        (
            {"choices": {"text": list(LONG), "label": list(LONG)}, "answerKey": "0"},
            "27 choices, and letters for 26",
        ),
        ({"question": " "}, "column 'question'"),
        ({"id": "M_1"}, "as allenai/ai2_arc/ARC-Challenge/test.jsonl, row 0 has"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in CHALLENGE.problem(tmp_path, change)


def test_every_real_row_can_be_asked_and_judged() -> None:
    data, rows = real(CHALLENGE.file)
    task = ArcChallenge(data=data)
    samples = list(task.samples())
    assert len(samples) == len(rows) > 1000
    for row, sample in zip(rows, samples, strict=True):
        request = ranked(task, sample)
        assert request.prompt == f"Question: {row['question']}\nAnswer:"
        assert request.choices == tuple(f" {each}" for each in row["choices"]["text"])
        for text in task.gold(sample):
            assert task.score(sample, Answer(text=text)).value == 1.0
