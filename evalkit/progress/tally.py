"""How far a run has got."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from evalkit.estimate import Workload
from evalkit.progress.line import Part
from evalkit.record import RunSpec
from evalkit.spending import Prices
from evalkit.types import Completion, Outcome, Request, SampleResult

FEW = 4
"""Answers whose length is as good as a guess."""


@dataclass(slots=True)
class Tally:
    """One run's questions and answers."""

    name: str
    protocol: str = ""
    who: str = ""
    """Which model it asks, as ``backend:model``."""
    samples: int = 0
    requests: int = 0
    """First requests of its conversations; some ask more."""
    known: int = 0
    """Those of them that an earlier session got an answer to."""
    allowed: float = 0.0
    """Most tokens that an answer may have, in the mean."""
    prices: Prices | None = None
    done: int = 0
    right: int = 0
    failed: int = 0
    undecided: int = 0
    answered: int = 0
    """First requests that were answered in this session."""
    answers: int = 0
    """All of them."""
    written: int = 0
    """Tokens of these answers."""
    scored_dollars: float = 0.0
    """What the answers cost that have their scores, in whichever session they came."""
    unscored_dollars: dict[str, float] = field(default_factory=dict[str, float])
    """What those cost that have come and wait for their scores, by sample."""

    @property
    def dollars(self) -> float:
        """What all answers cost so far."""
        return self.scored_dollars + sum(self.unscored_dollars.values())

    @property
    def unanswered(self) -> int:
        """First requests that an engine has yet to answer."""
        return max(0, self.requests - self.known - self.answered)

    def length(self, usual: float) -> float:
        """Tokens of an answer: the mean of those there are and of a few that are as
        long as is usual elsewhere, for the first to come are the shortest."""
        return (self.written + FEW * usual) / (self.answers + FEW)

    @property
    def is_done(self) -> bool:
        return self.done >= self.samples

    def hear(self, request: Request, completion: Completion) -> None:
        """An engine has answered."""
        self.answered += request.turn == 0
        self.answers += 1
        self.written += completion.completion_tokens
        if self.prices is not None:
            cost = self.prices.cost(
                completion.prompt_tokens, completion.completion_tokens
            )
            name = request.sample_id
            self.unscored_dollars[name] = self.unscored_dollars.get(name, 0.0) + cost

    def score(self, result: SampleResult) -> None:
        """All attempts at a sample have their scores."""
        outcomes = {attempt.score.outcome for attempt in result.attempts}
        self.done += 1
        self.right += outcomes == {Outcome.RIGHT}
        self.failed += Outcome.ERROR in outcomes
        self.undecided += Outcome.UNDECIDED in outcomes
        if self.prices is not None:
            self.unscored_dollars.pop(result.id, None)
            self.scored_dollars += sum(
                self.prices.cost(turn.prompt_tokens, turn.completion_tokens)
                for attempt in result.attempts
                for turn in attempt.turns
            )


def tally_of(
    spec: RunSpec, samples: int, part: Workload | None, prices: Prices | None
) -> Tally:
    """The tally of a run that is about to begin; `part` is what was foreseen of it."""
    requests = samples * spec.attempts
    tally = Tally(
        name=spec.task,
        protocol=spec.protocol,
        who=f"{spec.backend}:{spec.model}",
        samples=samples,
        requests=requests,
        prices=prices,
    )
    if part is not None:
        tally.known = part.answered
        left = part.requests - part.answered
        tally.allowed = part.written_at_most / left if left else 0.0
    return tally


def summed(tallies: Sequence[Tally]) -> Tally:
    """All runs as if they were one."""
    return Tally(
        name=f"all {len(tallies)} runs",
        samples=sum(each.samples for each in tallies),
        done=sum(each.done for each in tallies),
        right=sum(each.right for each in tallies),
        failed=sum(each.failed for each in tallies),
        undecided=sum(each.undecided for each in tallies),
    )


def counts(tally: Tally) -> list[Part]:
    """What is told of a run's questions."""
    parts: list[Part] = [
        (f"{tally.done}/{tally.samples} done", f"{tally.done}/{tally.samples}"),
        (f"{tally.right} right",),
    ]
    if tally.failed:
        parts.append((f"{tally.failed} failed",))
    if tally.undecided:
        parts.append((f"{tally.undecided} undecided",))
    return parts
