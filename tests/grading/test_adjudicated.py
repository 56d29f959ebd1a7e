"""Answers that people have judged, of many kinds."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from evalkit.grading import grade
from tests.conftest import shared


@dataclass(frozen=True)
class Pair:
    """An answer or a whole response, and whether a careful marker accepts it."""

    name: str
    kind: str
    reference: str
    prediction: str
    bare: bool
    right: bool

    @property
    def boxed(self) -> str:
        return rf"\boxed{{{self.prediction}}}" if self.bare else self.prediction

    def __str__(self) -> str:
        said = self.prediction[-100:].replace("\n", " ")
        should = "accept" if self.right else "refuse"
        return f"{should} {self.name} [{self.kind}]: {self.reference!r} | {said!r}"


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    lines = shared("grader/pairs_dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [pair(json.loads(line)) for line in lines if line.strip()]


def pair(row: dict[str, Any]) -> Pair:
    return Pair(
        name=row["id"],
        kind=row["kind"],
        reference=row["reference"],
        prediction=row["prediction"],
        bare=row["form"] == "answer",
        right=row["label"],
    )


@pytest.mark.parametrize("wrapped", [True, False], ids=["boxed", "bare"])
def test_answers_are_judged_as_people_judge_them(
    pairs: list[Pair], wrapped: bool
) -> None:
    wrong = [
        each
        for each in pairs
        if grade(each.reference, each.boxed if wrapped else each.prediction)
        != each.right
    ]
    refusals = sum(not each.right for each in pairs)
    accepted = [each for each in wrong if not each.right]
    accuracy = 100 * (1 - len(wrong) / len(pairs))
    false_accepts = 100 * len(accepted) / refusals
    listed = "\n".join(str(each) for each in sorted(wrong, key=lambda each: each.kind))
    summary = f"{accuracy:.2f} % right, {false_accepts:.2f} % false accepts\n{listed}"
    assert accuracy >= 96, summary
    assert false_accepts <= 2, summary
