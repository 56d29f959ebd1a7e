"""MMLU: the prompts by letters, worked examples, one class per subject, data errors."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit import Answer, Framed, Outcome, Rank, Task
from evalkit.scoring import reference
from evalkit.scoring_worker import resolve
from evalkit_tasks import mmlu
from evalkit_tasks.mmlu import SUBJECTS
from tests.tasks.made_up import Json, MadeUp, MadeUpContract, real

TASKS = {each.name: each for each in mmlu.evalkit_tasks()}
ANATOMY = TASKS["mmlu_anatomy"]
HEAD = "The following are multiple choice questions (with answers) about {}.\n\n"


def row(number: int, answer: object = 0) -> Json:
    return {
        "question": f" Question {number}?\n",
        "choices": [
            f"{number} {word}" for word in ("bones", "nerves", "cells", "ribs")
        ],
        "answer": answer,
    }


FILE = "cais/mmlu/{}/{}.jsonl"
MADE = MadeUp(
    ANATOMY,
    FILE.format("anatomy", "test"),
    [row(0, 0), row(1, 2), row(2, 3)],
    {FILE.format("anatomy", "dev"): [row(100 + n, n % 4) for n in range(5)]},
)


class TestSubject(MadeUpContract):
    made = MADE
    right = {"test-0": "The answer is (A).", "test-1": "\\boxed{C}", "test-2": "2 ribs"}
    wrong = {"test-0": "(B)", "test-1": "A or C", "test-2": "2 bones"}
    worked = [f"dev-{n}" for n in range(5)]


def test_there_are_57_subjects() -> None:
    assert len(set(SUBJECTS)) == 57
    assert list(TASKS) == [f"mmlu_{subject}" for subject in SUBJECTS]


@pytest.mark.parametrize("name", TASKS)
def test_scoring_processes_find_the_class(name: str) -> None:
    cls = TASKS[name]
    assert resolve(reference(cls(), {})) is cls


def test_another_name_is_not_in_the_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'MmluAlchemy'"):
        _ = mmlu.MmluAlchemy


def test_the_letters_are_ranked_behind_five_worked_examples(tmp_path: Path) -> None:
    task = MADE.laid(tmp_path, [row(7)])
    letter = task.protocols[0]
    assert letter.name == "letter"
    request = next(letter.converse(next(iter(task.samples())), task.exemplars()))
    assert isinstance(request, Rank)
    assert request.choices == (" A", " B", " C", " D")
    worked = [
        f"Question {100 + n}?\nA. {100 + n} bones\nB. {100 + n} nerves\n"
        f"C. {100 + n} cells\nD. {100 + n} ribs\nAnswer: {'ABCDA'[n]}\n\n"
        for n in range(5)
    ]
    asked = "Question 7?\nA. 7 bones\nB. 7 nerves\nC. 7 cells\nD. 7 ribs\nAnswer:"
    assert request.prompt == f"{HEAD.format('anatomy')}{''.join(worked)}{asked}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"choices": ["a", "", "c", "d"]}, "column 'choices', choice 2 must be a text"),
        ({"choices": "abcd"}, "column 'choices' must be a list of choices"),
        ({"answer": 4}, "column 'answer' has the label 4; there are 0, 1, 2, 3"),
        ({"answer": -1}, "column 'answer' has the label -1"),
        ({"choices": ["x"] * 27, "answer": 1}, "27 choices, and letters for 26"),
        ({"question": " \n"}, "column 'question' must be a text"),
    ],
)
def test_a_malformed_row_is_named(tmp_path: Path, change: Json, said: str) -> None:
    assert said in MADE.problem(tmp_path, change)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_real_prompts_have_the_form_that_is_commonly_compared(subject: str) -> None:
    data, rows = real(FILE.format(subject, "test"))
    _, examples = real(FILE.format(subject, "dev"))
    task = TASKS[f"mmlu_{subject}"](data=data)
    exemplars = task.exemplars()
    asked = [written(each) for each in rows]
    worked = [f"{written(each)} {'ABCD'[each['answer']]}\n\n" for each in examples]
    assert len(worked) == 5
    head = HEAD.format(subject.replace("_", " "))
    for shots, before in ((0, head), (5, head + "".join(worked))):
        letter = task.protocols[0]
        assert isinstance(letter, Framed)
        way = replace(letter, shots=shots)
        prompts = [
            next(way.converse(each, exemplars)).prompt for each in task.samples()
        ]
        assert prompts == [before + each for each in asked]


def written(given: Json) -> str:
    """A question with its choices, up to where the answer begins."""
    options = "\n".join(
        f"{letter}. {choice}"
        for letter, choice in zip("ABCD", given["choices"], strict=True)
    )
    return f"{given['question'].strip()}\n{options}\nAnswer:"


def test_real_rows_are_all_there_with_their_right_answers() -> None:
    counted = 0
    for subject in SUBJECTS:
        data, rows = real(FILE.format(subject, "test"))
        task: Task = TASKS[f"mmlu_{subject}"](data=data)
        samples = list(task.samples())
        counted += len(samples)
        answers = [each["answer"] for each in rows]
        assert [each.target for each in samples] == ["ABCD"[n] for n in answers]
        for sample in samples[:20]:
            for text in task.gold(sample):
                score = task.score(sample, Answer(text=text))
                assert score.outcome is Outcome.RIGHT, (subject, sample.id)
    assert counted == 14042


def test_questions_of_history_about_one_source_are_one_cluster(tmp_path: Path) -> None:
    sources = (
        "This question refers to the following information.\nA\nletter.\n{}?",
        "{}",
    )
    rows = [row(n) | {"question": sources[n % 2].format(n)} for n in range(4)]
    file = FILE.format("anatomy", "test")
    task = MadeUp(ANATOMY, file, rows, {}).laid(tmp_path)
    first, second, third, fourth = map(task.cluster, task.samples())
    assert first == third == sources[0].removesuffix("\n{}?")
    assert second == fourth == ""
