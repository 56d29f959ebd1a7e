"""All choices of a question read in one row behind its prompt, blind to each other.

A mask of four dimensions lets each choice see the prompt and itself. Nothing is copied
per choice, neither the prompt's keys and values nor padding to the longest choice.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.cache import gathered
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.passes import Budget, read_rows, take_rest
from evalkit_backends._models.question import Question

WASTE = 0.7
"""Questions go together while the shorter has this share of the longer's tokens."""
FEW = 256
"""Tokens that are worth padding: a pass costs as much as some dozens, however few."""


def read_packed(
    forward: Forward,
    questions: Sequence[Question],
    cache: Any,
    budget: Budget,
    padding: int,
) -> None:
    """Read the choices of questions whose prompts are the rows of `cache`, in order."""
    rows = [row for row, each in enumerate(questions) if tail(each)]
    rows.sort(key=lambda row: len(tail(questions[row])), reverse=True)
    for part in parts(rows, questions, budget.logits // forward.vocabulary):
        chosen = [questions[row] for row in part]
        tails = [tail(each) for each in chosen]
        past, width = max(len(each.prompt) for each in chosen), len(tails[0])
        copies = gathered(cache, part, past, width)
        mask, positions = blocks(chosen, past, width, forward.dtype)
        logits = read_rows(forward, tails, padding, mask, positions, copies)
        for question, own in zip(chosen, logits, strict=True):
            for choice, start, end in spans(question):
                take_rest(question, choice, own[start:end])


def tail(question: Question) -> list[int]:
    """The tokens of all choices, one after the other, the last of each left out: it is
    predicted, not read."""
    return [token for choice in question.choices for token in choice[:-1]]


def spans(question: Question) -> Iterator[tuple[int, int, int]]:
    """Each choice that has tokens to read, and where they begin and end in the row."""
    lengths = [len(choice) - 1 for choice in question.choices]
    for choice, (length, end) in enumerate(
        zip(lengths, accumulate(lengths), strict=True)
    ):
        if length:
            yield choice, end - length, end


def parts(
    rows: Sequence[int], questions: Sequence[Question], places: int
) -> Iterator[list[int]]:
    """Rows to read together, the longest first, without much padding.

    `places` is how many tokens a pass may give logits for.
    """
    part: list[int] = []
    width = 0
    for row in rows:
        length = len(tail(questions[row]))
        wasteful = length < WASTE * width and width * len(part) >= FEW
        if part and (wasteful or width * (len(part) + 1) > places):
            yield part
            part = []
        width = width if part else length
        part.append(row)
    if part:
        yield part


def blocks(
    questions: Sequence[Question], past: int, width: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Who sees what, as numbers added to attention, and where each token stands.

    Shapes (questions, 1, width, past + width) and (questions, width).
    """
    seen = torch.zeros((len(questions), width, past + width), dtype=torch.bool)
    positions = torch.zeros((len(questions), width), dtype=torch.long)
    for row, question in enumerate(questions):
        length = len(question.prompt)
        seen[row, :, :length] = True
        for _, start, end in spans(question):
            block = torch.ones((end - start, end - start), dtype=torch.bool).tril()
            seen[row, start:end, past + start : past + end] = block
            positions[row, start:end] = length + torch.arange(end - start)
    mask = torch.zeros(seen.shape, dtype=dtype)
    return mask.masked_fill(~seen, torch.finfo(dtype).min)[:, None], positions
