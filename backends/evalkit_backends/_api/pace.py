"""How many requests are under way at once: as many as do the server good.

More are tried while they bring more answers per second, twice as many at first and an
eighth more later on. What brings none is taken back and left alone for a while. A
refusal halves the number; answers that are few and late lower it.
"""

from dataclasses import dataclass

FIRST = 32
"""Requests at once to begin with."""
WORTH = 0.25
"""How much of the growth must show in answers per second for it to stay."""
FEWER, LATER = 0.7, 1.5
"""Answers per second and the time that each takes, as multiples of what they were, at
which a server chokes."""
CERTAIN = 3
"""Rounds in a row that must say so before the limit is lowered: a busy moment of this
machine looks the same."""
PATIENCE = 8
"""Rounds of answers between two trials that brought nothing."""
NEAR = 0.25
"""How much of a request's time it may have been under way before the limit was raised,
for its answer to tell of the new one."""
SLOW = 1.125
"""The factor of careful growth."""
LESS = 0.75
"""The factor by which the limit is lowered for a server that chokes."""


@dataclass(slots=True)
class Round:
    """As many answers as there are requests at once, all sent since it began, which is
    when the limit was changed or little before."""

    begun: float
    answers: int = 0
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Level:
    """What a limit was found to be good for."""

    limit: float
    latency: float

    @property
    def rate(self) -> float:
        """Answers per second: if so many are under way, and each takes so long. Counted
        one by one they would tell it a round later."""
        return self.limit / max(self.latency, 1e-9)


class Pace:
    """The limit on requests at once, by what has been seen. Times are the caller's."""

    def __init__(self, most: int, now: float) -> None:
        self._most = most
        self._limit = float(min(most, FIRST))
        self._factor = 2.0
        self._round = Round(now)
        self._known: Level | None = None
        """The level that the limit was raised from, or is at."""
        self._rest = 0
        self._doubts = 0
        """Rounds in a row that speak for a lower limit."""
        self._halved = float("-inf")

    @property
    def limit(self) -> int:
        """How many requests may be under way."""
        return int(self._limit)

    def answered(self, sent: float, now: float) -> None:
        """Take note of an answer; think the limit over when a round of them is in."""
        current = self._round
        if sent < current.begun:
            return
        current.answers += 1
        current.waited += now - sent
        if current.answers < self.limit:
            return
        latency = current.waited / current.answers
        self._round = Round(now - latency * NEAR)
        self._reconsider(Level(self._limit, latency))

    def refused(self, sent: float, now: float) -> None:
        """Take note that the server had too much to do: halve the limit, once for all
        that were sent before it was halved."""
        if sent < self._halved:
            return
        self._halved = now
        self._factor, self._rest, self._known = SLOW, PATIENCE, None
        self._round = Round(now)
        self._set(self._limit / 2)

    def _reconsider(self, seen: Level) -> None:
        known = self._known or seen
        if seen.limit > known.limit:
            doubt = not is_worth(known, seen)
            lower = known.limit
        else:
            doubt = is_choking(known, seen)
            lower = self._limit * LESS
        self._doubts = self._doubts + 1 if doubt else 0
        if not doubt:
            self._known = seen
            self._rest = max(0, self._rest - 1)
            if not self._rest:
                self._set(max(self._limit * self._factor, self._limit + 1))
        elif self._doubts >= CERTAIN:
            self._doubts = 0
            self._factor = max(SLOW, 1 + (self._factor - 1) / 2)
            self._rest = PATIENCE
            self._known = None
            self._set(lower)

    def _set(self, limit: float) -> None:
        """Change the limit, within its bounds."""
        self._limit = min(float(self._most), max(1.0, limit))


def is_worth(before: Level, after: Level) -> bool:
    """Whether a higher limit has brought so many more answers that it should stay."""
    growth = after.limit / before.limit - 1
    return after.rate >= before.rate * (1 + WORTH * growth)


def is_choking(before: Level, after: Level) -> bool:
    """Whether a server that was as good as before has become much slower."""
    return after.rate < before.rate * FEWER and after.latency > before.latency * LATER
