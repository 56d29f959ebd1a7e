"""The journey of the samples: `execute` is its table of contents."""

import gc
import resource
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from evalkit.backend import Engine
from evalkit.drive import Drive
from evalkit.errors import BackendError, UsageError, boundary
from evalkit.experiment import Experiment
from evalkit.folder import RunFolder
from evalkit.journal import Journal
from evalkit.judging.bench import Bench, question
from evalkit.judging.judge import Judge
from evalkit.loading import Loading
from evalkit.plan import Plan, plan
from evalkit.plugins import Plugins, left_out
from evalkit.record import RunRecord
from evalkit.scheduler import Scheduler
from evalkit.scoring import Limits, ScoringPool
from evalkit.stopping import Stop
from evalkit.work import Work, write_card

FILES_PER_RUN = 4
"""Its lock, its journal, its results, and the journal of a judge."""
OTHER_FILES = 512
"""Of the model, the scoring processes and libraries."""


def run(
    wanted: Experiment, plugins: Plugins | None = None, limits: Limits | None = None
) -> list[RunRecord]:
    """Put tasks to a model and return a record of each run, which tells its `folder`.

    Raises UsageError, DataError or TaskError before the model is loaded if anything
    asked for is wrong.
    """
    if not isinstance(cast(object, wanted), Experiment):
        raise UsageError(
            f"run() takes an Experiment, not {wanted!r}: "
            'run(Experiment(tasks="gsm8k", model="hf:Qwen/Qwen3-8B"))'
        )
    plugins = plugins or Plugins(without=left_out())
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
        planned = replace(planned, paid=journal.paid)
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
            plugins.hook.evalkit_loading(name=planned.name)
            engine = engines.load()
            with boundary(BackendError, f"{engines.label()}, facts()"):
                for work in works:
                    work.add_session(engine, engines.label())
                if bench.shares:
                    bench.add_session(engine)
            return engine

        tasks = [(each.task, each.task_words) for each in planned.runs]
        pool = stack.enter_context(ScoringPool(tasks, limits))
        scheduler = Scheduler(plugins.hook, load, planned.budget(), who=engines.label)
        records = Drive(works, scheduler, pool, stop, bench).until_done()
        if bench.shares and engines.engine is not None:
            with boundary(BackendError, f"{engines.label()}, facts()"):
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
            plugins.hook.evalkit_loading(name=judge.name)
            engine = engines.load()
            with boundary(BackendError, f"{engines.label()}, facts()"):
                bench.add_session(engine)
            return engine

        scheduler = Scheduler(plugins.hook, load, tokens=tokens, who=engines.label)
        question(bench, scheduler, stop)
        if engines.engine is not None:
            with boundary(BackendError, f"{engines.label()}, facts()"):
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
