"""Reading prompts, with everything that they have in common read once.

Rows end on the right and are padded on the left, as they are for writing. What all
begin with, the trunk, is read as one row and copied to where each row has it; rows that
are the same from beginning to end, such as attempts at one question, are one row until
all of it is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.cache import ROOM, Part, aligned, joined
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.trunk import Trunk
from evalkit_backends._hf.writing import Writing

PROMPT_TOKENS = 4096
"""Read at a time, padding included: enough to keep any device busy."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Rows that the model has just read."""

    cache: Any
    mask: Tensor
    """Which places hold a token rather than padding: (rows, width)."""
    logits: Tensor
    """Of what follows each row: (rows, vocabulary)."""


class Reader:
    """Puts prompts through a model, and keeps the trunk of the last ones."""

    def __init__(self, forward: Forward, padding: int) -> None:
        self._forward = forward
        self._padding = padding
        self._trunk = Trunk(forward)

    def read(self, rows: Sequence[Writing], trunk: int) -> Begun:
        """Read rows that all begin with the same `trunk` tokens."""
        different = {row.beginning: row for row in rows}
        begun = self._read([*different.values()], trunk)
        if len(different) == len(rows):
            return begun
        places = {beginning: place for place, beginning in enumerate(different)}
        copied = torch.tensor([places[row.beginning] for row in rows])
        return Begun(
            joined([Part(begun.cache, copied, begun.mask.shape[-1])]),
            begun.mask[copied],
            begun.logits[copied],
        )

    def forget(self) -> bool:
        """Give back the memory of the trunk; whether there was any."""
        return self._trunk.forget()

    def _read(self, rows: Sequence[Writing], trunk: int) -> Begun:
        """Read rows that differ.

        Of each row as many tokens are read as the longest has behind the trunk. Those
        of a shorter one begin within the trunk: better than padding, which would stand
        in the middle of the row.
        """
        longest = max(row.length for row in rows)
        count = longest - trunk
        ids = torch.full((len(rows), count), self._padding)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for number, row in enumerate(rows):
            tail = row.tokens[-count:]
            ids[number, count - len(tail) :] = torch.tensor(tail)
            mask[number, longest - row.length :] = 1
        cache = self._past(rows, trunk, count)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -count:]
        mask = mask.to(self._forward.device)
        logits = self._forward(ids, mask, positions, cache=cache)
        return Begun(cache, mask, logits[:, -1])

    def _past(self, rows: Sequence[Writing], trunk: int, count: int) -> Any:
        """What comes before the last `count` tokens of each row."""
        if not trunk:
            self._trunk.forget()
            return self._forward.new_cache()
        cache = self._trunk.grown(rows[0].prompt[:trunk], PROMPT_TOKENS)
        pasts = [(0, max(0, row.length - count)) for row in rows]
        return aligned(cache, pasts, count + ROOM)
