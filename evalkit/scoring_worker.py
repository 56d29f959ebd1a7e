"""The process that scores answers: reads jobs, one JSON line each, writes scores.

Each job runs under an alarm that kills the process, whatever it is doing. The parent
sees the death, blames the job that was being scored and starts another worker. (A task
can turn the alarm off, so the parent has a deadline of its own, less exact.) Run as
``python -m evalkit.scoring_worker``.
"""

import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from evalkit.errors import Unsound, reason
from evalkit.failures import Failure
from evalkit.options import build
from evalkit.orphaned import end_with_parent
from evalkit.seams import SCORE, SLACK
from evalkit.task import Task, task_label
from evalkit.text import is_whole, whole
from evalkit.types import Answer, Outcome, Sample, Score

READY = b"ready\n"
"""What a worker says when it has built its tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """How another process finds a task."""

    module: str
    qualname: str
    options: dict[str, str]
    giver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The first line that a worker reads."""

    tasks: list[TaskRef]
    path: list[str]
    seconds: float
    memory: int
    """Bytes of address space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One answer to score."""

    id: int
    task: int
    """Position in the orders."""
    sample: Sample
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The score of a job."""

    id: int
    score: Score


def resolve(ref: TaskRef) -> type[Task]:
    """Import a task's class."""
    found: Any = importlib.import_module(ref.module)
    for name in ref.qualname.split("."):
        found = getattr(found, name)
    return found  # type: ignore[no-any-return]  # checked by the parent


def made(ref: TaskRef) -> Task:
    """A task with its options."""
    return build(resolve(ref), ref.options, ref.qualname, giver=ref.giver)


def score(task: Task, sample: Sample, answer: Answer) -> Score:
    """A task's verdict; whatever goes wrong becomes the outcome `error`."""
    try:
        given = SCORE(task.score(sample, answer))
        problem = score_problem(given, sample)
        if problem:
            raise Unsound(problem)
    except BaseException as exc:  # whatever it is, it costs this score only
        return failed(f"{task_label(task)}, score(): {reason(exc)}")
    kind = Failure.SCORING if given.outcome is Outcome.ERROR else None
    if is_whole(given.answer or "") and is_whole(given.explanation):
        return given if given.failure is kind else replace(given, failure=kind)
    read = None if given.answer is None else whole(given.answer)
    why = whole(given.explanation)
    return replace(given, answer=read, explanation=why, failure=kind)


def score_problem(score: Score, sample: Sample) -> str:
    """Why the parts of a score do not go together; empty if they do."""
    value, outcome = score.value, score.outcome
    if outcome is Outcome.PARTIAL:
        fits, wanted = 0 < value < 1, "a value between 0 and 1"
    else:
        right = outcome is Outcome.RIGHT
        fits, wanted = value == right, f"the value {right:d}"
    if not fits:
        return f"what is {outcome.replace('_', ' ')} has {wanted}, not {value}"
    if score.points > sample.points * (1 + SLACK):
        return f"{score.points} points of {sample.points}"
    return ""


def failed(why: str, kind: Failure | None = Failure.SCORING) -> Score:
    """The score of an answer that could not be judged."""
    return Score(value=0.0, outcome=Outcome.ERROR, explanation=whole(why), failure=kind)


def limit_memory(size: int) -> None:
    """Refuse the process more than `size` bytes of address space, where possible."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = size if hard == resource.RLIM_INFINITY else min(size, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (ValueError, OSError):  # macOS knows the name of this limit, not the limit
        return


def work(lines: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    """Obey the orders, say that all is ready, then score until there are no jobs."""
    first = lines()
    if not first:  # the parent is gone already
        return
    orders = msgspec.json.decode(first, type=Orders)
    sys.path[:] = orders.path
    tasks = [made(ref) for ref in orders.tasks]
    limit_memory(orders.memory)
    write(READY)
    decoder, encoder = msgspec.json.Decoder(Job), msgspec.json.Encoder()
    while line := lines():
        job = decoder.decode(line)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # a task may have changed it
        signal.setitimer(signal.ITIMER_PROF, orders.seconds)
        verdict = score(tasks[job.task], job.sample, job.answer)
        signal.setitimer(signal.ITIMER_PROF, 0)
        write(encoder.encode(Result(id=job.id, score=verdict)) + b"\n")


def main() -> None:
    """Keep the pipes to the parent away from what a task reads and prints."""
    with (
        open(os.dup(sys.stdin.fileno()), "rb") as source,
        open(os.dup(sys.stdout.fileno()), "wb", buffering=0) as target,
        open(os.devnull, "rb") as nothing,
    ):
        os.dup2(nothing.fileno(), sys.stdin.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        end_with_parent(source.fileno())
        with suppress(BrokenPipeError):  # the parent was killed
            work(source.readline, target.write)


if __name__ == "__main__":
    main()
