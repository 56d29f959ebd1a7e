"""A plugin for tests: a task of any size, and answers that keep a log."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from evalkit import (
    Accuracy,
    Answer,
    Chat,
    Metric,
    PassAt,
    Protocol,
    Request,
    Sample,
    Score,
    Task,
    Verbatim,
    hookimpl,
    verdict,
)


@dataclass(frozen=True, kw_only=True)
class Counting(Task):
    """What comes after a number."""

    name = "counting"
    version = 1
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction="What comes after {question}?"),
        Verbatim(name="plain"),
    )
    metrics: ClassVar[tuple[Metric, ...]] = (Accuracy(), PassAt(1))

    n: int = 10

    def samples(self) -> Iterable[Sample]:
        for i in range(self.n):
            yield Sample(id=f"q{i}", question=str(i), target=str(i + 1))

    def score(self, sample: Sample, answer: Answer) -> Score:
        numbers = re.findall(r"\d+", answer.text)
        read = numbers[-1] if numbers else None
        return verdict(sample, answer, read=read, value=float(read == sample.target))


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Counting,)


def right(request: Request) -> str:
    """The right answer, after a line in the log named by COUNTING_LOG, if any."""
    log = os.environ.get("COUNTING_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{request.sample_id}\n")
    question = request.prompt if isinstance(request.prompt, str) else request.prompt[-1]
    number = int(re.findall(r"\d+", str(question))[-1])
    return f"That is {number + 1}"


def odd_only(request: Request) -> str:
    """Right for odd answers, one too many for even ones."""
    answer = int(right(request).split()[-1])
    return str(answer if answer % 2 else answer + 1)
