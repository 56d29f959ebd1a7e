"""How many rows a batch may have: as many as fit, and no more than pay off."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit_backends._hf.reading import PROMPT_TOKENS
from evalkit_backends._hf.trunks import Group
from evalkit_backends._hf.writing import Writing

PLACES = 1 << 16
"""Looked at while prompts are read, those of a copied trunk included: attention makes
copies of its own of them."""
REFILL = 0.25
"""Share of the batch that must be free before rows join: joining copies the cache."""


@dataclass(slots=True)
class Limits:
    """Bounds on a batch, which shrink when they turn out too wide."""

    rows: int
    tokens: int
    """Places for tokens in all rows, padding included."""
    padding: int
    """Tokens of it that are read at once at most: they cost as much as another pass."""
    joins: bool
    """Whether rows may join others that are being written."""

    def next_rows(
        self, waiting: Group[Writing], working: Sequence[Writing], *, filling: bool
    ) -> list[Writing]:
        """Those of the waiting, taken in order, whose prompts to read now.

        `filling` says that others were read just before and have not been joined yet.
        """
        joining = filling or self.rows - len(working) >= max(1, REFILL * self.rows)
        if working and not (self.joins and joining):
            return []
        chosen: list[Writing] = []
        for row in waiting.questions:
            rows = [*chosen, row]
            if not (
                self._fit([*working, *rows], waiting.shared)
                and self._read(rows, waiting.shared)
            ):
                break
            chosen.append(row)
        return chosen

    def halve(self, rows: int) -> None:
        """Allow half of what was just too much."""
        self.rows = max(1, rows // 2)

    def _fit(self, rows: Sequence[Writing], trunk: int) -> bool:
        """Whether memory holds them all to their ends, beside the trunk that some begin
        with. One alone is always tried."""
        places = len(rows) * max(row.widest for row in rows) + trunk
        return len(rows) == 1 or (len(rows) <= self.rows and places <= self.tokens)

    def _read(self, rows: Sequence[Writing], trunk: int) -> bool:
        """Whether they can be read at once. Where none can join later, they must."""
        if not self.joins or len(rows) == 1:
            return True
        lengths = {row.beginning: row.length for row in rows}
        longest = max(lengths.values())
        return (
            len(lengths) * (longest - trunk) <= PROMPT_TOKENS
            and len(lengths) * longest <= PLACES
            and len(lengths) * longest - sum(lengths.values()) <= self.padding
        )
