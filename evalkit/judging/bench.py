"""The judge at work on all runs of a command."""

from collections import deque
from collections.abc import Iterable, Sequence

from evalkit.backend import Engine
from evalkit.dialogue import Dialogue
from evalkit.facts import facts_of
from evalkit.journal import Journal
from evalkit.judging.judge import Judge
from evalkit.judging.marking import RunMarking
from evalkit.plugins import Plugins
from evalkit.scheduler import Scheduler
from evalkit.stopping import Stop, Stopped
from evalkit.work import Work, write_card


class Bench:
    """What waits for the judge, whose answer each dialogue is about, and the marks."""

    def __init__(
        self, judge: Judge | None, works: Iterable[Work], plugins: Plugins
    ) -> None:
        self.judge = judge
        self._plugins = plugins
        self._waiting: deque[Dialogue] = deque()
        self.markings = {
            work.planned.spec.digest: RunMarking(
                judge, work.planned, work.folder, plugins
            )
            for work in works
            if judge is not None and work.planned.spec.digest in judge.answers
        }
        self._by_own = {each.spec.digest: each for each in self.markings.values()}

    def open(self, journal: Journal) -> None:
        """Make the judge's files ready; the runs' folders are held already."""
        for each in self.markings.values():
            each.open(journal)

    @property
    def shares(self) -> bool:
        """Whether the model under test is its own judge: one engine does for both."""
        return self.judge is not None and self.judge.named.is_tested

    @property
    def waits(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self._waiting)

    @property
    def is_complete(self) -> bool:
        return all(each.is_complete for each in self.markings.values())

    def take(self, dialogue: Dialogue) -> None:
        """Have the answer marked that a dialogue with the model ended with."""
        marking = self.markings.get(dialogue.planned.spec.digest)
        if marking is not None:
            self._waiting.extend(marking.take(dialogue))

    def next(self) -> Dialogue | None:
        """What the judge is to be asked now, if anything."""
        return self._waiting.popleft() if self._waiting else None

    def owns(self, dialogue: Dialogue) -> bool:
        """Whether a dialogue is the judge's."""
        return dialogue.planned.spec.digest in self._by_own

    def hear(self, dialogue: Dialogue) -> None:
        """Take what a dialogue of the judge's ended with."""
        self._by_own[dialogue.planned.spec.digest].hear(dialogue)

    def add_session(self, engine: Engine) -> None:
        """Note which engine the judge runs on."""
        for each in self.markings.values():
            each.add_session(facts_of(engine))

    def learn(self, engine: Engine) -> None:
        """Take what the engine has found out, before it is closed."""
        facts = facts_of(engine)
        for each in self.markings.values():
            each.learn(facts)

    def told(self) -> str:
        """How far the marking got."""
        done = sum(each.marked for each in self.markings.values())
        wanted = sum(each.answers for each in self.markings.values())
        return f"{done} of {wanted} answers are marked"

    def finish(self, works: Sequence[Work]) -> None:
        """Store the marks of all runs, and write the cards again, with them."""
        for work in works:
            marking = self.markings.get(work.planned.spec.digest)
            if marking is not None and marking.is_complete:
                marking.finish()
                write_card(work.folder, work.folder.read_record(), self._plugins)


def question(bench: Bench, scheduler: Scheduler, stop: Stop) -> None:
    """Ask the judge about all that waits, on an engine of its own.

    Raises Stopped when the work was to end early.
    """
    stopping = False
    while scheduler.in_flight or (bench.waits and not stopping):
        stop.worth_waiting = scheduler.is_loaded
        if stop.why and not stopping:
            stopping = True
            scheduler.stop()
        while not stopping and scheduler.has_room:
            dialogue = bench.next()
            if dialogue is None:
                break
            scheduler.start(dialogue)
        if scheduler.in_flight:
            scheduler.step()
        for dialogue in scheduler.take_ended():
            bench.hear(dialogue)
    if not bench.is_complete:
        raise Stopped(f"{stop.why}; {bench.told()}", stop.status)
