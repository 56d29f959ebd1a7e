"""The process that scores answers: reads jobs, one JSON line each, writes scores.

Each job runs under an alarm that kills the process, whatever it is doing: no code
of a task can outlast it. The parent sees the death, blames the job that was being
scored and starts another worker. Run as ``python -m evalkit.scoring_worker``.
"""

import importlib
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from evalkit.errors import reason
from evalkit.options import build
from evalkit.task import Task
from evalkit.types import Answer, Outcome, Sample, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRef:
    """How another process finds a task."""

    module: str
    qualname: str
    options: dict[str, str]


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


def score(task: Task, sample: Sample, answer: Answer) -> Score:
    """A task's verdict; an exception of the task's becomes the outcome `error`."""
    try:
        given = task.score(sample, answer)
    except Exception as exc:
        return failed(f"task {task.name!r}, score(): {reason(exc)}")
    if 0.0 <= given.value <= 1.0 and math.isfinite(given.points):
        return given
    return failed(f"task {task.name!r}, score(): gave {given.value} of 1 as its value")


def failed(why: str) -> Score:
    """The score of an answer that could not be judged."""
    return Score(value=0.0, outcome=Outcome.ERROR, explanation=why)


def limit_memory(size: int) -> None:
    """Refuse the process more than `size` bytes of address space, where possible."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = size if hard == resource.RLIM_INFINITY else min(size, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (ValueError, OSError):  # macOS knows the name of this limit, not the limit
        return


def work(lines: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    """Obey the orders, then score until there are no more jobs."""
    first = lines()
    if not first:  # the parent is gone already
        return
    orders = msgspec.json.decode(first, type=Orders)
    sys.path[:] = orders.path
    tasks = [build(resolve(ref), ref.options, ref.qualname) for ref in orders.tasks]
    limit_memory(orders.memory)
    decoder, encoder = msgspec.json.Decoder(Job), msgspec.json.Encoder()
    while line := lines():
        job = decoder.decode(line)
        signal.setitimer(signal.ITIMER_REAL, orders.seconds)
        verdict = score(tasks[job.task], job.sample, job.answer)
        signal.setitimer(signal.ITIMER_REAL, 0)
        write(encoder.encode(Result(id=job.id, score=verdict)) + b"\n")


def main() -> None:
    """Keep the pipe to the parent away from whatever a task prints."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        work(sys.stdin.buffer.readline, out.write)


if __name__ == "__main__":
    main()
