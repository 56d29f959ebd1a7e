"""The journey of the samples: `execute` is its table of contents."""

from collections.abc import Sequence
from contextlib import ExitStack

from evalkit.backend import Engine
from evalkit.errors import BackendError, boundary
from evalkit.journal import Journal
from evalkit.plan import Experiment, Plan, plan
from evalkit.plugins import Plugins
from evalkit.record import RunRecord
from evalkit.scheduler import Dialogue, Scheduler
from evalkit.scoring import Limits, ScoringPool
from evalkit.scoring_worker import Job, failed
from evalkit.work import Work


def run(
    wanted: Experiment, plugins: Plugins | None = None, limits: Limits | None = None
) -> list[RunRecord]:
    """Put tasks to a model and return one record per task; files are in `output`.

    Raises UsageError, DataError or TaskError before the model is loaded if anything
    asked for is wrong.
    """
    plugins = plugins or Plugins()
    return execute(plan(wanted, plugins), plugins, limits)


def execute(
    planned: Plan, plugins: Plugins, limits: Limits | None = None
) -> list[RunRecord]:
    """Do what was planned, going on from wherever an earlier session got to."""
    with ExitStack() as stack:
        journal = Journal(planned.output)
        plugins.manager.register(journal)
        stack.callback(plugins.manager.unregister, journal)
        stack.callback(journal.close)
        works = [Work(each, planned.output, plugins) for each in planned.runs]
        for work in works:
            stack.enter_context(work.opened())

        def load() -> Engine:
            engine = stack.enter_context(load_engine(planned))
            for work in works:
                work.add_session(engine)
            return engine

        tasks = [(type(each.task), each.task_words) for each in planned.runs]
        pool = stack.enter_context(ScoringPool(tasks, limits or Limits()))
        Drive(works, Scheduler(plugins.hook, load), pool).until_done()
        return [work.finish() for work in works]


def load_engine(planned: Plan) -> Engine:
    """Load the model; what goes wrong there is the backend's failure."""
    backend = planned.backend
    with boundary(BackendError, f"backend {backend.name!r}, loading {backend.model!r}"):
        return backend.load(planned.model)


class Drive:
    """Asks, listens and scores until every sample of every run has its scores."""

    def __init__(
        self, works: Sequence[Work], scheduler: Scheduler, pool: ScoringPool
    ) -> None:
        self.works = works
        self.scheduler = scheduler
        self.pool = pool
        self._dialogues = (each for work in works for each in work.dialogues())
        self._numbers = {work.planned.spec.digest: i for i, work in enumerate(works)}
        self._unscored: dict[int, Dialogue] = {}
        self._jobs = 0
        self._all_started = False

    def until_done(self) -> None:
        while not self._all_started or self.scheduler.in_flight or self._unscored:
            self._start_more()
            if self.scheduler.in_flight:
                self.scheduler.step()
            for dialogue in self.scheduler.take_ended():
                self._judge(dialogue)
            self._settle_scored()

    def _start_more(self) -> None:
        """Open dialogues until the engine is full or too much waits to be written."""
        while self.scheduler.has_room and not any(w.is_far_ahead for w in self.works):
            dialogue = next(self._dialogues, None)
            if dialogue is None:
                self._all_started = True
                return
            self.scheduler.start(dialogue)

    def _judge(self, dialogue: Dialogue) -> None:
        """Have an answer scored; a failure has its score already."""
        number = self._numbers[dialogue.planned.spec.digest]
        if dialogue.answer is None:
            self.works[number].settle(dialogue, failed(dialogue.error or "no answer"))
            return
        self._jobs += 1
        self._unscored[self._jobs] = dialogue
        self.pool.submit(
            Job(
                id=self._jobs,
                task=number,
                sample=dialogue.sample,
                answer=dialogue.answer,
            )
        )

    def _settle_scored(self) -> None:
        """Take the scores that are there; wait for one if nothing else is to do."""
        idle = bool(self._unscored) and not self.scheduler.in_flight
        blocked = self._all_started or any(w.is_far_ahead for w in self.works)
        for result in self.pool.poll(None if idle and blocked else 0):
            dialogue = self._unscored.pop(result.id)
            number = self._numbers[dialogue.planned.spec.digest]
            self.works[number].settle(dialogue, result.score)
