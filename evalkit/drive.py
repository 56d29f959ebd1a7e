"""The work on all runs of a command: asking, listening, scoring, summing up."""

from collections.abc import Iterator, Sequence

from evalkit.dialogue import Dialogue
from evalkit.errors import EvalkitError
from evalkit.judging.bench import Bench
from evalkit.record import RunRecord
from evalkit.report.reasons import remedy
from evalkit.results import letters
from evalkit.scheduler import Scheduler
from evalkit.scoring import ScoringPool
from evalkit.scoring_worker import Job
from evalkit.stopping import FAILED, TOO_DEAR, GaveUp, Stop, Stopped
from evalkit.types import Score
from evalkit.work import HELD, Work


def in_turns(works: Sequence[Work]) -> Iterator[Dialogue]:
    """The dialogues of all runs, task after task; those of one task's runs take turns,
    so that rankings which ask the same are under way at the same time."""
    tasks: dict[str, list[Work]] = {}
    for work in works:
        tasks.setdefault(work.planned.spec.task, []).append(work)
    for group in tasks.values():
        waiting = [work.dialogues() for work in group]
        while waiting:
            for dialogues in tuple(waiting):
                dialogue = next(dialogues, None)
                if dialogue is None:
                    waiting.remove(dialogues)
                else:
                    yield dialogue


class Drive:
    """Asks, listens and scores until every sample of every run has its scores."""

    def __init__(
        self,
        works: Sequence[Work],
        scheduler: Scheduler,
        pool: ScoringPool,
        stop: Stop,
        bench: Bench,
    ) -> None:
        self.works = works
        self.bench = bench
        self.scheduler = scheduler
        self.pool = pool
        self.stop = stop
        self._stopping = False
        self._dialogues = in_turns(works)
        self._numbers = {work.planned.spec.digest: i for i, work in enumerate(works)}
        self._unscored: dict[int, Dialogue] = {}
        self._letters = 0
        """Characters of the answers that have no score yet."""
        self._jobs = 0
        self._all_started = False
        self._records: dict[int, RunRecord] = {}
        self._problems: list[EvalkitError] = []

    def until_done(self) -> list[RunRecord]:
        """The records of all runs, each written as soon as it could be.

        A run that could not be summed up is an error only when the others are done.
        Raises Stopped when the work was to end early.
        """
        while not self._all_begun or self.scheduler.in_flight or self._unscored:
            self._look_for_a_stop()
            self._give_up()
            self._start_more()
            if self.scheduler.in_flight and not self._is_full:
                self.scheduler.step()
            for dialogue in self.scheduler.take_ended():
                self._hear(dialogue)
            self._settle_scored()
        if self._problems:
            raise self._problems[0]
        if self.stop.why == "" and any(work.standing.gave_up for work in self.works):
            raise GaveUp(given_up(self.works), FAILED)
        unmarked = self.bench.shares and not self.bench.is_complete
        if len(self._records) < len(self.works) or unmarked:
            raise Stopped(self._told(), self.stop.status)
        return [self._records[number] for number in range(len(self.works))]

    @property
    def _all_begun(self) -> bool:
        marking = self.bench.shares and self.bench.waits
        return self._stopping or (self._all_started and not marking)

    def _look_for_a_stop(self) -> None:
        """Begin nothing more once somebody wants that, or the money is spent."""
        self.stop.worth_waiting = self.scheduler.is_loaded
        if self.scheduler.too_dear:
            self.stop.request(self.scheduler.too_dear, TOO_DEAR)
        if self.stop.why and not self._stopping:
            self._stopping = True
            self.scheduler.stop()

    def _give_up(self) -> None:
        """End runs of which all fails, once nothing under way can change that."""
        if not self.scheduler.in_flight and not self._unscored:
            for work in self.works:
                if work.standing.is_hopeless:
                    work.standing.give_up()

    def _told(self) -> str:
        """How far the work got when it was stopped."""
        done = sum(work.standing.answered for work in self.works)
        wanted = sum(work.standing.attempts for work in self.works)
        told = f"{self.stop.why}; {done} of {wanted} answers are saved"
        return f"{told}, {self.bench.told()}" if self.bench.shares else told

    def _start_more(self) -> None:
        """Open dialogues until the engine is full or too much waits to be written."""
        while not self._stopping and self.scheduler.has_room:
            dialogue = self._next()
            if dialogue is None:
                return
            self.scheduler.start(dialogue)

    def _next(self) -> Dialogue | None:
        """An answer to be marked, if one waits and this engine does it; or else the
        next question."""
        waiting = self.bench.next() if self.bench.shares else None
        if waiting is not None or self._all_started or self._is_held:
            return waiting
        dialogue = next(self._dialogues, None)
        self._all_started = dialogue is None
        return dialogue

    @property
    def _is_held(self) -> bool:
        """Whether what is under way must come to something before more is asked."""
        return any(
            work.is_far_ahead or work.standing.is_hopeless for work in self.works
        )

    @property
    def _is_full(self) -> bool:
        """Whether so much waits for its score that no more answers are taken."""
        return self._letters >= HELD

    def _hear(self, dialogue: Dialogue) -> None:
        """Have an answer scored; a failure has its score already."""
        if self.bench.owns(dialogue):
            self.bench.hear(dialogue)
            return
        if dialogue.answer is None:
            self._settle(dialogue, dialogue.failed())
            return
        self._jobs += 1
        self._unscored[self._jobs] = dialogue
        self._letters += letters(dialogue.turns)
        self.pool.submit(
            Job(
                id=self._jobs,
                task=self._numbers[dialogue.planned.spec.digest],
                sample=dialogue.sample,
                answer=dialogue.answer,
            )
        )

    def _settle_scored(self) -> None:
        """Take the scores that are there; wait only if nothing else can go on."""
        stuck = self._all_begun or self._is_held or self._is_full
        idle = not self.scheduler.in_flight or self._is_full
        waiting = bool(self._unscored) and idle
        for result in self.pool.poll(wait=waiting and stuck):
            dialogue = self._unscored.pop(result.id)
            self._letters -= letters(dialogue.turns)
            self._settle(dialogue, result.score)

    def _settle(self, dialogue: Dialogue, score: Score) -> None:
        """Give a score to its run, and sum the run up if it was the last."""
        number = self._numbers[dialogue.planned.spec.digest]
        work = self.works[number]
        work.settle(dialogue, score)
        self.bench.take(dialogue)
        if work.is_complete:
            try:
                self._records[number] = work.finish()
            except EvalkitError as exc:
                self._problems.append(exc)


def given_up(works: Sequence[Work]) -> str:
    """Which runs were not asked to their end, and why, in one line."""
    told = [
        f"{work.planned.spec.task}, protocol {work.planned.spec.protocol}: the first "
        f"{work.standing.answered} answers all failed, {why.told}; "
        f"{remedy(why.kind)}, so nothing more was asked"
        for work in works
        if (why := work.standing.gave_up) is not None
    ]
    return "; ".join(told)
