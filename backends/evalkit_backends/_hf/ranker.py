"""Ranking choices, with everything that prompts have in common read once.

The beginning that a group of prompts shares is read as one row, the trunk; the rest of
each prompt behind a copy of it; and the choices behind their prompts. A choice's first
token is told by its prompt alone, so choices of one token, such as letters, cost
nothing more.

Each way of doing so is tried against plain passes of some of the questions. Where it
does not hold, the next one is taken, and behind them all the plain way itself.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.apart import read_whole
from evalkit_backends._hf.cache import gathered
from evalkit_backends._hf.findings import of_question
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.memory import is_out_of_memory
from evalkit_backends._hf.passes import Budget, padded, take_first
from evalkit_backends._hf.reach import Extent
from evalkit_backends._hf.trial import Trial, why_not
from evalkit_backends._hf.trunk import Trunk
from evalkit_backends._hf.trunks import Group, grouped
from evalkit_backends._hf.ways import quick_ways, why_none
from evalkit_backends._models.question import Question


class Ranker:
    """Takes questions and ranks their choices, some of them at a time."""

    def __init__(self, forward: Forward, padding: int, budget: Budget) -> None:
        self._forward = forward
        self._padding = padding
        self._budget = budget
        self._ways = quick_ways(forward)
        self._trial = Trial(forward)
        self._left: list[str] = [] if self._ways else [why_none(forward)]
        """Why quicker ways are not taken."""
        self._used = False
        self._waiting: list[Question] = []
        self._groups: deque[Group[Question]] = deque()
        """Those to be worked on; the first may have been begun."""
        self._trunk = Trunk(forward)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._groups or self._waiting)

    @property
    def count(self) -> int:
        """How many questions it has."""
        return sum(len(each.questions) for each in self._groups) + len(self._waiting)

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
            self._groups.extend(self._grouped())
            self._waiting = []
        group = self._groups[0]
        group.questions.sort(key=lambda each: len(each.prompt), reverse=True)
        count = self._fitting(group)
        chosen = group.questions[:count]
        del group.questions[:count]
        if not group.questions:
            self._groups.popleft()
        return Group(group.shared, chosen)

    def _grouped(self) -> Iterator[Group[Question]]:
        """The waiting in groups of which each can be read together.

        Only short texts are read alike whatever their length: a beginning that others
        share is short where they may be long.
        """
        regimes: defaultdict[int | None, list[Question]] = defaultdict(list)
        for each in self._waiting:
            regimes[self._regime(each)].append(each)
        yield from grouped(regimes.pop(0, []))
        yield from (Group(0, [each]) for each in regimes.pop(None, []))
        yield from (Group(0, questions) for questions in regimes.values())

    def _regime(self, question: Question) -> int | None:
        """The regime in which the prompt and all choices behind it are read."""
        prompt = len(question.prompt)
        lengths = [prompt + len(choice) - 1 for choice in question.choices]
        return self._forward.regimes.common([prompt, *lengths])

    def _fitting(self, group: Group[Question]) -> int:
        """How many of a group's questions one pass holds, the longest first."""
        if not self._ways:
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
        self._used = True
        mixed = any(self._regime(each) is None for each in group.questions)
        while self._ways and not mixed:
            try:
                self._read(group)
                self._compare(group)
                return
            except Exception as exc:
                if is_out_of_memory(exc):
                    raise
                self._leave_way(exc)
        for each in group.questions:
            read_whole(self._forward, each)

    def put_back(self, group: Group[Question]) -> None:
        """Let questions wait again, and take fewer at a time from now on."""
        self._budget.halve()
        self._groups.appendleft(group)

    def forget(self) -> None:
        """Give back the memory that is held for prompts to come."""
        self._trunk.forget()

    def told(self) -> str:
        """How choices are read and what that was tried with; empty if none were."""
        if not self._used:
            return ""
        way = self._ways[0].told if self._ways else "each text by itself, read plainly"
        said = [way, self._trial.told(), *self._left]
        return "; ".join(each for each in said if each)

    def _read(self, group: Group[Question]) -> None:
        cache, logits = self._read_prompts(group)
        for question, row in zip(group.questions, logits, strict=True):
            take_first(question, row)
        del logits
        self._ways[0].read(
            self._forward, group.questions, cache, self._budget, self._padding
        )

    def _leave_way(self, problem: Exception) -> None:
        """Take the next way, since this one does not hold."""
        left = self._ways.pop(0)
        self._left.append(f"not {left.told}, which {why_not(problem)}")
        self._trial = Trial(self._forward)
        self._trunk.forget()

    def _compare(self, group: Group[Question]) -> None:
        """Compare some questions with plain passes, if nothing alike was compared."""
        way, longest = self._ways[0], max(len(each.prompt) for each in group.questions)
        extents = [
            Extent(way.length(each), longest - len(each.prompt), group.shared > 0)
            for each in group.questions
        ]
        for place in self._trial.due(extents):
            for finding in of_question(group.questions[place], extents[place]):
                self._trial.compare(finding)

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
