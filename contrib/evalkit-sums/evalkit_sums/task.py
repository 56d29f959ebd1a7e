"""Sums of two small numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from evalkit import Answer, Chat, Protocol, Sample, Score, Task, hookimpl, verdict


@dataclass(frozen=True, kw_only=True)
class Sums(Task):
    """Sums of two small numbers: no download, for trying evalkit out."""

    name = "sums"
    version = 1
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction="What is {question}? End with the number."),
    )

    largest: int = 9

    def samples(self) -> Iterable[Sample]:
        numbers = range(1, self.largest + 1)
        for a in numbers:
            for b in numbers:
                yield Sample(id=f"{a}+{b}", question=f"{a} + {b}", target=str(a + b))

    def score(self, sample: Sample, answer: Answer) -> Score:
        numbers = re.findall(r"\d+", answer.text)
        read = numbers[-1] if numbers else None
        return verdict(sample, answer, read=read, value=float(read == sample.target))


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Sums,)
