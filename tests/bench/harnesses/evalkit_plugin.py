"""evalkit's half: a task of prepared prompts, and backend `hf` with a clock."""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from clock import tick

from evalkit import (
    Accuracy,
    Answer,
    Backend,
    Chat,
    Completion,
    Engine,
    Metric,
    Model,
    Protocol,
    Request,
    Sample,
    SampleResult,
    Score,
    Task,
    hookimpl,
    verdict,
)
from evalkit_backends.hf import HF


@dataclass(frozen=True, kw_only=True)
class Prompts(Task):
    """Prepared prompts, right if the answer's last number is the target."""

    name = "prompts"
    version = 1
    protocols: ClassVar[tuple[Protocol, ...]] = (Chat(instruction="{question}"),)
    metrics: ClassVar[tuple[Metric, ...]] = (Accuracy(),)

    def samples(self) -> Iterable[Sample]:
        for line in Path(os.environ["PROMPTS"]).read_text().splitlines():
            row = json.loads(line)
            yield Sample(id=row["id"], question=row["prompt"], target=row["target"])

    def score(self, sample: Sample, answer: Answer) -> Score:
        numbers = re.findall(r"-?\d+", answer.text.replace(",", ""))
        read = numbers[-1] if numbers else None
        return verdict(sample, answer, read=read, value=float(read == sample.target))


class Timed(Engine):
    """An engine that notes when it is first asked."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.capacity = engine.capacity
        self.asked = False

    def submit(self, requests: Sequence[Request]) -> None:
        if not self.asked:
            tick()
        self.asked = True
        self.engine.submit(requests)

    def step(self) -> Sequence[Completion]:
        return self.engine.step()

    def close(self) -> None:
        self.engine.close()


@dataclass(frozen=True, kw_only=True)
class Clocked(HF):
    """Backend `hf` with a clock."""

    name = "clocked"

    def load(self, model: Model) -> Engine:
        return Timed(super().load(model))


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Prompts,)


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (Clocked,)


@hookimpl
def evalkit_scored(result: SampleResult) -> None:
    tick()
