"""Finding what a task asks: its dataset or its own files, and its worked examples."""

import hashlib
from dataclasses import replace

from evalkit.checked import check_samples, samples_of
from evalkit.choosing import Chosen
from evalkit.errors import DataError, TaskError, boundary
from evalkit.hashed import Hashed
from evalkit.record import DatasetFacts, encode
from evalkit.seams import SAMPLE, several
from evalkit.task import Task, task_label
from evalkit.types import Sample

OWN = "folder, files sha256 "
"""How the origin of a task begins that has files of its own."""
MOST_SHOWN = 100_000
"""More worked examples than this are taken to have no end."""


def find_data(chosen: Chosen, *, examples: bool) -> Chosen:
    """Locate the task's dataset, fetching it if need be.

    `examples` says whether the files for worked examples are wanted too.
    """
    ref = chosen.task.dataset
    if ref is None:
        return with_own_files(chosen, examples=examples)
    with boundary(DataError, task_label(chosen.task)):
        source = chosen.task.data.find(ref, examples=examples)
    facts = DatasetFacts(id=ref.id, revision=source.revision, sha256=source.sha256)
    return replace(chosen, dataset=facts, origin=source.origin)


def with_own_files(chosen: Chosen, *, examples: bool) -> Chosen:
    """The task with what its own files ask, if it has such.

    A run is told by that, all samples whatever the limit, and not by the bytes of the
    files: a mended check or another title asks nothing anew. The bytes are noted.
    """
    written = own_origin(chosen.task)
    if not written:
        return chosen
    task = replace(chosen.task)  # reads what has been hashed, and not before
    facts = DatasetFacts(
        id=task.name,
        revision=f"version {task.version}",
        sha256=asked_sha256(task, examples=examples),
    )
    if own_origin(task) != written:
        raise DataError(
            f"{task_label(task)}: its files were changed while they were being read. "
            "The same command begins with what is there now"
        )
    return replace(chosen, task=task, dataset=facts, origin=written)


def own_origin(task: Task) -> str:
    """Where a task with files of its own was read from, and what they held; empty for
    one without."""
    with boundary(DataError, task_label(task)):
        files = task.own_files()
        written = Hashed().sha256((each, each.name) for each in files)
    return f"{OWN}{written}" if files else ""


def asked_sha256(task: Task, *, examples: bool) -> str:
    """SHA-256 of a task's samples, and of its worked examples if they are shown."""
    samples = check_samples(task, samples_of(task)).sha256
    if not examples:
        return samples
    return hashlib.sha256(encode((samples, exemplars_of(task)))).hexdigest()


def exemplars_of(task: Task) -> tuple[Sample, ...]:
    """A task's worked examples; a TaskError names the task if it fails."""
    with boundary(TaskError, f"{task_label(task)}, exemplars()"):
        shown = several(task.exemplars(), MOST_SHOWN, "worked examples")
        return tuple(map(SAMPLE, shown))
