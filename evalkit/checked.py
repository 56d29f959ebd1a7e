"""One pass over a task's samples before anything is asked: are they sound?"""

import hashlib
from dataclasses import dataclass
from itertools import islice

import msgspec

from evalkit.choices.frame import choice_problem
from evalkit.errors import TaskError, boundary
from evalkit.record import encode
from evalkit.task import Task
from evalkit.types import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one pass over a task's samples told."""

    first: Sample
    count: int
    sha256: str
    unchoosable: str
    """Why the first sample that cannot be asked by its choices cannot; empty if all
    can."""


def check_samples(task: Task, limit: int | None) -> Checked:
    """Count and hash the samples; refuse none at all, or two with one id."""
    total = hashlib.sha256()
    first: Sample | None = None
    seen: set[str] = set()
    unchoosable = ""
    with boundary(TaskError, f"task {task.name!r}, samples()"):
        for sample in islice(task.samples(), limit):
            if sample.id in seen:
                raise TaskError(f"task {task.name!r} has two samples {sample.id!r}")
            seen.add(sample.id)
            first = first or sample
            unchoosable = unchoosable or choice_problem(sample)
            total.update(encoded(sample))
    if first is None:
        raise TaskError(f"task {task.name!r} has no samples")
    return Checked(
        first=first, count=len(seen), sha256=total.hexdigest(), unchoosable=unchoosable
    )


def encoded(sample: Sample) -> bytes:
    """A sample as JSON; raise ValueError if it would not come back as it is."""
    try:
        encoding = encode(sample)
        same = msgspec.json.decode(encoding, type=Sample) == sample
    except (TypeError, ValueError, msgspec.ValidationError) as exc:
        raise ValueError(f"sample {sample.id!r}: {exc}") from exc
    if not same:
        raise ValueError(f"sample {sample.id!r} has values that JSON cannot hold")
    return encoding
