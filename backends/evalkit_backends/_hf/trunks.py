"""Which prompts begin alike, so that what they share is read once.

Prompts in the order of their tokens stand next to those they share most with. Few-shot
examples make a trunk for all questions behind them, and a passage one for the questions
about it; such a trunk may itself grow out of a larger one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

SAVING = 128
"""Tokens that a trunk of its own must spare: a pass through the model costs about as
much as some dozens of tokens, however few it reads."""


class Prompted(Protocol):
    """What has a prompt to be read."""

    prompt: list[int]


Asked = TypeVar("Asked", bound=Prompted)


@dataclass(frozen=True, slots=True)
class Group(Generic[Asked]):
    """Questions whose prompts all begin with the same `shared` tokens."""

    shared: int
    questions: list[Asked]


def grouped(questions: Sequence[Asked]) -> Sequence[Group[Asked]]:
    """The questions in groups, each next to those it shares the most with.

    Questions that begin alike are parted where they first differ, and the parts again,
    however deep that goes; one gets a trunk of its own where that spares enough.
    """
    ordered = sorted(questions, key=lambda each: each.prompt)
    alike = [beginning(a.prompt, b.prompt) for a, b in pairwise(ordered)]
    groups: list[Group[Asked]] = [Group(0, [])]
    parts: list[tuple[int, int, Group[Asked]]] = [(0, len(ordered), groups[0])]
    while parts:
        start, end, group = parts.pop()
        shared = min(alike[start : end - 1], default=group.shared)
        if (shared - group.shared) * (end - start - 1) >= SAVING:
            groups.append(Group(shared, []))
            group = groups[-1]
        branches = [*runs(alike, shared, start, end)]
        for first, last in reversed(branches):  # the last one put there is next
            if last - first > 1:
                parts.append((first, last, group))
            else:
                group.questions.extend(ordered[first:last])
    return [group for group in groups if group.questions]


def runs(
    alike: Sequence[int], shared: int, start: int, end: int
) -> Iterator[tuple[int, int]]:
    """Stretches of questions, each of which shares more than `shared` with the next.

    `alike` says how many tokens each shares with the next.
    """
    for place in range(start + 1, end):
        if alike[place - 1] <= shared:
            yield start, place
            start = place
    yield start, end


def beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two prompts begin with alike, short of the whole of either.

    A prompt's last token has to be read for each question, since what follows it is
    what is asked.
    """
    return min(shared_length(one, other), len(one) - 1, len(other) - 1)


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two rows begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # slices compare at the speed of C
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
