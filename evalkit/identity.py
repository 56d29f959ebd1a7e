"""What of a task or backend can move a score, as it is written into a run's spec."""

from typing import Any

import msgspec

from evalkit.backend import Backend
from evalkit.options import settable
from evalkit.record import Plain, encode
from evalkit.task import Task


def option_values(described: Task | Backend) -> Plain:
    """A dataclass's options that can move a score, as plain values.

    One whose metadata say ``{"later": True}`` came when there were runs already: it
    stands only where it is set, so that those keep their names.
    """
    values = {
        name: (getattr(described, name), each)
        for name, each in settable(type(described)).items()
        if each.metadata.get("identity", True)
    }
    return {
        name: plain_values(value)
        for name, (value, each) in values.items()
        if not (each.metadata.get("later") and value == each.default)
    }


def plain_values(value: object) -> Any:
    """A value as it will look when it is read back from JSON."""
    return msgspec.json.decode(encode(value))
