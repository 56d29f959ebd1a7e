"""One pass over a task's samples before anything is asked: are they sound?"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from evalkit.choices.frame import choice_problem
from evalkit.clusters import cluster_of
from evalkit.errors import TaskError, Unsound, guarded
from evalkit.record import encode
from evalkit.seams import MOST, SAMPLE, is_several, several
from evalkit.task import Task, task_label
from evalkit.text import shown
from evalkit.types import Sample

OFTEN = 10_000
"""After so many samples the next number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one pass over a task's samples told."""

    first: Sample
    count: int
    sha256: str
    unchoosable: str
    """Why the first sample that cannot be asked by its choices cannot; empty if all
    can."""


def silent(line: str) -> None:
    """For those who want to hear nothing of what goes on."""


def samples_of(task: Task, limit: int | None = None) -> Iterator[Sample]:
    """A task's samples, each a sound one; whatever else it does is named as its
    failure."""
    return guarded(
        TaskError, f"{task_label(task)}, samples()", partial(sound_samples, task, limit)
    )


def sound_samples(task: Task, limit: int | None) -> Iterator[Sample]:
    """What a task gives, as far as it is sound; raise Unsound where it is not."""
    for place, item in enumerate(given_items(task, limit)):
        try:
            sample = SAMPLE(item)
        except Unsound as exc:
            which = shown(item.id) if isinstance(item, Sample) else f"number {place}"
            raise Unsound(f"sample {which}: {exc}") from exc
        yield sample


def given_items(task: Task, limit: int | None) -> Iterator[Any]:
    """What a task gives, whatever it is; raise Unsound where it has no end."""
    given: Any = task.samples()
    first = islice(given, limit) if is_several(given) else given
    return several(first, MOST, "samples (--limit N asks the first N)")


def check_samples(
    task: Task, samples: Iterable[Sample], tell: Callable[[str], object] = silent
) -> Checked:
    """Count and hash samples of a task; refuse none at all, or two with one id.

    `tell` hears now and then how many have been read.
    """
    who = task_label(task)
    total = hashlib.sha256()
    first: Sample | None = None
    seen: set[str] = set()
    unchoosable = ""
    for sample in samples:
        if sample.id in seen:
            raise TaskError(f"{who} has two samples {sample.id!r}")
        seen.add(sample.id)
        if len(seen) % OFTEN == 0:
            tell(f"{who}: {len(seen):,} samples read")
        first = first or sample
        unchoosable = unchoosable or choice_problem(sample)
        total.update(encoded(task, sample))
        cluster_of(task, sample)  # so that it fails before anything is asked
    if first is None:
        raise TaskError(f"{who} has no samples")
    return Checked(
        first=first, count=len(seen), sha256=total.hexdigest(), unchoosable=unchoosable
    )


def encoded(task: Task, sample: Sample) -> bytes:
    """A sound sample as JSON; a TaskError if it has characters that no file holds."""
    try:
        return encode(sample)
    except (UnicodeEncodeError, ValueError) as exc:
        where = f"{task_label(task)}, samples()"
        raise TaskError(f"{where}: sample {sample.id!r}: {exc}") from exc
