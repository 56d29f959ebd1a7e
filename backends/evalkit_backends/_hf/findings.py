"""What quick ways have told that a plain pass can be compared with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from evalkit_backends._hf.reach import Extent
from evalkit_backends._hf.trial import Finding
from evalkit_backends._hf.writing import Writing
from evalkit_backends._models.question import Question


def of_question(question: Question, extent: Extent) -> Iterator[Finding]:
    """What there is to compare of a question: its longest choice, the last one that has
    several tokens, and all of one token, which its prompt tells by itself."""
    several = [n for n, each in enumerate(question.choices) if len(each) > 1]
    longest = max(several, key=lambda n: len(question.choices[n]), default=0)
    for choice in sorted({longest, *several[-1:]}):
        text = [*question.prompt, *question.choices[choice][:-1]]
        compared = [n for n in range(len(question.choices)) if n not in several]
        compared = sorted({*compared, choice})
        yield Finding(
            text=text,
            places=range(len(question.prompt) - 1, len(text)),
            told=torch.tensor([question.logprobs[n] for n in compared]),
            numbers=Expected([question.choices[n] for n in compared]),
            extent=extent,
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """Choices whose log-probabilities to take from the logits of one text."""

    choices: Sequence[Sequence[int]]

    def __call__(self, logits: Tensor) -> Tensor:
        """The log-probability of each; logits: (places, vocabulary)."""
        told = torch.log_softmax(logits, dim=-1)
        sums = [told[range(len(choice)), list(choice)].sum() for choice in self.choices]
        return torch.stack(sums)

    def steps(self) -> Tensor:
        """The farther the more tokens add up, some up and some down."""
        return torch.tensor([float(len(each)) for each in self.choices]).sqrt()


def of_writing(row: Writing) -> Finding:
    """What there is to compare of a row: the logit of each token that was chosen."""
    chosen = [token for token, _ in row.told]
    begun = row.tokens[: len(row.prompt) + row.since]
    text = [*begun, *chosen[:-1]]
    return Finding(
        text=text,
        places=range(len(begun) - 1, len(text)),
        told=torch.tensor([logit for _, logit in row.told]),
        numbers=Chosen(chosen),
        extent=row.extent,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tokens of which each was chosen at one place."""

    tokens: Sequence[int]

    def __call__(self, logits: Tensor) -> Tensor:
        """The logit of each; logits: (places, vocabulary)."""
        return logits[range(len(self.tokens)), list(self.tokens)]

    def steps(self) -> Tensor:
        """As far as any logit."""
        return torch.ones(len(self.tokens))
