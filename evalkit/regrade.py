"""Judging the stored answers of a finished run anew, without its model.

The conversations are held again with the completions that the run's results hold, and
what they end with is scored by the task as it is now.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from evalkit.__about__ import __version__
from evalkit.clusters import cluster_of
from evalkit.dialogue import Dialogue, completion_of
from evalkit.disk import move_own
from evalkit.environment import environment
from evalkit.errors import DataError, TaskError, UsageError
from evalkit.folder import RunFolder, now
from evalkit.grading import GRADER
from evalkit.ordered import Case, scored
from evalkit.plan import PlannedRun
from evalkit.plugins import Plugins
from evalkit.protocol import held
from evalkit.reasons import Reason, Reasons
from evalkit.record import Regrade, RunRecord
from evalkit.replan import planned_again
from evalkit.report.card import make_card
from evalkit.results import Results, ResultsWriter, finished_results, verdict_of
from evalkit.scoring import Limits, ScoringPool
from evalkit.secrets.stored import hidden_score, secrets_in
from evalkit.summing import ceilings, estimates, titles
from evalkit.types import Answer, Attempt, Outcome, Sample, SampleResult, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An attempt whose score is not what it was."""

    result: SampleResult
    """The sample's old result."""
    attempt: int
    """From 0."""
    after: Score

    @property
    def before(self) -> Score:
        return self.result.attempts[self.attempt].score

    @property
    def flipped(self) -> bool:
        """Whether the verdict is another, not only the reading or the reason."""
        return verdict_of(self.before) != verdict_of(self.after)


@dataclass(slots=True)
class Tally:
    """How many scores changed, and how."""

    flipped: int = 0
    gained: int = 0
    lost: int = 0
    reasons: int = 0
    """Same verdict, but something else was read or another reason given."""

    def count(self, change: Change) -> None:
        """Take one change."""
        before, after = change.before.value, change.after.value
        self.flipped += change.flipped
        self.gained += after > before
        self.lost += after < before
        self.reasons += not change.flipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """What judging a run anew came to."""

    before: RunRecord
    after: RunRecord
    task_version: int
    tally: Tally
    written: bool

    @property
    def changes_nothing(self) -> bool:
        """Whether the run's files say already what they would say."""
        same = not (self.tally.flipped or self.tally.reasons)
        judges = self.before.grader, self.before.scored_by
        return (
            same
            and judges == (GRADER, self.task_version)
            and self.before.estimates == self.after.estimates
        )


@dataclass(frozen=True, kw_only=True)
class Regrading:
    """A finished run, held so that nobody else writes it, and its task as it is now."""

    folder: RunFolder
    record: RunRecord
    planned: PlannedRun
    mended: str | None
    """What an earlier rescoring had left undone."""
    plugins: Plugins
    limits: Limits
    write: bool
    """Whether the new scores are to be put into the folder."""

    def judge(self, tell: Callable[[Change], object]) -> Regraded:
        """Score every answer, tell of each change, and put the files in place."""
        tally = Tally()

        def note(change: Change) -> None:
            tally.count(change)
            tell(change)

        with self._drafts() as drafts:
            outcomes, reasons = self._rescore(drafts, note)
            record = self._record(Results(drafts.results), outcomes, tally)
            record = replace(record, reasons=reasons)
            done = Regraded(
                before=self.record,
                after=record,
                task_version=self.planned.task.version,
                tally=tally,
                written=self.write,
            )
            if not self.write or done.changes_nothing:
                return replace(done, written=False)
            self._write(drafts, record)
        return done

    @contextmanager
    def _drafts(self) -> Generator[RunFolder]:
        """A place for the new files: in the run's folder only if they shall stay."""
        if not self.write:
            with tempfile.TemporaryDirectory(prefix="evalkit-") as name:
                yield RunFolder(Path(name), own=0)
            return
        drafts = RunFolder(self.folder.regrading, self.folder.own + 1)
        drafts.make()
        try:
            yield drafts
        finally:
            self.folder.finish_regrade()

    def _write(self, drafts: RunFolder, record: RunRecord) -> None:
        """Complete the new files; the renaming of their folder is the moment from
        which on they count."""
        sections = self.plugins.hook.evalkit_card_sections(
            record=record, results=Results(drafts.results)
        )
        drafts.write_card(make_card(record, sections))
        drafts.write_record(record)
        move_own(drafts.path, self.folder.regraded, self.folder.own)

    def _rescore(
        self, drafts: RunFolder, note: Callable[[Change], object]
    ) -> tuple[Counter[str], tuple[Reason, ...]]:
        """Write results with the scores of now, count their outcomes and the reasons of
        what failed."""
        outcomes: Counter[str] = Counter()
        reasons = Reasons()
        task = self.planned.task, self.planned.task_words
        writer = ResultsWriter(drafts.results, drafts.own)
        with closing(writer), ScoringPool([task], self.limits) as pool:
            pairs = scored(pool, self._cases())
            for _, group in groupby(pairs, key=lambda pair: pair[0].subject.index):
                attempts = list(group)
                result = attempts[0][0].subject
                scores = tuple(
                    hidden_score(score, secrets_in(attempt.turns))
                    for attempt, (_, score) in zip(
                        result.attempts, attempts, strict=True
                    )
                )
                outcomes.update(score.outcome.value for score in scores)
                for score in scores:
                    reasons.see(score, result.id)
                for change in changes(result, scores):
                    note(change)
                writer.add(with_scores(result, scores))
            writer.finish()
        return outcomes, reasons.found()

    def _cases(self) -> Iterator[Case[SampleResult]]:
        """Every attempt of the run with the answer that it ended with."""
        results = Results(self.folder.results)
        samples = self.planned.selection.of(self.planned.task)
        for sample, result in zip(samples, results, strict=True):
            if sample.id != result.id:
                raise DataError(
                    f"{str(self.folder.results)!r} is damaged: it has {result.id!r} "
                    f"where {sample.id!r} should be"
                )
            cluster = cluster_of(self.planned.task, sample)
            subject = replace(result, cluster=cluster)
            for number, attempt in enumerate(result.attempts):
                yield self._case(sample, subject, number, attempt)

    def _case(
        self, sample: Sample, result: SampleResult, number: int, attempt: Attempt
    ) -> Case[SampleResult]:
        """Hold a conversation again, with the completions that it once got."""
        planned = self.planned
        dialogue = Dialogue(
            planned=planned,
            index=result.index,
            sample=sample,
            attempt=number,
            conversation=held(planned.protocol, sample, planned.exemplars),
            asker=planned.asker,
            most_turns=planned.protocol.most_turns,
        )
        dialogue.open()
        for turn in attempt.turns:
            if dialogue.ended or dialogue.asking is None:
                raise other_turns(dialogue)
            dialogue.hear(completion_of(turn, dialogue.asking))
        if not dialogue.ended:
            raise other_turns(dialogue)
        return Case(
            subject=result,
            sample=sample,
            answer=dialogue.answer or Answer(text="", finish="error"),
            score=None if dialogue.answer else dialogue.failed(),
        )

    def _record(
        self, results: Results, outcomes: Mapping[str, int], tally: Tally
    ) -> RunRecord:
        """The record with the new scores, and the note that they are."""
        old = self.record
        regrade = Regrade(
            when=now(),
            grader_before=old.grader,
            grader=GRADER,
            task_version_before=old.scored_by,
            task_version=self.planned.task.version,
            evalkit=__version__,
            flipped=tally.flipped,
            estimates_before=old.estimates,
        )
        third_party = dict.fromkeys((*old.plugins, *self.plugins.third_party))
        return replace(
            old,
            outcomes={each.value: outcomes.get(each.value, 0) for each in Outcome},
            estimates=estimates(self.planned, results),
            ceilings=ceilings(self.planned, results, outcomes),
            environment=environment(),
            plugins=tuple(third_party),
            grader=GRADER,
            titles=titles(self.planned),
            regrades=(*old.regrades, regrade),
        )


def other_turns(dialogue: Dialogue) -> TaskError:
    return TaskError(
        f"{dialogue.who}: the conversation goes otherwise than when the run was made, "
        "so its answers cannot be judged anew"
    )


def changes(result: SampleResult, scores: tuple[Score, ...]) -> Iterator[Change]:
    """The attempts whose scores differ from those that the result has."""
    for number, (attempt, score) in enumerate(
        zip(result.attempts, scores, strict=True)
    ):
        if attempt.score != score:
            yield Change(result=result, attempt=number, after=score)


def with_scores(result: SampleResult, scores: tuple[Score, ...]) -> SampleResult:
    """A result with other scores."""
    pairs = zip(result.attempts, scores, strict=True)
    attempts = tuple(replace(attempt, score=score) for attempt, score in pairs)
    return replace(result, attempts=attempts)


@contextmanager
def regrading(
    folder: RunFolder,
    data: Path | None,
    plugins: Plugins,
    limits: Limits | None = None,
    home: Path | None = None,
    *,
    write: bool = False,
) -> Generator[Regrading]:
    """Hold a finished run for judging it anew; UsageError if that cannot be.

    `home` is the folder of a task that lies in one. Nothing in the folder is changed
    unless it is to be written: not even its lock.
    """
    if not folder.regraded.exists():
        folder.read_record()  # a folder that holds no run is not to be locked
    elif not write:
        raise UsageError(f"{str(folder.path)!r} is {folder.state()}")
    try:
        with folder.locked() if write else folder.undisturbed():
            mended = folder.finish_regrade() if write else None
            record = folder.read_record()
            finished_results(folder.results, record)
            planned = planned_again(record, data, plugins, home)
            yield Regrading(
                folder=folder,
                record=record,
                planned=planned,
                mended=mended,
                plugins=plugins,
                limits=limits or Limits(),
                write=write,
            )
    except BrokenPipeError:  # who reads what is told has had enough
        raise
    except OSError as exc:
        where = exc.filename or folder.path
        raise UsageError(f"cannot write {str(where)!r}: {exc.strerror}") from exc
