"""What one pass through the model takes and gives, as tables of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.forward import Forward
from evalkit_backends._models.question import Question


@dataclass(slots=True)
class Budget:
    """What one pass of a ranking may take; halved when it turns out to be too much."""

    rows: int
    tokens: int
    """Read in one pass, padding included."""
    places: int
    """Tokens held in memory at once, those of copied prompts included."""
    logits: int
    """Numbers that the model may give in one pass."""

    def halve(self) -> None:
        self.rows = max(1, self.rows // 2)
        self.tokens = max(1, self.tokens // 2)
        self.places = max(1, self.places // 2)
        self.logits = max(1, self.logits // 2)


def padded(rows: Sequence[Sequence[int]], padding: int) -> Tensor:
    """Rows of tokens as one table, padded on the right: (rows, tokens)."""
    ids = torch.full((len(rows), max(map(len, rows))), padding)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
    return ids


def read_rows(
    forward: Forward,
    rows: Sequence[Sequence[int]],
    padding: int,
    mask: Tensor,
    positions: Tensor,
    cache: Any,
) -> Sequence[Tensor]:
    """The logits behind each token of each row: (its tokens, vocabulary)."""
    lengths = [len(row) for row in rows]
    logits = forward.at(
        padded(rows, padding),
        mask,
        positions,
        cache=cache,
        rows=[row for row, length in enumerate(lengths) for _ in range(length)],
        places=[place for length in lengths for place in range(length)],
    )
    return torch.split(logits, lengths)


def take_first(question: Question, logits: Tensor) -> None:
    """Begin each choice's sum with its first token; logits: (vocabulary,)."""
    tokens = torch.tensor([choice[0] for choice in question.choices])
    logprobs = torch.log_softmax(logits.float(), dim=-1)[tokens.to(logits.device)]
    question.logprobs = [float(each) for each in logprobs]
    likeliest = int(logits.argmax())
    question.greedy = [choice[0] == likeliest for choice in question.choices]


def take_rest(question: Question, choice: int, logits: Tensor) -> None:
    """Add all of a choice's tokens but the first; logits: (tokens - 1, vocabulary)."""
    logprob, greedy = followed(logits, question.choices[choice][1:])
    question.logprobs[choice] += logprob
    question.greedy[choice] &= greedy


def followed(logits: Tensor, expected: Sequence[int]) -> tuple[float, bool]:
    """The log-probability of the tokens that came, and whether each was the likeliest.

    `logits` are those before each token: (tokens, vocabulary).
    """
    tokens = torch.tensor(expected, device=logits.device)
    chosen = logits.gather(-1, tokens[:, None])[:, 0].float()
    total = chosen - torch.logsumexp(logits.float(), dim=-1)
    return float(total.sum()), bool((logits.argmax(dim=-1) == tokens).all())
