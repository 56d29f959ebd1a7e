"""Rows of different lengths going through the model together, one token at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from evalkit_backends._hf import sampling
from evalkit_backends._hf.cache import Part, joined
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.reading import Reader
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

    keeps: ClassVar[bool] = True
    """Whether it keeps what the model has read."""

    def __init__(self, forward: Forward, padding: int, ends: frozenset[int]) -> None:
        self._forward = forward
        self._reader = Reader(forward, padding)
        self._ends = ends
        self.joins = forward.shares
        """Whether new rows may join a batch that is being written."""
        self.written = 0
        """Tokens written so far, by all rows."""

    def read(self, rows: Sequence[Writing], trunk: int = 0) -> Batch:
        """Put the rows' tokens through the model and write one for each.

        They all begin with the same `trunk` tokens.
        """
        begun = self._reader.read(rows, trunk)
        batch = Batch([*rows], begun.cache, begun.mask, begun.mask[:, -1])
        for row in rows:
            row.copied |= trunk > 0
        note_padding(batch)
        self._add(batch, begun.logits)
        return batch

    def forget(self) -> bool:
        """Give back what is held for prompts to come; whether that was anything."""
        return self._reader.forget()

    def write(self, batch: Batch) -> None:
        """Give each row its next token.

        Finished rows are carried along, without moving on to positions that the model
        may not have.
        """
        going = [[int(not row.finished)] for row in batch.rows]
        batch.mask = torch.cat([batch.mask, batch.mask.new_tensor(going)], dim=-1)
        positions = batch.mask.sum(-1, keepdim=True) - 1
        ids = batch.last[:, None]
        logits = self._forward(ids, batch.mask, positions, cache=batch.cache)
        self._add(batch, logits[:, -1])

    def _add(self, batch: Batch, logits: Tensor) -> None:
        """Choose each row's next token: (rows, vocabulary)."""
        tokens = choose(logits, batch.rows).to(self._forward.device)
        batch.last = tokens.clamp(min=0)
        chosen = logits.gather(-1, batch.last[:, None].to(logits.device))[:, 0]
        told = zip(batch.rows, tokens.cpu(), chosen.float().cpu(), strict=True)
        for row, token, logit in told:
            if not row.finished:
                row.told.append((int(token), float(logit)))
                row.add(int(token), self._ends)
                self.written += not row.broken

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
        batch = Batch(rows, joined(parts), torch.cat(masks), torch.cat(lasts))
        note_padding(batch)
        return batch

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
        return torch.tensor(active, device=self._forward.device)


class PlainDecoder(Decoder):
    """Reads the whole of a row anew for each token, by itself: the plain way."""

    keeps = False

    def read(self, rows: Sequence[Writing], trunk: int = 0) -> Batch:
        """Write one token for each row."""
        nothing = torch.empty(0)
        batch = Batch([*rows], None, nothing, nothing)
        self.write(batch)
        return batch

    def write(self, batch: Batch) -> None:
        """Give each row its next token."""
        logits = [
            self._forward.plain(torch.tensor([row.tokens]), [row.length - 1])[0]
            for row in batch.rows
        ]
        self._add(batch, torch.cat(logits))

    def gathered(self, batches: Sequence[Batch]) -> Batch | None:
        """One batch with the unfinished rows of several, None if there are none."""
        rows = [row for batch in batches for row in batch.active]
        return replace(batches[0], rows=rows) if rows else None


def note_padding(batch: Batch) -> None:
    """Let each row know how many of its places are padding."""
    for row, places in zip(batch.rows, (batch.mask == 0).sum(-1).cpu(), strict=True):
        row.padding = max(row.padding, int(places))


def choose(logits: Tensor, rows: Sequence[Writing]) -> Tensor:
    """The next token of each row, as its sampling wants: (rows, tokens) -> (rows,).

    It is NONE where the model gave no numbers to choose by.
    """
    tokens = sampling.likeliest(logits)
    wanted = {
        number: row.request.sampling
        for number, row in enumerate(rows)
        if row.request.sampling.temperature > 0
    }
    if wanted:
        numbers = torch.tensor(list(wanted), device=logits.device)
        drawn = sampling.drawn(
            logits[numbers],
            temperature=[each.temperature for each in wanted.values()],
            top_p=[each.top_p for each in wanted.values()],
            uniform=[rows[number].random.random() for number in wanted],
        )
        usable = tokens[numbers] != sampling.NONE
        tokens[numbers] = drawn.where(usable, sampling.NONE)
    return tokens
