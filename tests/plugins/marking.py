"""A plugin for tests: a task whose marking is of the version that a variable says.

Version 2 takes an answer that is one too many for right, and finds 1 hard to judge.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import counting

from evalkit import (
    Answer,
    Chat,
    Conversation,
    Generate,
    Metric,
    PassAt,
    Protocol,
    Sample,
    Score,
    Task,
    hookimpl,
    verdict,
)

VERSION = int(os.environ.get("MARKING_VERSION", "1"))


@dataclass(frozen=True, kw_only=True)
class Checked(Protocol):
    """Asks again, as often as it is told to."""

    name: str = "checked"
    times: int = int(os.environ.get("MARKING_TIMES", "1"))

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        completion = yield Generate(prompt=sample.question, sampling=self.sampling)
        for _ in range(self.times):
            completion = yield Generate(prompt=f"Sure? It was {sample.question}")
        return Answer(text=f"finally {completion.text}", finish=completion.finish)


@dataclass(frozen=True, kw_only=True)
class Marking(counting.Counting):
    """What comes after a number, marked one way or another."""

    name = "marking"
    version = VERSION
    protocols: ClassVar[tuple[Protocol, ...]] = (Chat(), Checked())

    def samples(self) -> Iterable[Sample]:
        from_ = int(os.environ.get("MARKING_FROM", "0"))
        for i in range(from_, from_ + self.n):
            yield Sample(id=f"q{i}", question=str(i), target=str(i + 1), points=2.0)

    def score(self, sample: Sample, answer: Answer) -> Score:
        if VERSION == 1:
            return super().score(sample, answer)
        read = answer.text.split()[-1]
        hard = read == "1"
        near = int(read) - int(sample.target) in (0, 1) and not hard
        why = "hard to judge" if hard else "near enough"
        return verdict(
            sample, answer, read=read, value=float(near), why=why, undecided=hard
        )


class Sure(PassAt):
    """A metric that a user may add."""

    @property
    def name(self) -> str:
        return "sure"


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Marking,)


@hookimpl
def evalkit_metrics() -> Iterable[Metric]:
    return (Sure(1),)
