"""What a benchmark is: samples, ways to ask them, and a judge of the answers."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from evalkit.data import Data, DatasetRef
from evalkit.errors import of_plugin
from evalkit.metrics import Accuracy, Metric
from evalkit.protocol import Chat, Protocol
from evalkit.titles import Titles
from evalkit.types import Answer, Mark, Outcome, Sample, Score


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """A benchmark: its samples, how an answer is judged, which metrics sum it up.

    Subclass as a frozen dataclass: its fields are the options of ``--set``. The
    docstring's first line is what ``evalkit tasks`` shows; the whole of it
    says paper, dataset, license and the published number to compare with. What the
    class says of the task, such as its dataset, may be otherwise for an instance whose
    options want it so: see `as_its_own`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it with any change that can move a score."""
    dataset: ClassVar[DatasetRef | None] = None
    """None for a task that brings its own questions."""
    protocols: ClassVar[tuple[Protocol, ...]] = (Chat(),)
    """The first that suits the model is used, others by ``--protocol NAME``."""
    metrics: ClassVar[tuple[Metric, ...]] = (Accuracy(),)
    damaged: ClassVar[int] = 0
    """How many of the dataset's own samples have broken characters, which are asked as
    they were published: ``evalkit check`` finds just so many."""

    data: Data = field(default=Data(), metadata={"option": False}, repr=False)
    """Where the dataset is read from."""
    giver: str = field(
        default="", metadata={"option": False}, repr=False, compare=False
    )
    """The plugin that it came with, if not with evalkit: errors name that."""

    @abstractmethod
    def samples(self) -> Iterable[Sample]:
        """Give every sample, always the same ones in the same order.

        It is called twice: once to check the samples before a model loads, once
        to ask them. A generator keeps memory constant.
        """

    def own_files(self) -> Sequence[Path]:
        """Files of the user's that the questions come from, for a task without a
        `dataset`: what they ask tells a run from another, their bytes are noted."""
        return ()

    def exemplars(self) -> Sequence[Sample]:
        """Worked examples for few-shot protocols, never from the test split."""
        return ()

    def gold(self, sample: Sample) -> Sequence[str]:
        """Responses to a sample that must get full marks, for ``evalkit check``.

        The target as it stands and the worked solution, unless a task says how its
        prompts want an answer to be written. None at all for a sample that only a
        person or another model can judge, or that cannot be judged here.
        """
        return tuple(text for text in (sample.target, sample.solution) if text)

    def titles(self) -> Titles:
        """What people call the task and its parts, for cards and marking sheets."""
        return Titles()

    def cluster(self, sample: Sample) -> str:
        """What a sample has in common with others: a passage, a problem, a template.

        Its text or a name for it; empty for a sample that stands by itself. Samples
        with the same text rise and fall together, and intervals allow for that. It is
        no part of the sample: naming it later makes no other question of it.
        """
        return ""

    @abstractmethod
    def score(self, sample: Sample, answer: Answer) -> Score:
        """Judge one answer: a pure function, called in a worker process."""


def task_label(task: Task) -> str:
    """How errors name a task."""
    return f"task {task.name!r}{of_plugin(task.giver)}"


def as_its_own(task: Task, **values: object) -> None:
    """Give one instance values of its own for what its class says, such as `dataset`.

    For ``__post_init__``: a task is frozen once it is made.
    """
    for name, value in values.items():
        object.__setattr__(task, name, value)


def verdict(
    sample: Sample,
    answer: Answer,
    *,
    read: str | None,
    value: float,
    why: str = "",
    undecided: bool = False,
) -> Score:
    """The score of an answer, with the outcome that follows from what was found.

    `read` is the final answer found in the text, None if there was none; `value`
    is its worth from 0 to 1. A wrong or missing answer in a text that stopped for
    want of tokens is `truncated`: the model was not done. An answer that could not be
    judged within the limits is `undecided`, cut off or not, and worth 0.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"a score's value lies between 0 and 1, not at {value}")
    if undecided and value:
        raise ValueError(f"what is undecided has the value 0, not {value}")
    outcome = outcome_of(read, value, truncated=answer.finish == "length")
    return Score(
        value=float(value),
        outcome=Outcome.UNDECIDED if undecided else outcome,
        points=value * sample.points,
        answer=read,
        explanation=why,
    )


def marked(
    sample: Sample,
    answer: Answer,
    *,
    read: str | None,
    marks: Sequence[Mark],
    why: str = "",
) -> Score:
    """The score of an answer that was marked step by step: its marks added up.

    An answer is `unmarked` where all steps are left to a judge or a person, unless it
    was cut off. The rest is as in `verdict`.
    """
    points = math.fsum(each.points for each in marks)
    value = points / sample.points
    score = verdict(sample, answer, read=read, value=value, why=why)
    left = bool(marks) and all(each.unchecked for each in marks)
    if left and answer.finish != "length":
        score = replace(score, outcome=Outcome.UNMARKED)
    return replace(score, points=points, marks=tuple(marks))


def outcome_of(read: str | None, value: float, *, truncated: bool = False) -> Outcome:
    """Name what a value means."""
    if value == 1.0:
        return Outcome.RIGHT
    if value > 0.0:
        return Outcome.PARTIAL
    if truncated:
        return Outcome.TRUNCATED
    return Outcome.NO_ANSWER if read is None else Outcome.WRONG
