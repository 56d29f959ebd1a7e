"""How many rows a batch may have: as many as fit, and no more than pay off."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit_backends._hf.writing import Writing

PROMPT_TOKENS = 4096
"""Read at a time, padding included: enough to keep any device busy."""
REFILL = 0.25
"""Share of the batch that must be free before rows join: joining copies the cache."""


@dataclass(slots=True)
class Limits:
    """Bounds on a batch, which shrink when they turn out too wide."""

    rows: int
    tokens: int
    """Places for tokens in all rows, padding included."""
    joins: bool
    """Whether rows may join others that are being written."""

    def next_rows(
        self, waiting: Sequence[Writing], working: Sequence[Writing], *, filling: bool
    ) -> list[Writing]:
        """Those of the waiting, taken in order, whose prompts to read now.

        `filling` says that others were read just before and have not been joined yet.
        """
        if working and not (filling or self._is_worth_joining(len(working))):
            return []
        chosen: list[Writing] = []
        for row in waiting:
            if not (self._fit([*working, *chosen, row]) and self._read([*chosen, row])):
                break
            chosen.append(row)
        return chosen

    def halve(self, rows: int) -> None:
        """Allow half of what was just too much."""
        self.rows = max(1, rows // 2)

    def _is_worth_joining(self, working: int) -> bool:
        return self.joins and self.rows - working >= max(1, REFILL * self.rows)

    def _fit(self, rows: Sequence[Writing]) -> bool:
        """Whether memory holds them all to their ends. One alone is always tried."""
        places = len(rows) * max(row.widest for row in rows)
        return len(rows) == 1 or (len(rows) <= self.rows and places <= self.tokens)

    def _read(self, rows: Sequence[Writing]) -> bool:
        """Whether they can be read at once. Where none can join later, they must."""
        places = len(rows) * max(row.length for row in rows)
        return not self.joins or len(rows) == 1 or places <= PROMPT_TOKENS
