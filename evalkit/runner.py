"""The journey of the samples: `execute` is its table of contents."""

import gc
import resource
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from evalkit.backend import Engine
from evalkit.dialogue import Dialogue
from evalkit.errors import BackendError, EvalkitError, UsageError, boundary
from evalkit.experiment import Experiment
from evalkit.folder import RunFolder
from evalkit.journal import Journal
from evalkit.plan import Plan, plan
from evalkit.plugins import Plugins
from evalkit.record import RunRecord
from evalkit.scheduler import Scheduler
from evalkit.scoring import Limits, ScoringPool
from evalkit.scoring_worker import Job, failed
from evalkit.stopping import TOO_DEAR, Stop, Stopped
from evalkit.types import Score
from evalkit.work import Work, write_card

FILES_PER_RUN = 3
"""Its lock, its journal and its results."""
OTHER_FILES = 512
"""Of the model, the scoring processes and libraries."""


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
    planned: Plan,
    plugins: Plugins,
    limits: Limits | None = None,
    stop: Stop | None = None,
) -> list[RunRecord]:
    """Do what was planned, going on from wherever an earlier session got to.

    Raises Stopped when `stop` was told to end before all was done, or when that would
    cost too much: what had been begun is finished and saved then.
    """
    with writing(planned.output):
        return work_off(planned, plugins, limits or Limits(), stop or Stop())


@contextmanager
def writing(root: Path) -> Generator[None]:
    """Tell in one line what cannot be written below an output folder."""
    try:
        yield
    except OSError as exc:
        where = exc.filename or root
        raise UsageError(f"cannot write {str(where)!r}: {exc.strerror}") from exc


def work_off(
    planned: Plan, plugins: Plugins, limits: Limits, stop: Stop
) -> list[RunRecord]:
    """Open folders, scoring processes and, when it is needed, the engine."""
    allow_files(FILES_PER_RUN * len(planned.runs))
    with ExitStack() as stack:
        journal = Journal(planned.output)
        plugins.manager.register(journal)
        stack.callback(plugins.manager.unregister, journal)
        stack.callback(journal.close)
        works = [Work(each, planned.output, plugins) for each in planned.runs]
        for work in works:
            stack.enter_context(work.opened())

        def load() -> Engine:
            with boundary(BackendError, f"backend {planned.backend.name!r}"):
                engine = load_engine(planned)
                stack.callback(close_engine, planned, engine)
                for work in works:
                    work.add_session(engine)
            return engine

        tasks = [(type(each.task), each.task_words) for each in planned.runs]
        pool = stack.enter_context(ScoringPool(tasks, limits))
        scheduler = Scheduler(plugins.hook, load, planned.budget())
        return Drive(works, scheduler, pool, stop).until_done()


def allow_files(count: int) -> None:
    """Let this process hold so many more files open; a UsageError if it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + OTHER_FILES
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise UsageError(
            f"{count // FILES_PER_RUN} runs at once need {wanted} open files, and the "
            f"system allows {hard}: name fewer tasks or protocols"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def renew_cards(planned: Plan, records: Sequence[RunRecord], plugins: Plugins) -> None:
    """Write the cards again of tasks that were asked in several ways: when the first of
    these runs had finished, the others were not there yet."""
    counts = Counter(record.spec.task for record in records)
    for record in records:
        if counts[record.spec.task] > 1:
            folder = RunFolder.of(planned.output, record.spec)
            write_card(folder, record, plugins)


def load_engine(planned: Plan) -> Engine:
    """Load the model; what goes wrong there is the backend's failure."""
    backend = planned.backend
    with boundary(BackendError, f"backend {backend.name!r}, loading {backend.model!r}"):
        engine = planned.loads.load(planned.model)
    if engine.capacity < 1:
        raise BackendError(
            f"backend {backend.name!r} wants {engine.capacity} requests at once"
        )
    gc.freeze()  # what is there by now stays: looking it through costs busy runs time
    return engine


def close_engine(planned: Plan, engine: Engine) -> None:
    """Free the model."""
    with boundary(BackendError, f"backend {planned.backend.name!r}, close()"):
        engine.close()


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
    ) -> None:
        self.works = works
        self.scheduler = scheduler
        self.pool = pool
        self.stop = stop
        self._stopping = False
        self._dialogues = in_turns(works)
        self._numbers = {work.planned.spec.digest: i for i, work in enumerate(works)}
        self._unscored: dict[int, Dialogue] = {}
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
            self._start_more()
            if self.scheduler.in_flight:
                self.scheduler.step()
            for dialogue in self.scheduler.take_ended():
                self._judge(dialogue)
            self._settle_scored()
        if self._problems:
            raise self._problems[0]
        if len(self._records) < len(self.works):
            raise Stopped(self._told(), self.stop.status)
        return [self._records[number] for number in range(len(self.works))]

    @property
    def _all_begun(self) -> bool:
        return self._all_started or self._stopping

    def _look_for_a_stop(self) -> None:
        """Begin nothing more once somebody wants that, or the money is spent."""
        self.stop.worth_waiting = self.scheduler.is_loaded
        if self.scheduler.too_dear:
            self.stop.request(self.scheduler.too_dear, TOO_DEAR)
        if self.stop.why and not self._stopping:
            self._stopping = True
            self.scheduler.stop()

    def _told(self) -> str:
        """How far the work got when it was stopped."""
        done = sum(work.answered for work in self.works)
        wanted = sum(work.attempts for work in self.works)
        return f"{self.stop.why}; {done} of {wanted} answers are saved"

    def _start_more(self) -> None:
        """Open dialogues until the engine is full or too much waits to be written."""
        while not self._stopping and self.scheduler.has_room and not self._is_far_ahead:
            dialogue = next(self._dialogues, None)
            if dialogue is None:
                self._all_started = True
                return
            self.scheduler.start(dialogue)

    @property
    def _is_far_ahead(self) -> bool:
        return any(work.is_far_ahead for work in self.works)

    def _judge(self, dialogue: Dialogue) -> None:
        """Have an answer scored; a failure has its score already."""
        if dialogue.answer is None:
            self._settle(dialogue, failed(dialogue.error or "no answer"))
            return
        self._jobs += 1
        self._unscored[self._jobs] = dialogue
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
        stuck = self._all_begun or self._is_far_ahead
        waiting = bool(self._unscored) and not self.scheduler.in_flight
        for result in self.pool.poll(wait=waiting and stuck):
            self._settle(self._unscored.pop(result.id), result.score)

    def _settle(self, dialogue: Dialogue, score: Score) -> None:
        """Give a score to its run, and sum the run up if it was the last."""
        number = self._numbers[dialogue.planned.spec.digest]
        work = self.works[number]
        work.settle(dialogue, score)
        if work.is_complete:
            try:
                self._records[number] = work.finish()
            except EvalkitError as exc:
                self._problems.append(exc)
