"""An exam as it is written: its parts, its questions, what earns their points."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from evalkit.errors import UsageError
from evalkit.grading import final_of, scheme_of
from evalkit.registry import unknown
from evalkit.types import Sample, Step

if TYPE_CHECKING:
    from evalkit.grading import Final, Marked, Scheme

FINAL_ONLY = ({"points": 1, "step": "the answer", "check": {"final": True}},)
"""How a worked example is marked: by its final answer alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamPart:
    """A part of an exam."""

    name: str
    title: str = ""
    choose: int | None = None
    """How many of its problems count, those that earned most; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of questions.jsonl."""

    number: str
    """Such as 13b: problem 13, second question."""
    part: str
    points: float
    question: str
    answer_type: str
    answer: Mapping[str, Any]
    """The fields of the final answer's type."""
    rubric: tuple[Mapping[str, Any], ...]
    """Steps with their points, their checks where they have one."""
    solution: str = ""
    figure: str = ""
    """How the words of the question replace a figure, where there was one."""

    @property
    def problem(self) -> str:
        """The number without its letter."""
        return self.number.rstrip("abcdefghijklmnopqrstuvwxyz")

    @property
    def final(self) -> "Final":
        return final_of(self.answer_type, as_json(self.answer))

    @property
    def scheme(self) -> "Scheme":
        """The rubric as answers are marked by it."""
        return marking_scheme(
            as_json(self.rubric), self.answer_type, as_json(self.answer), self.points
        )

    def sample(self, **metadata: str) -> Sample:
        """The question as a run asks it, with whatever its marking needs."""
        return Sample(
            id=self.number,
            question=self.question,
            target=self.final.target,
            points=float(self.points),
            solution=self.solution,
            rubric=tuple(
                Step(points=float(each["points"]), step=each["step"])
                for each in self.rubric
            ),
            metadata={
                "part": self.part,
                "problem": self.problem,
                "answer_type": self.answer_type,
                "answer": as_json(self.answer),
                **({"figure": self.figure} if self.figure else {}),
                **metadata,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedExample:
    """One line of worked.jsonl: a question that is not in the exam, solved."""

    id: str
    question: str
    target: str
    solution: str
    answer_type: str = ""
    """Empty for one whose target nothing is compared with."""
    answer: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def scheme(self) -> "Scheme":
        """It is marked by its final answer alone."""
        return marking_scheme(
            as_json(FINAL_ONLY), self.answer_type, as_json(self.answer), 1.0
        )

    def sample(self) -> Sample:
        """The example as few-shot protocols show it."""
        marking = {"answer_type": self.answer_type, "answer": as_json(self.answer)}
        return Sample(
            id=self.id,
            question=self.question,
            target=self.target,
            solution=self.solution,
            metadata=marking if self.answer_type else {},
        )


@dataclass(frozen=True, kw_only=True)
class ExamPaper:
    """An exam with its questions, as `read_exam` found it to be in order."""

    name: str
    title: str
    version: int
    points: float
    """What a flawless exam earns."""
    parts: tuple[ExamPart, ...]
    about: str = ""
    source: str = ""
    license: str = ""
    language: str = ""
    notes: tuple[str, ...] = ()
    """What a reader must know to compare scores."""
    instruction: str = ""
    """What a chat model is told; empty for evalkit's own words."""
    questions: tuple[Question, ...] = ()
    worked: tuple[WorkedExample, ...] = ()

    def question(self, number: str) -> Question:
        """The question of a number; a UsageError that names a close one if none is."""
        known = {each.number: each for each in self.questions}
        if number not in known:
            raise UsageError(
                f"exam {self.name!r}: {unknown('question', number, known)}"
            )
        return known[number]

    def mark(self, number: str, response: str, *, finished: bool = True) -> "Marked":
        """Mark an answer to one question, step by step.

        `finished` is False for an answer that was cut off.
        """
        asked = self.question(number)
        return asked.scheme.mark(asked.question, response, finished=finished)

    @cached_property
    def schemes(self) -> Mapping[str, "Scheme"]:
        """What answers to each question and worked example are marked by."""
        return {
            **{each.id: each.scheme for each in self.worked if each.answer_type},
            **{each.number: each.scheme for each in self.questions},
        }

    def samples(self) -> Sequence[Sample]:
        """All questions as a run asks them; the first one bears the notes."""
        rules = {
            part.name: {} if part.choose is None else {"choose": str(part.choose)}
            for part in self.parts
        }
        full = {"full_marks": f"{self.points:g}"}
        notes = {"notes": as_json(self.notes)} if self.notes else {}
        return [
            each.sample(**rules[each.part], **full, **(notes if place == 0 else {}))
            for place, each in enumerate(self.questions)
        ]


def as_json(value: object) -> str:
    """JSON as it is kept in a sample's metadata."""
    return json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=512)
def marking_scheme(
    rubric: str, answer_type: str, answer: str, points: float
) -> "Scheme":
    """The marking scheme of a rubric, which was read for an earlier answer if possible.

    Raises SchemeError if the rubric is none.
    """
    return scheme_of(json.loads(rubric), final_of(answer_type, answer), points)
