"""The exam's questions, as they lie beside this module."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import msgspec

from evalkit import Sample
from evalkit.grading import Final, final_of


@dataclass(frozen=True, kw_only=True)
class Question:
    """One line of questions.jsonl."""

    number: str
    """Such as 13b: problem 13, second part."""
    part: str
    """I and II.A are for everybody; two of the three problems of II.B count."""
    points: float
    question: str
    answer: Mapping[str, Any]
    """The fields of the judge for this type of answer."""
    answer_type: str
    rubric: tuple[Mapping[str, Any], ...]

    @property
    def final(self) -> Final:
        return final_of(self.answer_type, json.dumps(self.answer))

    def sample(self) -> Sample:
        return Sample(
            id=self.number,
            question=self.question,
            target=self.final.target,
            points=self.points,
            metadata={
                "part": self.part,
                "answer_type": self.answer_type,
                "answer": json.dumps(self.answer, ensure_ascii=False),
                "rubric": json.dumps(self.rubric, ensure_ascii=False),
            },
        )


def questions() -> Iterator[Question]:
    """All questions of the exam, in its order."""
    decoder = msgspec.json.Decoder(Question)
    for line in package_lines("questions.jsonl"):
        yield decoder.decode(line)


def worked_examples() -> tuple[Sample, ...]:
    """Problems in the style of the exam that are not in it, with solutions."""
    decoder = msgspec.json.Decoder(Sample)
    return tuple(decoder.decode(line) for line in package_lines("worked.jsonl"))


def package_lines(name: str) -> list[str]:
    folder = files("evalkit_tasks.hungarian_exam")
    return folder.joinpath(name).read_text(encoding="utf-8").splitlines()
