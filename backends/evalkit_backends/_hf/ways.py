"""The ways of reading choices behind prompts, beside the plain one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit_backends._hf.apart import read_apart
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.packed import read_packed, tail
from evalkit_backends._hf.passes import Budget
from evalkit_backends._models.question import Question

Read = Callable[[Forward, Sequence[Question], Any, Budget, int], None]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of reading choices behind prompts that were read together."""

    told: str
    """What it does, for people."""
    read: Read
    length: Callable[[Question], int]
    """How many tokens a question comes to."""


def quick_ways(forward: Forward) -> list[Way]:
    """The quick ways that may hold for a model, the quickest first."""
    apart = Way(
        "each choice in a row behind a copy of its prompt",
        read_apart,
        lambda each: len(each.prompt) + each.longest,
    )
    packed = Way(
        "all choices in one row behind their prompt",
        read_packed,
        lambda each: len(each.prompt) + len(tail(each)),
    )
    if not forward.shares:
        return []
    return [packed, apart] if forward.looks_back is None else [apart]


def why_none(forward: Forward) -> str:
    """Why no quick way is open to a model."""
    return forward.unkept or "its cache has no rows that could be copied"
