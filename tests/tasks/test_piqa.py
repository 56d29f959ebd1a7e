"""PIQA: rows, prompts, and what is said of rows that are wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit_tasks.piqa import Piqa
from tests.tasks.asked import ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract

FILE = "baber/piqa/piqa_validation.jsonl"
TEST: Sequence[Json] = (
    {
        "goal": "how do you keep a door open?",
        "sol1": "Push a wedge under it.",
        "sol2": "Push a feather under it.",
        "label": 0,
    },
    {
        "goal": "To dry wet boots,",
        "sol1": "fill them with water.",
        "sol2": "stuff them with newspaper.",
        "label": 1,
    },
)
TRAIN: Sequence[Json] = tuple(
    {"goal": f"Lift box {index}.", "sol1": "By hand.", "sol2": "By eye.", "label": 0}
    for index in range(7)
)
MADE = MadeUp(Piqa, FILE, TEST, {FILE.replace("validation", "train"): TRAIN})


class TestContract(MadeUpContract):
    made = MADE
    right = {"validation-0": "The answer is A.", "validation-1": r"\boxed{B}"}
    wrong = {"validation-0": "The answer is B.", "validation-1": "The answer is C."}
    worked = [f"train-{n}" for n in range(5)]


def test_solutions_are_ranked_behind_the_goal(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, second = task.samples()
    request = ranked(task, first)
    assert request.prompt == "Question: how do you keep a door open?\nAnswer:"
    assert request.choices == (" Push a wedge under it.", " Push a feather under it.")
    assert (first.target, second.target) == ("A", "B")
    assert ranked(task, second, shots=1).prompt == (
        "Question: Lift box 0.\nAnswer: By hand.\n\n"
        "Question: To dry wet boots,\nAnswer:"
    )
    assert ranked(task, second, "letter").prompt == (
        "Question: To dry wet boots,\n"
        "A. fill them with water.\nB. stuff them with newspaper.\nAnswer:"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": 2}, "column 'label' has the label 2; there are 0, 1"),
        ({"label": -1}, "the label -1"),
        ({"label": None}, "the label nothing"),
        ({"sol2": " "}, "column 'sol2'"),
        ({"goal": None}, "column 'goal'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)


def test_solutions_for_a_goal_are_one_cluster(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    assert [task.cluster(each) for each in task.samples()] == [
        each["goal"] for each in MADE.rows
    ]
