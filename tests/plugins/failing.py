"""A plugin for tests: models and tasks that fail, each in a way of its own."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import counting

from evalkit import (
    Answer,
    Completion,
    Conversation,
    Failure,
    Protocol,
    Request,
    Sample,
    Score,
    Suite,
    Task,
    ask,
    hookimpl,
)
from evalkit.suite import Part


def number(request: Request) -> int:
    return int(request.sample_id[1:])


def too_long(request: Request) -> Completion:
    """Every prompt is too long, each by another number of tokens."""
    tokens = 5290 + number(request)
    words = f"a prompt of {tokens} tokens, of 2048 that can be held"
    return request.failure(words, Failure.TOO_LONG)


def mostly_too_long(request: Request) -> str | Completion:
    """The 18th question is answered, and right."""
    return counting.right(request) if number(request) == 17 else too_long(request)


def late_to_answer(request: Request) -> str | Completion:
    """The first 20 are too long, all behind them are right."""
    return too_long(request) if number(request) < 20 else counting.right(request)


def patient(request: Request) -> str:
    """Right, and slowly enough for scores to come meanwhile."""
    if number(request) > 60:
        time.sleep(0.05)
    return counting.right(request)


def busy(request: Request) -> Completion:
    return request.failure(f"status 503: request {request.id}", Failure.SERVER)


def mixed(request: Request) -> str | Completion:
    """Of ten questions five are too long, two meet a busy server, one fails."""
    place = number(request) % 10
    if place < 5:
        return too_long(request)
    if place < 7:
        return busy(request)
    return request.failure("out of order") if place == 7 else counting.right(request)


@dataclass(frozen=True, kw_only=True)
class Stumbling(Protocol):
    """Asks, and then stumbles over what it hears."""

    name: str = "stumbling"

    @property
    def shows_examples(self) -> bool:
        return False

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        answer = yield from ask(sample.question, self.sampling)
        raise KeyError(answer.text)


@dataclass(frozen=True, kw_only=True)
class Buggy(counting.Counting):
    """What comes after a number, judged by code with a bug."""

    name = "buggy"
    protocols: ClassVar[tuple[Protocol, ...]] = (
        *counting.Counting.protocols,
        Stumbling(),
    )

    def score(self, sample: Sample, answer: Answer) -> Score:
        if os.environ.get("FAILING_DIES"):
            os._exit(3)
        raise IndexError(f"no number {sample.target} in sample {sample.id!r}")


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Buggy,)


@hookimpl
def evalkit_suites() -> Iterable[Suite]:
    parts = (Part(task="counting"), Part(task="buggy"))
    return (Suite(name="both", about="Both.", parts=parts),)
