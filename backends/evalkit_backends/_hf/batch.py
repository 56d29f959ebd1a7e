"""Rows of different lengths going through the model together, one token at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from evalkit_backends._hf import sampling
from evalkit_backends._hf.cache import (
    Part,
    bytes_per_token,
    can_join,
    joined,
    new_cache,
)
from evalkit_backends._hf.pretrained import accepted
from evalkit_backends._hf.writing import Writing


@dataclass(slots=True, eq=False)
class Batch:
    """Writings whose prompts the model has read, and its memory of them."""

    rows: list[Writing]
    cache: Any
    mask: Tensor
    """Which places hold a token rather than padding: (rows, width)."""
    last: Tensor
    """The newest token of each row, which the model has not read yet: (rows,)."""

    @property
    def active(self) -> list[Writing]:
        return [row for row in self.rows if not row.finished]


class Decoder:
    """A model with the steps of writing: read prompts, write a token, rearrange."""

    def __init__(self, model: Any, padding: int, ends: frozenset[int]) -> None:
        self._model = model
        self._padding = padding
        self._ends = ends
        self._accepted = accepted(model)
        self._recurs = "past_key_values" not in self._accepted
        self.device: torch.device = model.get_input_embeddings().weight.device
        self.joins = can_join(new_cache(model.config))
        """Whether new rows may join a batch that is being written."""
        self.written = 0
        """Tokens written so far, by all rows."""

    def bytes_per_token(self) -> int:
        """Memory that a token of a row takes, measured by reading one."""
        cache = new_cache(self._model.config)
        one = torch.zeros((1, 1), dtype=torch.long, device=self.device)
        self._forward(cache, one, torch.ones_like(one), torch.zeros_like(one))
        return bytes_per_token(cache)

    def read(self, rows: Sequence[Writing]) -> Batch:
        """Put the rows' tokens through the model, padded on the left; write one."""
        width = max(row.length for row in rows)
        ids = torch.full((len(rows), width), self._padding)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for number, row in enumerate(rows):
            ids[number, width - row.length :] = torch.tensor(row.tokens)
            mask[number, width - row.length :] = 1
        cache = new_cache(self._model.config)
        batch = Batch(list(rows), cache, mask.to(self.device), ids[:, -1])
        self._write(batch, ids.to(self.device), (mask.cumsum(-1) - 1).clamp(min=0))
        return batch

    def write(self, batch: Batch) -> None:
        """Give each row its next token.

        Finished rows are carried along, without moving on to positions that the model
        may not have.
        """
        going = [[int(not row.finished)] for row in batch.rows]
        batch.mask = torch.cat([batch.mask, batch.mask.new_tensor(going)], dim=-1)
        positions = batch.mask.sum(-1, keepdim=True) - 1
        self._write(batch, batch.last[:, None], positions)

    def _write(self, batch: Batch, ids: Tensor, positions: Tensor) -> None:
        logits = self._forward(batch.cache, ids, batch.mask, positions)
        batch.last = choose(logits, batch.rows).to(self.device)
        for row, token in zip(batch.rows, batch.last.cpu(), strict=True):
            if not row.finished:
                row.add(int(token), self._ends)
                self.written += 1

    def _forward(
        self, cache: Any, ids: Tensor, mask: Tensor, positions: Tensor
    ) -> Tensor:
        """The logits behind the last token of each row: (rows, tokens)."""
        offered: dict[str, object] = {
            # A purely recurrent model keeps a state, where no padding is left to hide.
            "attention_mask": None if self._recurs and ids.shape[1] == 1 else mask,
            "position_ids": positions.to(self.device),
            "past_key_values": cache,
            "cache_params": cache,
            "logits_to_keep": 1,
        }
        fitting = {name: offered[name] for name in offered if name in self._accepted}
        output = self._model(input_ids=ids, use_cache=True, **fitting)
        logits: Tensor = output.logits[:, -1]
        return logits

    def gathered(self, batches: Sequence[Batch]) -> Batch | None:
        """One batch with the unfinished rows of several, None if there are none.

        The batches given are used up. Only models that join take more than one.
        """
        going = [batch for batch in batches if batch.active]
        if not going or (
            len(going) == 1 and len(going[0].active) == len(going[0].rows)
        ):
            return going[0] if going else None
        if not self.joins:
            return self._selected(going[0])
        parts = [self._part(batch) for batch in going]
        width = max(part.width for part in parts)
        masks = [
            pad(batch.mask[part.rows, -part.width :], (width - part.width, 0))
            for batch, part in zip(going, parts, strict=True)
        ]
        lasts = [
            batch.last[part.rows] for batch, part in zip(going, parts, strict=True)
        ]
        rows = [row for batch in going for row in batch.active]
        return Batch(rows, joined(parts), torch.cat(masks), torch.cat(lasts))

    def _part(self, batch: Batch) -> Part:
        """The unfinished rows, with as many columns as the longest of them fills."""
        width = max(row.length for row in batch.active) - 1
        return Part(batch.cache, self._places(batch), width)

    def _selected(self, batch: Batch) -> Batch:
        """The unfinished rows, by the one operation that every cache has."""
        places = self._places(batch)
        batch.cache.reorder_cache(places)
        return Batch(batch.active, batch.cache, batch.mask[places], batch.last[places])

    def _places(self, batch: Batch) -> Tensor:
        active = [n for n, row in enumerate(batch.rows) if not row.finished]
        return torch.tensor(active, device=self.device)


def choose(logits: Tensor, rows: Sequence[Writing]) -> Tensor:
    """The next token of each row, as its sampling wants: (rows, tokens) -> (rows,)."""
    tokens = sampling.likeliest(logits)
    wanted = {
        number: row.request.sampling
        for number, row in enumerate(rows)
        if row.request.sampling.temperature > 0
    }
    if wanted:
        numbers = torch.tensor(list(wanted), device=logits.device)
        tokens[numbers] = sampling.drawn(
            logits[numbers],
            temperature=[each.temperature for each in wanted.values()],
            top_p=[each.top_p for each in wanted.values()],
            uniform=[rows[number].random.random() for number in wanted],
        )
    return tokens
