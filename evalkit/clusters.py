"""What samples have in common, by their task: what an interval must allow for."""

import hashlib
from typing import Any

from evalkit.errors import TaskError, Unsound, boundary
from evalkit.task import Task, task_label
from evalkit.text import shown
from evalkit.types import Sample

LONGEST = 40
"""Characters of a name; a longer one, such as a passage, is told by its digest."""


def cluster_of(task: Task, sample: Sample) -> str:
    """How results name what a sample has in common with others, empty for nothing.

    A TaskError names the task if it fails to say.
    """
    with boundary(TaskError, f"{task_label(task)}, cluster()"):
        name: Any = task.cluster(sample)
        if not isinstance(name, str):
            raise Unsound(f"a text is meant, not {shown(name)}")
        encoded = name.encode()
    if len(name) <= LONGEST:
        return name
    return hashlib.sha256(encoded).hexdigest()[:LONGEST]
