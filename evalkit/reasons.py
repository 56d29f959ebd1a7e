"""Why attempts failed: what differs in numbers only is one reason, with a count."""

import re
from collections import Counter
from dataclasses import dataclass

from evalkit.failures import Failure
from evalkit.types import Outcome, Score

NUMBERED = re.compile(r"[\w.,:-]*\d[\w.,:-]*")
"""Counts, ids and times, which make the words of one reason differ."""
MOST = 200
"""Reasons beyond this many are told by their kinds alone."""
SHOWN = 300
"""Characters that are kept of a reason's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why some attempts failed, and how many."""

    kind: Failure
    words: str
    """What the first of them said."""
    count: int

    @property
    def told(self) -> str:
        """The kind and the words in one line, without the count."""
        return f"{self.kind.told}: {self.words}" if self.words else self.kind.told


class Reasons:
    """Counts the failures among scores, in bounded memory."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Failure, str]] = Counter()
        self._words: dict[tuple[Failure, str], str] = {}

    def see(self, score: Score, sample_id: str) -> None:
        """Take a score; one that is no failure is not counted."""
        if score.outcome is Outcome.ERROR:
            words = " ".join(score.explanation[: 4 * SHOWN].split())[:SHOWN]
            told = words.replace(repr(sample_id), "#")
            self._count(score.failure or Failure.OTHER, words, told, 1)

    def add(self, reason: Reason) -> None:
        """Take what was counted elsewhere."""
        self._count(reason.kind, reason.words, reason.words, reason.count)

    def _count(self, kind: Failure, words: str, told: str, count: int) -> None:
        key = kind, NUMBERED.sub("#", told)
        if len(self._counts) >= MOST and key not in self._counts:
            key = kind, ""
        self._words.setdefault(key, words if key[1] else "")
        self._counts[key] += count

    def found(self) -> tuple[Reason, ...]:
        """All reasons, the commonest first."""
        return tuple(
            Reason(kind=key[0], words=self._words[key], count=count)
            for key, count in self._counts.most_common()
        )
