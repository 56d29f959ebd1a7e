"""Which of a task's samples are asked: all, the first few, or some drawn by lot.

Each sample has a lot that follows from the seed and its id. Those with the lowest lots
are asked, in the order of the task: a larger limit asks the same ones and others.
"""

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.checked import samples_of
from evalkit.task import Task
from evalkit.types import Sample


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of a task's samples."""

    limit: int | None = None
    seed: int | None = None
    """Of the lots; None for the first samples."""
    highest: bytes = b""
    """The highest lot that is asked; empty where none were drawn."""

    def of(self, task: Task) -> Iterator[Sample]:
        """The samples, in the order of the task."""
        if not self.highest:
            return samples_of(task, self.limit)
        drawn = samples_of(task)
        return (each for each in drawn if lot(self.seed, each) <= self.highest)


ALL = Selection()


def select(task: Task, limit: int | None, seed: int | None) -> Selection:
    """The samples to ask; where they are drawn, after a pass over all there are."""
    if limit is None or seed is None:
        return Selection(limit)
    lots = heapq.nsmallest(limit, (lot(seed, each) for each in samples_of(task)))
    return Selection(limit, seed, lots[-1] if lots else b"")


def lot(seed: int | None, sample: Sample) -> bytes:
    """What a sample draws."""
    return hashlib.sha256(f"{seed}\0{sample.id}".encode()).digest()
