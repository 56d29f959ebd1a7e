"""Ranking choices, with everything that prompts have in common read once.

The beginning that a group of prompts shares is read as one row, the trunk; the rest of
each prompt behind a copy of it; and the choices behind their prompts. A choice's first
token is told by its prompt alone, so choices of one token, such as letters, cost
nothing more.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.apart import read_apart, read_whole
from evalkit_backends._hf.cache import gathered
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.packed import read_packed
from evalkit_backends._hf.passes import Budget, padded, take_first
from evalkit_backends._hf.trunk import Trunk
from evalkit_backends._hf.trunks import Group, grouped
from evalkit_backends._models.question import Question


class Ranker:
    """Takes questions and ranks their choices, some of them at a time."""

    def __init__(
        self, forward: Forward, padding: int, budget: Budget, *, packs: bool
    ) -> None:
        self._forward = forward
        self._padding = padding
        self._budget = budget
        self._read_choices = read_packed if packs else read_apart
        self._waiting: list[Question] = []
        self._groups: deque[Group[Question]] = deque()
        """Those to be worked on; the first may have been begun."""
        self._trunk = Trunk(forward)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._groups or self._waiting)

    def submit(self, questions: Sequence[Question]) -> None:
        """Take questions; they are begun when those before them are done."""
        self._waiting += questions

    def withdraw(self) -> Sequence[Question]:
        """Let all questions go that are not being ranked."""
        questions = [each for group in self._groups for each in group.questions]
        questions += self._waiting
        self._groups.clear()
        self._waiting = []
        return questions

    def next_group(self) -> Group[Question]:
        """Questions to rank together: of one group, and of about one length."""
        if not self._groups:
            self._groups.extend(grouped(self._waiting))
            self._waiting = []
        group = self._groups[0]
        group.questions.sort(key=lambda each: len(each.prompt), reverse=True)
        count = self._fitting(group)
        chosen = group.questions[:count]
        del group.questions[:count]
        if not group.questions:
            self._groups.popleft()
        return Group(group.shared, chosen)

    def _fitting(self, group: Group[Question]) -> int:
        """How many of a group's questions one pass holds, the longest first."""
        if not self._forward.shares:
            return 1
        longest = len(group.questions[0].prompt)
        most = min(
            self._budget.rows,
            self._budget.tokens // (longest - group.shared),
            self._budget.places // (2 * longest),
        )
        return max(1, most)

    def rank(self, group: Group[Question]) -> None:
        """Tell how likely each choice of these questions is."""
        if not self._forward.shares:
            for each in group.questions:
                read_whole(self._forward, each)
            return
        cache, logits = self._read_prompts(group)
        for question, row in zip(group.questions, logits, strict=True):
            take_first(question, row)
        del logits
        self._read_choices(
            self._forward, group.questions, cache, self._budget, self._padding
        )

    def put_back(self, group: Group[Question]) -> None:
        """Let questions wait again, and take fewer at a time from now on."""
        self._budget.halve()
        self._groups.appendleft(group)

    def forget(self) -> None:
        """Give back the memory that is held for prompts to come."""
        self._trunk.forget()

    def _read_prompts(self, group: Group[Question]) -> tuple[Any, Tensor]:
        """The cache with all prompts read, and the logits behind each of them."""
        rows = [each.prompt[group.shared :] for each in group.questions]
        ids = padded(rows, self._padding)
        count, width = ids.shape
        cache = self._forward.new_cache()
        if group.shared:
            tokens = group.questions[0].prompt[: group.shared]
            trunk = self._trunk.grown(tokens, self._budget.tokens)
            cache = gathered(trunk, [0] * count, group.shared, width)
        positions = torch.arange(group.shared, group.shared + width).expand(count, -1)
        ends = [len(row) - 1 for row in rows]
        logits = self._forward.at(
            ids, None, positions, cache=cache, rows=range(count), places=ends
        )
        return cache, logits
