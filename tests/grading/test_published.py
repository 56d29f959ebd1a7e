"""Responses of published models get the score that was published for them."""

import json
from typing import Any, TypeAlias

import pytest

from evalkit.grading import Judgement, judge
from tests.conftest import shared
from tests.grading.published_labels import NEED_THE_QUESTION, WRONG_LABELS

Judged: TypeAlias = tuple[dict[str, Any], Judgement]
"""An item and what became of its response."""

ONLY_ACCEPTED = "MathCoder-L-7b_MATH_20230917-2026"
"""Its authors left out what they did not accept."""
LABELLED = (
    "MathCoder-CL-13b_SVAMP_20230918-0026",
    "MathCoder-L-70b_mathematics_20230918-2031",
    "abel_gsm8k_13b",
    "abel_gsm8k_70b",
    "abel_gsm8k_7b",
    "openai_175b_verification",
)
UNLABELLED = ("tora_tora-70b-v1.0_gsm8k",)


def judged(name: str) -> list[Judged]:
    path = shared("grader/published") / f"{name}.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(row, judge(row["reference"], row["response"])) for row in rows]


def score(verdicts: list[Judged]) -> float:
    return 100 * sum(judgement.equal for _, judgement in verdicts) / len(verdicts)


def expected(name: str) -> float:
    """The accuracy by the labels of the items, or the published one."""
    index = json.loads((shared("grader/published") / "index.json").read_text("utf-8"))
    (entry,) = (each for each in index if each["name"] == name)
    labelled: float | None = entry["label_acc"]
    return float(entry["published"]) if labelled is None else labelled


def disagreeing(verdicts: list[Judged]) -> list[int]:
    """The rows whose verdicts differ from their labels."""
    return [
        index
        for index, (row, judgement) in enumerate(verdicts)
        if row["label"] is not None and judgement.equal != row["label"]
    ]


def lines(verdicts: list[Judged]) -> str:
    return "\n".join(line(index, *verdicts[index]) for index in disagreeing(verdicts))


def line(index: int, row: dict[str, Any], judgement: Judgement) -> str:
    """A disagreement, for people."""
    return (
        f"{index}: {row['reference']!r}, label {row['label']}, read "
        f"{judgement.reading and judgement.reading.text[:80]!r} ({judgement.why}): "
        f"...{row['response'][-120:]!r}"
    )


@pytest.mark.parametrize("name", LABELLED + UNLABELLED)
def test_the_score_is_the_published_one(name: str) -> None:
    verdicts = judged(name)
    assert abs(score(verdicts) - expected(name)) <= 0.25, lines(verdicts)


@pytest.mark.parametrize("name", LABELLED)
def test_the_labels_of_the_items_are_met(name: str) -> None:
    verdicts = judged(name)
    aside = {*WRONG_LABELS.get(name, ()), *NEED_THE_QUESTION.get(name, ())}
    others = [each for each in disagreeing(verdicts) if each not in aside]
    assert len(others) <= 0.003 * len(verdicts), lines(verdicts)


@pytest.mark.parametrize("name", WRONG_LABELS)
def test_only_labels_that_are_not_met_are_called_wrong(name: str) -> None:
    assert set(WRONG_LABELS[name]) <= set(disagreeing(judged(name)))


def test_answers_that_their_authors_accepted_are_accepted() -> None:
    verdicts = judged(ONLY_ACCEPTED)
    assert score(verdicts) >= 96, lines(verdicts)


def test_every_published_file_is_tested() -> None:
    names = {path.stem for path in shared("grader/published").glob("*.jsonl")}
    assert names == {*LABELLED, *UNLABELLED, ONLY_ACCEPTED}
