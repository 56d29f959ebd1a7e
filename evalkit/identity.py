"""What of a task or backend can move a score, as it is written into a run's spec."""

from typing import Any

import msgspec

from evalkit.backend import Backend, backend_label
from evalkit.errors import TaskError, boundary
from evalkit.options import settable
from evalkit.record import Plain, encode
from evalkit.task import Task, task_label


def option_values(described: Task | Backend) -> Plain:
    """A dataclass's options that can move a score, as plain values.

    One whose metadata say ``{"later": True}`` came when there were runs already: it
    stands only where it is set, so that those keep their names.
    """
    label = label_of(described)
    values = {
        name: (getattr(described, name), each)
        for name, each in settable(type(described)).items()
        if each.metadata.get("identity", True)
    }
    return {
        name: named_values(value, label)
        for name, (value, each) in values.items()
        if not (each.metadata.get("later") and value == each.default)
    }


def label_of(described: Task | Backend) -> str:
    """How errors name a task or a backend."""
    if isinstance(described, Task):
        return task_label(described)
    return backend_label(described)


def named_values(value: object, who: str) -> Any:
    """The same, where a value that JSON cannot hold is the failure of `who`."""
    with boundary(TaskError, f"{who}, its fields"):
        return plain_values(value)


def plain_values(value: object) -> Any:
    """A value as it will look when it is read back from JSON."""
    return msgspec.json.decode(encode(value))
