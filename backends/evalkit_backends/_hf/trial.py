"""Trying whether a quick way finds what a plain pass finds.

A plain pass is one whole text by itself, of which the model is given the tokens and
nothing else. What a quick way has found for some text is compared with it before any
result of that extent is handed out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from evalkit_backends._hf.choosing import Choosing
from evalkit_backends._hf.forward import Forward, short
from evalkit_backends._hf.memory import is_out_of_memory, release
from evalkit_backends._hf.reach import Extent, Reach

EXACT = 1e-3
"""How far apart log-probabilities may be in float32."""
SHAPES = ((1, 0.3), (3, 1.0))
"""Rows of other batches in which a plain pass in half precision is repeated, and by
what share they are longer: it is not the same there, and nothing can be expected to be
nearer to it than itself."""
CUTS = (0, 3)
"""Tokens left out in front of such a text: there are lengths that hardly differ."""
LOOKED_AT = 32
"""Tokens of which it is seen how far they are, at the end of a text."""


class DiffersError(Exception):
    """A quick way has found something else than a plain pass."""


class Numbers(Protocol):
    """What is taken from the logits at some places."""

    def __call__(self, logits: Tensor) -> Tensor:
        """The numbers; logits: (places, vocabulary)."""
        ...

    def steps(self) -> Tensor:
        """How many times as far as a logit each may be from itself, by chance."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a quick way has told of a text."""

    text: Sequence[int]
    """Its tokens, of which the last is read."""
    places: Sequence[int]
    """Which of them tell what was found."""
    told: Tensor
    """The numbers that the quick way came to."""
    numbers: Numbers
    extent: Extent


def why_not(problem: Exception) -> str:
    """Why a way is left, from what was raised."""
    if isinstance(problem, DiffersError):
        return str(problem)
    return f"failed: {short(problem)}"


class Trial:
    """What one quick way was tried with, and how near it came."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._reach = Reach(forward.marks)
        self._longest = 0
        self._farthest = 0.0
        self._spread = 0.0
        """How far logits in half precision are from themselves, as far as is known."""
        self._untried = 0
        self._chooses = False
        """Whether the model chooses what it looks at: no text tells of others then."""

    def due(self, extents: Sequence[Extent]) -> Iterator[int]:
        """The places of those to compare, one by one until all are covered.

        Each time it is the one that tells of the most others.
        """
        left = dict(enumerate(extents))
        while left := {
            place: each
            for place, each in left.items()
            if self._chooses or not self._reach.covers(each)
        }:
            place = max(left, key=lambda place: self._told_by(left[place], left))
            yield place
            del left[place]

    def _told_by(self, extent: Extent, others: Mapping[int, Extent]) -> tuple[int, int]:
        """How many others it would cover, and its length."""
        covered = (self._reach.tells(extent, each) for each in others.values())
        return sum(covered), extent.length

    def compare(self, finding: Finding) -> None:
        """Raise DiffersError if a plain pass finds something else."""
        try:
            apart, allowed = self._apart(finding)
        except Exception as exc:
            if not is_out_of_memory(exc):
                raise
            release(self._forward.device)
            self._untried = max(self._untried, len(finding.text))
            self._reach.add(finding.extent)
            return
        if not apart <= allowed:  # not a number is not near either
            where = f"at {len(finding.text)} tokens"
            raise DiffersError(f"differed from a plain pass by {apart:.2g} {where}")
        if not finding.told.isfinite().any():
            return  # neither way told anything
        self._reach.add(finding.extent)
        self._farthest = max(self._farthest, apart)
        self._longest = max(self._longest, len(finding.text))

    def told(self) -> str:
        """What was tried, for people; empty if nothing was."""
        said: list[str] = []
        if self._longest:
            near = f"within {self._farthest:.1g} of a plain pass"
            said.append(f"tried with up to {self._longest} tokens, {near}")
        if self._untried:
            said.append(f"no plain pass of {self._untried} tokens fits into memory")
        return "; ".join(said)

    def _apart(self, finding: Finding) -> tuple[float, float]:
        """How far a finding is from a plain pass, and how far it may be."""
        logits = self._plain(finding.text, finding.places)
        apart = off(finding.told, finding.numbers(logits))
        farthest = float(apart.max())
        if farthest <= EXACT or self._forward.exact:
            return farthest, EXACT
        steps = finding.numbers.steps()
        worst = int((apart / steps).argmax())
        if not apart[worst] <= steps[worst] * self._spread:
            self._spread = max(self._spread, self._measured(finding.text))
        return float(apart[worst]), float(steps[worst]) * self._spread

    def _measured(self, text: Sequence[int]) -> float:
        """How far logits of plain passes are from themselves in other shapes.

        They are no nearer than the numbers of their type lie apart.
        """
        found: list[float] = []
        for cut in CUTS:
            own = text[cut:] or text
            places = range(max(0, len(own) - LOOKED_AT), len(own))
            one = self._plain(own, places)
            found.append(largest(one) * torch.finfo(self._forward.dtype).eps)
            for rows, more in SHAPES:
                other = self._plain(own, places, rows, more)
                found.append(largest(other - one))
        return max(found)

    def _plain(
        self, text: Sequence[int], places: Sequence[int], rows: int = 1, more: float = 0
    ) -> Tensor:
        """The logits of a plain pass, of so many rows that are all the same and by so
        much longer than the text: (places, vocabulary)."""
        longer = self._forward.lengthened(text, int(more * len(text)))
        ids = torch.tensor([longer]).expand(rows, -1)
        with Choosing() as choosing:
            logits = self._forward.plain(ids, places)[0].float().cpu()
        self._chooses |= not choosing.sizes <= self._forward.fixed
        return logits


def off(told: Tensor, plain: Tensor) -> Tensor:
    """How far numbers are from those of a plain pass.

    Where neither way has come to one, there is nothing to compare: such a text fails.
    """
    return (told - plain).abs().where(plain.isfinite() | told.isfinite(), 0.0)


def largest(numbers: Tensor) -> float:
    """The largest size of those that are finite."""
    return float(numbers.abs().where(numbers.isfinite(), 0.0).max())
