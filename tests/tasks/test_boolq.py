"""BoolQ: rows, prompts, and what is said of rows that are wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit import Answer
from evalkit_tasks.boolq import BoolQ
from tests.tasks.asked import ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract, problem, real, written

FILE = "google/boolq/validation.jsonl"
TEST: Sequence[Json] = (
    {
        "question": "is the lighthouse still lit",
        "answer": False,
        "passage": "The lighthouse was shut down in 1987. It is a museum now.",
    },
    {
        "question": "can the bridge be crossed on foot",
        "answer": True,
        "passage": "The bridge carries a road and, on its north side, a footpath.",
    },
)
TRAIN: Sequence[Json] = tuple(
    {
        "question": f"is house {index} red",
        "answer": index % 2 == 0,
        "passage": f"House {index} is painted.",
    }
    for index in range(7)
)
MADE = MadeUp(BoolQ, FILE, TEST, {FILE.replace("validation", "train"): TRAIN})


class TestContract(MadeUpContract):
    made = MADE
    right = {"validation-0": "No.", "validation-1": "So the answer is yes."}
    wrong = {"validation-0": r"\boxed{B}", "validation-1": "The answer is (A)."}
    worked = [f"train-{n}" for n in range(5)]


def test_no_and_yes_are_ranked_behind_passage_and_question(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, second = task.samples()
    request = ranked(task, first)
    assert request.prompt == (
        "The lighthouse was shut down in 1987. It is a museum now.\n"
        "Question: is the lighthouse still lit?\nAnswer:"
    )
    assert request.choices == (" no", " yes")
    assert (first.target, second.target) == ("A", "B")
    assert ranked(task, second, shots=2).prompt == (
        "House 0 is painted.\nQuestion: is house 0 red?\nAnswer: yes\n\n"
        "House 1 is painted.\nQuestion: is house 1 red?\nAnswer: no\n\n"
        "The bridge carries a road and, on its north side, a footpath.\n"
        "Question: can the bridge be crossed on foot?\nAnswer:"
    )
    listed = ranked(task, first, "letter").prompt
    assert isinstance(listed, str)
    assert listed.endswith("still lit?\nA. no\nB. yes\nAnswer:")


def test_the_files_are_found_where_the_hub_has_them(tmp_path: Path) -> None:
    moved = {"google/boolq/data/validation-00000-of-00001.jsonl": TEST}
    task = BoolQ(data=written(tmp_path, moved))
    assert [each.target for each in task.samples()] == ["A", "B"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": None}, "column 'answer' must be true or false, not None"),
        ({"passage": ""}, "column 'passage'"),
        ({"question": None}, "column 'question'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)


def test_an_answer_in_words_is_none(tmp_path: Path) -> None:
    rows = [{**row, "answer": str(row["answer"])} for row in TEST]
    message = problem(MADE.laid(tmp_path, rows))
    assert message.startswith(f"{FILE}, row 0: column 'answer' must be true or false")


def test_every_real_row_can_be_asked_and_judged() -> None:
    data, rows = real(FILE)
    task = BoolQ(data=data)
    samples = list(task.samples())
    assert len(samples) == len(rows) == 3270
    for row, sample in zip(rows, samples, strict=True):
        request = ranked(task, sample)
        question = f"Question: {row['question']}?"
        assert request.prompt == f"{row['passage']}\n{question}\nAnswer:"
        said = "yes" if row["answer"] else "no"
        assert task.score(sample, Answer(text=said)).value == 1.0
        for text in task.gold(sample):
            assert task.score(sample, Answer(text=text)).value == 1.0


def test_questions_about_a_passage_are_one_cluster(tmp_path: Path) -> None:
    again = {**TEST[0], "question": "was it shut down"}
    task = MadeUp(BoolQ, FILE, (*TEST, again), {}).laid(tmp_path)
    first, second, third = map(task.cluster, task.samples())
    assert first == third == TEST[0]["passage"]
    assert second == TEST[1]["passage"]
