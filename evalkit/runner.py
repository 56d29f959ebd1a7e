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
from evalkit.judging.bench import Bench, question
from evalkit.judging.judge import Judge
from evalkit.loading import Loading
from evalkit.plan import Plan, plan
from evalkit.plugins import Plugins
from evalkit.record import RunRecord
from evalkit.scheduler import Scheduler
from evalkit.scoring import Limits, ScoringPool
from evalkit.scoring_worker import Job
from evalkit.stopping import TOO_DEAR, Stop, Stopped
from evalkit.types import Score
from evalkit.work import Work, write_card

FILES_PER_RUN = 4
"""Its lock, its journal, its results, and the journal of a judge."""
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
        bench = Bench(planned.judge, works, plugins)
        bench.open(journal)
        records, tokens = ask_model(planned, works, bench, plugins, limits, stop)
        if bench.waits and planned.judge is not None:
            ask_judge(planned.judge, bench, plugins, stop, tokens)
        bench.finish(works)
        return records


def ask_model(
    planned: Plan,
    works: Sequence[Work],
    bench: Bench,
    plugins: Plugins,
    limits: Limits,
    stop: Stop,
) -> tuple[list[RunRecord], int]:
    """Put all questions to the model under test, and free it when it has answered.

    Gives the runs' records, and how many tokens were written.
    """
    with ExitStack() as stack:
        engines = Loading(planned.backend, planned.loads, planned.model, stack)

        def load() -> Engine:
            engine = engines.load()
            with boundary(BackendError, f"backend {planned.backend.name!r}"):
                for work in works:
                    work.add_session(engine)
                if bench.shares:
                    bench.add_session(engine)
            return engine

        tasks = [(type(each.task), each.task_words) for each in planned.runs]
        pool = stack.enter_context(ScoringPool(tasks, limits))
        scheduler = Scheduler(plugins.hook, load, planned.budget())
        records = Drive(works, scheduler, pool, stop, bench).until_done()
        if bench.shares and engines.engine is not None:
            bench.learn(engines.engine)
        return records, scheduler.tokens


def ask_judge(
    judge: Judge, bench: Bench, plugins: Plugins, stop: Stop, tokens: int
) -> None:
    """Have another model than the one under test mark what waits for it.

    It is loaded only now, for two models seldom find room beside each other.
    `tokens` were written before.
    """
    gc.unfreeze()  # what was kept of the other model is to be looked through as well
    gc.collect()
    with ExitStack() as stack:
        backend = judge.named.backend
        engines = Loading(backend, backend, judge.model, stack)

        def load() -> Engine:
            engine = engines.load()
            with boundary(BackendError, f"backend {backend.name!r}"):
                bench.add_session(engine)
            return engine

        scheduler = Scheduler(plugins.hook, load, tokens=tokens)
        question(bench, scheduler, stop)
        if engines.engine is not None:
            bench.learn(engines.engine)


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
                self._hear(dialogue)
            self._settle_scored()
        if self._problems:
            raise self._problems[0]
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

    def _told(self) -> str:
        """How far the work got when it was stopped."""
        done = sum(work.answered for work in self.works)
        wanted = sum(work.attempts for work in self.works)
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
        if waiting is not None or self._all_started or self._is_far_ahead:
            return waiting
        dialogue = next(self._dialogues, None)
        self._all_started = dialogue is None
        return dialogue

    @property
    def _is_far_ahead(self) -> bool:
        return any(work.is_far_ahead for work in self.works)

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
        self.bench.take(dialogue)
        if work.is_complete:
            try:
                self._records[number] = work.finish()
            except EvalkitError as exc:
                self._problems.append(exc)
