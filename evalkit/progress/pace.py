"""How fast an engine is, and how long the rest will take it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evalkit.progress.tally import Tally

WINDOW = 0.15
"""The share of the time until now that counts as just now."""
SECONDS = 10.0
"""At least so much does."""


@dataclass(slots=True)
class Pace:
    """What one engine has written, since it was first given something to do."""

    clock: Callable[[], float]
    begun: float | None = None
    before: int = 0
    """Tokens that another engine had written."""
    tokens: int = 0
    """All tokens until now, those of unfinished answers included."""
    in_flight: int = 0
    """Requests that it works on."""
    _heard: deque[tuple[float, int]] = field(
        default_factory=lambda: deque[tuple[float, int]]()
    )
    """When how many tokens had been written, for as long as that is of interest."""

    def step(self, tokens: int, in_flight: int) -> None:
        """Take the number of tokens that have been written in all."""
        now = self.clock()
        if self.begun is None:
            self.begun, self.before = now, tokens
        self.tokens, self.in_flight = tokens, in_flight
        if not self._heard or tokens != self._heard[-1][1]:
            self._heard.append((now, tokens))
        since = now - max(SECONDS, WINDOW * self.seconds)
        while len(self._heard) > 1 and self._heard[1][0] <= since:
            self._heard.popleft()

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return 0.0 if self.begun is None else self.clock() - self.begun

    @property
    def written(self) -> int:
        """Tokens that it has written."""
        return self.tokens - self.before

    @property
    def just_now(self) -> float:
        """Tokens per second, of late."""
        if not self._heard:
            return 0.0
        when, tokens = self._heard[0]
        seconds = self.clock() - when
        return (self.tokens - tokens) / seconds if seconds > 0 else 0.0

    @property
    def on_average(self) -> float:
        """Tokens per second, since it began."""
        return self.written / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Rest:
    """What an engine has still to do for some runs."""

    tallies: Sequence[Tally]
    pace: Pace

    @property
    def allowed(self) -> float:
        """Most tokens that may still be written."""
        asked = sum(each.unanswered * each.allowed for each in self.tallies)
        begun = self.pace.written - sum(each.written for each in self.tallies)
        return max(0.0, asked + self._later_turns() - max(0, begun))

    def _later_turns(self) -> float:
        """The same for conversations that have heard their first answer and go on."""
        open_ones = sum(each.unanswered for each in self.tallies)
        most = max((each.allowed for each in self.tallies), default=0.0)
        return max(0, self.pace.in_flight - open_ones) * most

    @property
    def seconds(self) -> float | None:
        """How long it will take; None if nothing is known.

        As long for each answer that is missing as for those that have come, but no
        longer than to write all that may be written.
        """
        guesses = [each for each in (self.at_most, self._by_answers()) if each]
        return min(guesses, default=None)

    @property
    def at_most(self) -> float | None:
        """How long it will take if each answer becomes as long as it may."""
        speed = max(self.pace.just_now, self.pace.on_average)
        return self.allowed / speed if speed and self.allowed else None

    @property
    def is_bound(self) -> bool:
        """Whether no answer has come yet, so that only the bound is known."""
        return self._by_answers() is None

    def _by_answers(self) -> float | None:
        """How long it will take if it goes on as it did. Answers count by the length
        that those of their run have, for short ones may come before long ones."""
        usual = self._usual_share()
        lengths = [max(1.0, each.length(each.allowed * usual)) for each in self.tallies]
        pairs = list(zip(self.tallies, lengths, strict=True))
        done = sum(each.answered * length for each, length in pairs)
        left = sum(each.unanswered * length for each, length in pairs)
        return self.pace.seconds * left / done if done else None

    def _usual_share(self) -> float:
        """How much answers have of the length that they may have."""
        most = sum(each.answers * each.allowed for each in self.tallies)
        return sum(each.written for each in self.tallies) / most if most else 1.0
