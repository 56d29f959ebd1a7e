"""How a run stands: what has come of its answers so far, and whether there is hope."""

from collections import Counter

from evalkit.reasons import Reason, Reasons
from evalkit.types import Outcome, Score

FIRST = 20
"""When so many answers, the first of a run, have all failed for one reason that does
not pass, nothing more is asked."""


class Standing:
    """Counts outcomes and the reasons of failures."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        self.outcomes: Counter[str] = Counter()
        self.is_hopeless = False
        """Whether all answers failed so far, the first ones among them, for one reason
        that asking again does not change."""
        self.gave_up: Reason | None = None
        """Why nothing more is asked, if all failed for one reason."""
        self._reasons = Reasons()
        self._early = 0
        """How many of the first attempts have their score."""

    def see(self, score: Score, sample_id: str, place: int) -> None:
        """Take the score of an attempt, and its place in the order of asking."""
        self._early += place < FIRST
        self.outcomes[score.outcome.value] += 1
        self._reasons.see(score, sample_id)
        self.is_hopeless = score.outcome is Outcome.ERROR and self._all_fail()

    @property
    def answered(self) -> int:
        """How many answers have their score."""
        return self.outcomes.total()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why attempts failed, the commonest reason first."""
        return self._reasons.found()

    def give_up(self) -> None:
        """Ask nothing more."""
        self.gave_up = self._only_reason()
        self.is_hopeless = False

    def _all_fail(self) -> bool:
        """Whether nothing but one final failure came, and to the first ones it did."""
        if self.gave_up or self._early < FIRST or self.answered == self.attempts:
            return False
        failed = self.outcomes[Outcome.ERROR.value]
        return failed == self.answered and self._only_reason() is not None

    def _only_reason(self) -> Reason | None:
        reasons = self.reasons
        return reasons[0] if len(reasons) == 1 and not reasons[0].kind.passes else None
