"""HellaSwag: how texts are cleaned, prompts, and rows that are wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evalkit_tasks.hellaswag import HellaSwag, cleaned
from tests.tasks.asked import generated, ranked
from tests.tasks.made_up import Json, MadeUp, MadeUpContract

FILE = "Rowan/hellaswag/data/validation.jsonl"
SCENE: Json = {
    "ind": 11,
    "source_id": "activitynet~v_1",
    "activity_label": "Making tea",
    "ctx_a": "A woman fills a kettle at the sink.",
    "ctx_b": "she",
    "endings": ["boils it.", "eats it.", "paints it.", "folds it."],
    "label": "0",
}
ARTICLE: Json = {
    "ind": 12,
    "source_id": "wikihow~2",
    "activity_label": "Home and Garden",
    "ctx_a": "[header] How to oil a hinge [title] Clean the hinge. [step] Use a rag. ",
    "ctx_b": "",
    "endings": [
        "[substeps] Old oil comes off. [title] Apply the oil.",
        " Throw the door away. [title] Buy a door. ",
        "Wait [step] for rain.",
        "Rags [substeps]  [title] are soft.",
    ],
    "label": "0",
}
TEST = (SCENE, {**ARTICLE, "label": "3"})
TRAIN: Sequence[Json] = tuple(
    {**SCENE, "ctx_a": f"Woman {index} fills a kettle.", "label": str(index % 4)}
    for index in range(12)
)
MADE = MadeUp(HellaSwag, FILE, TEST, {FILE.replace("validation", "train"): TRAIN})


class TestContract(MadeUpContract):
    made = MADE
    right = {"validation-0": "A", "validation-1": "The answer is D."}
    wrong = {"validation-0": "B", "validation-1": "The answer is A."}
    worked = [f"train-{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("  ends are stripped ", "ends are stripped"),
        ("One [title] Two", "One. Two"),
        ("[title] at the beginning", " at the beginning"),
        ("[header] How to [title] Go", " How to. Go"),
        ("a [step] b", "a b"),
        ("a[step]b", "ab"),
        ("a   b", "a  b"),
        ("a [b [c] d]", "a d]"),
        ("behind [step]", "behind "),
        ("an open [bracket", "an open [bracket"),
        ("over [two\nlines]", "over [two\nlines]"),
    ],
)
def test_marks_are_removed_as_lm_evaluation_harness_does(
    text: str, expected: str
) -> None:
    assert cleaned(text) == expected


def test_endings_are_ranked_behind_the_beginning(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, second = task.samples()
    request = ranked(task, first)
    assert request.prompt == "Making tea: A woman fills a kettle at the sink. She"
    assert request.choices == (" boils it.", " eats it.", " paints it.", " folds it.")
    request = ranked(task, second)
    assert request.prompt == (
        "Home and Garden: How to oil a hinge. Clean the hinge. Use a rag."
    )
    assert request.choices == (
        "  Old oil comes off.. Apply the oil.",
        " Throw the door away.. Buy a door.",
        " Wait for rain.",
        " Rags . are soft.",
    )
    assert (first.target, second.target) == ("A", "D")


def test_the_second_half_of_a_beginning_is_capitalized_as_a_whole(
    tmp_path: Path,
) -> None:
    row = {**SCENE, "ctx_b": "the woman from Ghana"}
    (sample,) = MADE.laid(tmp_path, [row]).samples()
    assert sample.question.endswith(" at the sink. The woman from ghana")


def test_other_ways_of_asking_and_worked_examples(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path)
    first, _ = task.samples()
    assert ranked(task, first, shots=2).prompt == (
        "Making tea: Woman 0 fills a kettle. She boils it.\n\n"
        "Making tea: Woman 1 fills a kettle. She eats it.\n\n"
        "Making tea: A woman fills a kettle at the sink. She"
    )
    listed = "Making tea: A woman fills a kettle at the sink. She\nA. boils it.\n"
    prompt = ranked(task, first, "letter").prompt
    assert isinstance(prompt, str)
    assert prompt.startswith(listed)
    assert generated(task, first, "generate_fewshot").startswith(listed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "4"}, "column 'label' has the label '4'; there are 0, 1, 2, 3"),
        ({"label": ""}, "the label ''"),
        ({"endings": ["a", "b", "c"]}, "3 endings instead of 4"),
        ({"endings": ["a", "b", "", "d"]}, "choice 3"),
        ({"endings": ["a", "b", "c", "[step] "]}, "ending 4 is nothing but marks"),
        ({"ctx_a": ""}, "column 'ctx_a'"),
        ({"ctx_b": None}, "column 'ctx_b' must be a text, not None"),
        ({"activity_label": None}, "column 'activity_label'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)
