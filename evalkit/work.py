"""One run while it is being done: its samples, its files, its counts."""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from evalkit.__about__ import __version__
from evalkit.backend import Engine
from evalkit.clusters import cluster_of
from evalkit.dialogue import Dialogue
from evalkit.earlier import Earlier
from evalkit.environment import environment
from evalkit.errors import BackendError, EvalkitError, TaskError, boundary
from evalkit.facts import facts_of
from evalkit.finding import OWN, own_origin
from evalkit.folder import RunFolder, cut_torn_line, now
from evalkit.grading import GRADER
from evalkit.plan import PlannedRun
from evalkit.plugins import Plugins
from evalkit.protocol import held
from evalkit.record import Counts, RunRecord, Session, encode
from evalkit.report.card import make_card
from evalkit.results import Results, ResultsWriter, result_of
from evalkit.standing import Standing
from evalkit.summing import ceilings, estimates, titles
from evalkit.task import task_label
from evalkit.types import Attempt, Outcome, SampleResult, Score
from evalkit.warned import cut_prompts, secret_answers

HELD = 64 << 20
"""Characters of answers that may wait for something: an earlier sample, or a score."""
WINDOW = 8192
"""How many samples may be begun but not written: bounds what a run keeps in memory
when the engine answers out of order."""


class Work:
    """Gives out a run's dialogues, takes their scores, and writes the results."""

    def __init__(self, planned: PlannedRun, root: Path, plugins: Plugins) -> None:
        self.planned = planned
        self.folder = RunFolder.of(root, planned.spec)
        self._plugins = plugins
        self._begun = 0
        self._open: dict[int, list[Attempt | None]] = {}
        self._asked: dict[int, set[int]] = {}
        """Of results that are not written yet, the attempts that an engine answered."""
        self.standing = Standing(planned.samples * planned.spec.attempts)
        self._turns: Counter[str] = Counter()
        self._with_secrets = 0
        """Answers that a key stands in."""
        self._warnings: list[str] = []
        self._engine: Engine | None = None
        self._engine_label = ""
        self._started = now()
        self._clock = time.monotonic()

    @contextmanager
    def opened(self) -> Generator[None]:
        """Hold the run's folder and its files, mended if a session was cut off."""
        with self.folder.locked():
            mended = self.folder.finish_regrade()
            self._warnings += [mended] if mended else []
            for path in (self.folder.completions, self.folder.sessions):
                torn = cut_torn_line(path, self.folder.own)
                self._warnings += [torn] if torn else []
            self._sessions = self.folder.read_sessions()
            self._earlier = Earlier(self.folder, self.planned)
            self._warnings += self._earlier.told
            self.folder.write_spec(self.planned.spec)
            self._writer = ResultsWriter(
                self.folder.results, self.folder.own, self._written
            )
            with closing(self._writer):
                self._plugins.hook.evalkit_run_started(
                    spec=self.planned.spec,
                    samples=self.planned.samples,
                    warnings=tuple(self._warnings),
                )
                yield

    def _written(self, result: SampleResult) -> None:
        """Compare a result, which is now in its place, with what was there."""
        self._earlier.meet(result, self._asked.pop(result.index, ()))

    @property
    def is_complete(self) -> bool:
        """Whether every sample has its scores."""
        return self._writer.written == self.planned.samples

    @property
    def is_far_ahead(self) -> bool:
        """Whether too many samples wait for an earlier one to be written."""
        writer = self._writer
        return self._begun - writer.written >= WINDOW or writer.held >= HELD

    def add_session(self, engine: Engine, who: str) -> None:
        """Note that an engine was loaded for this run, and what it is; errors name it
        as `who`."""
        session = Session(
            started=self._started,
            process=os.getpid(),
            evalkit=__version__,
            facts=facts_of(engine),
            environment=environment(),
        )
        self._engine, self._engine_label = engine, who
        self._sessions = (*self._sessions, session)
        self.folder.add_session(session)

    def _told_sessions(self) -> tuple[Session, ...]:
        """All sessions, this one with what its engine has found out while it worked."""
        if self._engine is None:
            return self._sessions
        *earlier, now_ = self._sessions
        with boundary(BackendError, f"{self._engine_label}, facts()"):
            return (*earlier, replace(now_, facts=facts_of(self._engine)))

    def dialogues(self) -> Iterator[Dialogue]:
        """Every attempt at every sample, in order, each opened when it is asked for.

        Raises TaskError if the samples are not those that were checked.
        """
        planned = self.planned
        total = hashlib.sha256()
        for index, sample in enumerate(planned.selection.of(planned.task)):
            total.update(encode(sample))
            if index >= planned.samples - 1:
                self._check_sameness(index, total.hexdigest())
            self._open[index] = [None] * planned.spec.attempts
            self._begun = index + 1
            for attempt in range(planned.spec.attempts):
                if self.standing.gave_up:
                    return
                yield Dialogue(
                    planned=planned,
                    index=index,
                    sample=sample,
                    attempt=attempt,
                    conversation=held(planned.protocol, sample, planned.exemplars),
                    asker=planned.asker,
                    most_turns=planned.protocol.most_turns,
                )
        if self._begun < planned.samples:
            raise self._other_samples()

    def _check_sameness(self, index: int, digest: str) -> None:
        """Compare what should be the last sample, and all before it, with those of
        the first pass."""
        if index >= self.planned.samples or digest != self.planned.samples_sha256:
            raise self._other_samples()

    def _other_samples(self) -> TaskError:
        return TaskError(
            f"{task_label(self.planned.task)}, samples(): gave other samples the "
            "second time; they must be the same, in the same order, every time"
        )

    def settle(self, dialogue: Dialogue, score: Score) -> None:
        """Take the score of one attempt; write the sample when it was the last."""
        attempts = self._open[dialogue.index]
        attempts[dialogue.attempt] = Attempt(turns=tuple(dialogue.turns), score=score)
        self._count(dialogue, score)
        if dialogue.replayed < len(dialogue.turns):
            self._asked.setdefault(dialogue.index, set()).add(dialogue.attempt)
        scored = tuple(each for each in attempts if each is not None)
        if len(scored) < len(attempts):
            return
        del self._open[dialogue.index]
        sample = dialogue.sample
        cluster = cluster_of(self.planned.task, sample)
        result = result_of(sample, dialogue.index, scored, cluster)
        self._writer.add(result)
        self._plugins.hook.evalkit_scored(spec=self.planned.spec, result=result)

    def _count(self, dialogue: Dialogue, score: Score) -> None:
        place = dialogue.index * self.planned.spec.attempts + dialogue.attempt
        self.standing.see(score, dialogue.sample.id, place)
        self._with_secrets += any(turn.secrets for turn in dialogue.turns)
        self._turns["requests"] += len(dialogue.turns)
        self._turns["replayed"] += dialogue.replayed
        self._turns["shared"] += dialogue.shared
        for turn in dialogue.turns:
            self._turns["failed"] += turn.error is not None
            self._turns["cut"] += turn.cut > 0
            self._turns["prompt_tokens"] += turn.prompt_tokens
            self._turns["completion_tokens"] += turn.completion_tokens
        for turn in dialogue.turns[-1:]:
            if turn.is_thought_only:
                self._turns["thinking"] += turn.finish == "length"
                self._turns["only_thoughts"] += turn.finish == "stop"

    def finish(self) -> RunRecord:
        """Sum up: the results in place, the record and the card written.

        The old record goes before the new results come, so that no moment shows
        numbers beside results that they are not of. A finished run that this session
        only repeated keeps both: they tell of the session that did the work.
        """
        self._writer.flush()
        record = self._earlier.followed_by(self._record(Results(self._writer.draft)))
        if self._earlier.stands:
            self._writer.discard()
        else:
            self.folder.remove_record()
            self._writer.finish()
        self.folder.write_record(record)
        record = record.lying_in(self.folder.path)
        told = (
            *cut_prompts(self._turns["cut"]),
            *changed_files(self.planned),
            *self._earlier.notes,
        )
        self._plugins.hook.evalkit_run_finished(record=record, warnings=told)
        write_card(self.folder, record, self._plugins)
        return record

    def _record(self, results: Results) -> RunRecord:
        planned, outcomes = self.planned, self.standing.outcomes
        return RunRecord(
            spec=planned.spec,
            samples=planned.samples,
            samples_sha256=planned.samples_sha256,
            data_origin=planned.data_origin,
            outcomes={each.value: outcomes[each.value] for each in Outcome},
            estimates=estimates(planned, results),
            ceilings=ceilings(planned, results, outcomes),
            counts=Counts(**self._turns),
            prices=planned.prices,
            started=self._started,
            finished=now(),
            seconds=round(time.monotonic() - self._clock, 3),
            environment=environment(),
            plugins=tuple(self._plugins.third_party),
            sessions=self._told_sessions(),
            warnings=(
                *self._warnings,
                *cut_prompts(self._turns["cut"]),
                *secret_answers(self._with_secrets),
                *changed_files(planned),
                *self._plugins.warnings,
            ),
            grader=GRADER,
            reasons=self.standing.reasons,
            titles=titles(planned),
        )


def changed_files(planned: PlannedRun) -> tuple[str, ...]:
    """The warning about a task whose own files are not those that were planned with,
    if there are such."""
    if not planned.data_origin.startswith(OWN):
        return ()
    with suppress(EvalkitError):
        if own_origin(planned.task) == planned.data_origin:
            return ()
    return (
        "the task's files were changed while the run was on: some answers may have "
        "been judged by what they say now",
    )


def write_card(folder: RunFolder, record: RunRecord, plugins: Plugins) -> None:
    """Write a finished run's card, from what its results are now."""
    sections = plugins.hook.evalkit_card_sections(
        record=record, results=Results(folder.results)
    )
    folder.write_card(make_card(record, sections))
