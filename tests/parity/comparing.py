"""A tiny model asked by backend `hf` and by plain passes: how far they are apart.

A plain pass is one whole text, alone, of which the model is given only the tokens.
Writing by plain passes reads everything anew for each token.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from evalkit import Completion, Engine, Generate, Rank, Sampling
from evalkit_backends.hf import HF
from tests.parity.tiny_texts import EOS, text, tokens

CHOICES = tuple(tuple(tokens(count, 40 + count)) for count in (1, 2, 4, 7))
BEGINNING = tokens(34, 1)
"""What several prompts have in common, longer than any window."""
PROMPTS = (
    *(tuple(tokens(count, 10 + count)) for count in (5, 11, 18, 29, 41)),
    *((*BEGINNING, *tokens(count, 20 + count)) for count in (1, 3, 6, 9, 14, 22)),
)
WRITTEN = 10
"""Tokens that are written for each prompt at most."""


@dataclass(frozen=True)
class Expected:
    """What plain passes tell of a prompt."""

    logprobs: tuple[float, ...]
    """Of each choice."""
    text: str
    """What is written behind it."""


@dataclass(frozen=True)
class Compared:
    """How near the engine came."""

    apart: float
    """The largest difference of a choice's log-probability."""
    texts: int
    """How many prompts were continued by the same text."""
    facts: dict[str, str]
    """What the engine tells of its ways."""


def whole(model: Any, ids: Sequence[int]) -> torch.Tensor:
    """The logits behind each token, by a model that has read nothing before."""
    with torch.inference_mode():
        output = copy.deepcopy(model)(input_ids=torch.tensor([ids]))
    logits: torch.Tensor = output.logits[0].float()
    return logits


def expected(model: Any, prompt: Sequence[int]) -> Expected:
    """What plain passes of a model tell of a prompt."""
    logprobs: list[float] = []
    for choice in CHOICES:
        told = whole(model, [*prompt, *choice[:-1]])[len(prompt) - 1 :].log_softmax(-1)
        logprobs.append(float(told[range(len(choice)), list(choice)].sum()))
    written: list[int] = []
    while len(written) < WRITTEN:
        token = int(whole(model, [*prompt, *written])[-1].argmax())
        if token == EOS:
            break
        written.append(token)
    return Expected(tuple(logprobs), text(written))


def compare(
    folder: Path,
    prompts: Sequence[Sequence[int]],
    wanted: Sequence[Expected],
    *,
    alone: bool,
    **options: Any,
) -> Compared:
    """Ask the engine for a saved model the same, one by one or all at once."""
    backend = HF(model=str(folder), **options)
    rankings, writings = requests(prompts)
    with backend.load(backend.prepare()) as engine:
        ranked = asked(engine, rankings, alone=alone)
        written = asked(engine, writings, alone=alone)
        facts = {**engine.facts()}
    apart = [
        abs(choice.logprob - logprob)
        for each, want in zip(ranked, wanted, strict=True)
        for choice, logprob in zip(each.ranked, want.logprobs, strict=True)
    ]
    same = [each.text == want.text for each, want in zip(written, wanted, strict=True)]
    return Compared(max(apart), sum(same), facts)


def requests(
    prompts: Sequence[Sequence[int]],
) -> tuple[Sequence[Rank], Sequence[Generate]]:
    """The questions that are put to the engine."""
    choices = tuple(text(each) for each in CHOICES)
    sampling = Sampling(max_tokens=WRITTEN)
    return (
        [
            Rank(prompt=text(prompt), choices=choices, id=f"rank {place}")
            for place, prompt in enumerate(prompts)
        ],
        [
            Generate(prompt=text(prompt), sampling=sampling, id=f"write {place}")
            for place, prompt in enumerate(prompts)
        ],
    )


def asked(
    engine: Engine, asking: Sequence[Rank] | Sequence[Generate], *, alone: bool
) -> list[Completion]:
    """The completions in the order of the requests; raise ValueError at an error."""
    done: dict[str, Completion] = {}
    for part in [[each] for each in asking] if alone else [asking]:
        engine.submit(part)
        goal = len(done) + len(part)
        while len(done) < goal:
            done |= {each.request_id: each for each in engine.step()}
    errors = [each.error for each in done.values() if each.error]
    if errors:
        raise ValueError(errors[0])
    return [done[each.id] for each in asking]
