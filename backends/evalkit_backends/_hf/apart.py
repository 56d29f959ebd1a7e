"""Each choice read in a row of its own, behind a copy of its prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from evalkit_backends._hf.cache import aligned
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.passes import Budget, followed, read_rows, take_rest
from evalkit_backends._models.question import Question


@dataclass(frozen=True, slots=True)
class Leaf:
    """A choice of several tokens, behind a prompt that was read."""

    question: Question
    choice: int
    row: int
    """Where its prompt stands among those that were read together."""

    @property
    def tokens(self) -> list[int]:
        """The tokens to read; the last one is only predicted."""
        return self.question.choices[self.choice][:-1]


def read_apart(
    forward: Forward,
    questions: Sequence[Question],
    cache: Any,
    budget: Budget,
    padding: int,
) -> None:
    """Read the choices of questions whose prompts are the rows of `cache`, in order."""
    leaves = [
        Leaf(question, choice, row)
        for row, question in enumerate(questions)
        for choice, tokens in enumerate(question.choices)
        if len(tokens) > 1
    ]
    leaves.sort(key=lambda leaf: len(leaf.tokens), reverse=True)
    while leaves:
        count = fitting(leaves, budget, forward.vocabulary)
        read_leaves(forward, leaves[:count], cache, padding)
        del leaves[:count]


def fitting(leaves: Sequence[Leaf], budget: Budget, vocabulary: int) -> int:
    """How many choices one pass holds, the longest first."""
    width = len(leaves[0].tokens)
    prompt = max(len(leaf.question.prompt) for leaf in leaves)
    most = min(
        budget.logits // (width * vocabulary), budget.places // (2 * (prompt + width))
    )
    return max(1, most)


def read_leaves(
    forward: Forward, leaves: Sequence[Leaf], cache: Any, padding: int
) -> None:
    """Read some choices together and add them up."""
    width = len(leaves[0].tokens)
    pasts = [(leaf.row, len(leaf.question.prompt)) for leaf in leaves]
    longest = max(length for _, length in pasts)
    # Pasts end where the choices begin, so they are padded on the left.
    mask = torch.zeros((len(leaves), longest + width), dtype=torch.long)
    for row, (leaf, (_, length)) in enumerate(zip(leaves, pasts, strict=True)):
        mask[row, longest - length : longest + len(leaf.tokens)] = 1
    positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, longest:]
    copies = aligned(cache, pasts, width)
    rows = [leaf.tokens for leaf in leaves]
    logits = read_rows(forward, rows, padding, mask, positions, copies)
    for leaf, own in zip(leaves, logits, strict=True):
        take_rest(leaf.question, leaf.choice, own)


def read_whole(forward: Forward, question: Question) -> None:
    """Read each choice behind its prompt as one text by itself: the plain way."""
    question.logprobs, question.greedy = [], []
    for choice in question.choices:
        row = [*question.prompt, *choice[:-1]]
        places = range(len(question.prompt) - 1, len(row))
        logits = forward.plain(torch.tensor([row]), places)[0]
        logprob, greedy = followed(logits, choice)
        question.logprobs.append(logprob)
        question.greedy.append(greedy)
