"""A plugin for tests: a small exam with rubrics, and models that sit it.

What the models write is in the file that DOUBLING_ANSWERS names, a JSON object by
question; without it they answer rightly. DOUBLING_LOG gets a line for each request,
DOUBLING_STEP is the first step of each rubric in place of the usual one.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from evalkit import (
    Accuracy,
    Answer,
    CardSection,
    Chat,
    Completion,
    Metric,
    Protocol,
    Request,
    Results,
    Sample,
    Score,
    Step,
    Task,
    hookimpl,
    verdict,
)


@dataclass(frozen=True, kw_only=True)
class Doubling(Task):
    """Sums to be worked out, each worth three points by its rubric."""

    name = "doubling"
    version = 1
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction="Work out {question}."),
    )
    metrics: ClassVar[tuple[Metric, ...]] = (Accuracy(),)

    n: int = 4

    def samples(self) -> Iterable[Sample]:
        first = os.environ.get("DOUBLING_STEP")
        for i in range(1, self.n + 1):
            yield Sample(
                id=f"s{i}",
                question=f"{i} + {i}",
                target=str(2 * i),
                points=3.0,
                rubric=(
                    Step(points=1.0, step=first or f"adds {i} to {i}"),
                    Step(points=2.0, step=f"gets {2 * i}"),
                ),
            )

    def score(self, sample: Sample, answer: Answer) -> Score:
        if answer.text.startswith("crash"):
            raise RuntimeError("this cannot be scored")
        numbers = re.findall(r"\d+", answer.text)
        read = numbers[-1] if numbers else None
        return verdict(sample, answer, read=read, value=float(read == sample.target))


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Doubling,)


@hookimpl
def evalkit_card_sections(results: Results) -> Iterable[CardSection]:
    """Says which marks were there when the card was written."""
    marks = sorted(path.stem for path in results.path.parent.glob("marks/*.json"))
    return (CardSection("Marks", f"marks by: {marks}"),)


def note(request: Request, who: str) -> None:
    """A line in the log, if there is one."""
    log = os.environ.get("DOUBLING_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{who} {request.sample_id} {request.attempt}\n")


def sit(request: Request) -> str | Completion:
    """An answer to a question: as the file has it, or else a right one."""
    note(request, "model")
    given = os.environ.get("DOUBLING_ANSWERS")
    answers = json.loads(Path(given).read_text()) if given else {}
    number = int(request.sample_id[1:])
    text: str = answers.get(request.sample_id, f"{number} + {number} = {2 * number}")
    return request.failure("out of order") if text == "fail" else text
