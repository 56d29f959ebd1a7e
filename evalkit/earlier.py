"""What an earlier session finished, and whether this one agrees with it.

A finished run may be extended, by more samples or attempts. It is never replaced in
silence: a journal with other answers than the results have is refused; verdicts that
come out otherwise today are told, and the old estimates stay on record.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from evalkit.__about__ import __version__
from evalkit.disk import lines_of
from evalkit.errors import DataError, UsageError
from evalkit.folder import Damaged, RunFolder
from evalkit.plan import PlannedRun
from evalkit.record import Regrade, RunRecord
from evalkit.report.words import estimate_line, several
from evalkit.results import finished_results, verdict_of
from evalkit.types import Attempt, Estimate, SampleResult

SHOWN = 5
"""So many samples are named."""


class Earlier:
    """The finished run in a folder, if there is one, as a new session meets it."""

    def __init__(self, folder: RunFolder, planned: PlannedRun) -> None:
        self.folder = folder
        self.planned = planned
        self.told: list[str] = []
        """What was found damaged and is made anew."""
        self.record = self._record()
        self._old = self._results()
        self._next = next(self._old, None)
        self.stands = False
        """Whether its record and results stay."""
        self.notes: tuple[str, ...] = ()
        """What became of it in this session, where that is worth a word."""
        self._contradicted: dict[str, None] = {}
        self._renewed = 0
        self._flipped = 0

    def _record(self) -> RunRecord | None:
        """The record, refused if it is of more than this session is to do."""
        try:
            record = self.folder.find_record()
        except Damaged as exc:
            self.told.append(f"record.json was damaged ({exc.what}) and is made anew")
            self._check_count(count_of_lines(self.folder.results))
            return None
        if record is not None:
            self._check_count(record.samples, record.spec.attempts)
        return record

    def _check_count(self, samples: int, attempts: int = 1) -> None:
        """Refuse to replace a larger run."""
        planned = self.planned
        for flag, there, wanted in (
            ("--limit", samples, planned.samples),
            ("--attempts", attempts, planned.spec.attempts),
        ):
            if there > wanted:
                what = "samples" if flag == "--limit" else "attempts"
                way = "Leave the limit out" if flag == "--limit" else "Ask for as many"
                raise UsageError(
                    f"run folder {str(self.folder.path)!r} holds a finished run of "
                    f"{there} {what}, which {flag} {wanted} would replace. {way}, or "
                    "choose another --output"
                )

    def _results(self) -> Iterator[SampleResult]:
        """Its results, unless they are damaged: the journal has them too."""
        if self.record is None:
            return iter(())
        try:
            return iter(finished_results(self.folder.results, self.record))
        except DataError as exc:
            self.told.append(f"results.jsonl is written anew from the journal: {exc}")
            return iter(())

    def meet(self, result: SampleResult, asked: Collection[int]) -> None:
        """Compare a result with what it was; results come in the order of the file.

        `asked` are those of its attempts that an engine answered in this session.
        """
        old = self._next
        if old is None or old.id != result.id:
            return
        self._next = next(self._old, None)
        pairs = zip(old.attempts, result.attempts, strict=False)
        for number, (before, after) in enumerate(pairs):
            if said(before) == said(after):
                self._flipped += verdict_of(before.score) != verdict_of(after.score)
            elif number not in asked:
                self._contradicted[result.id] = None
            elif not has_failed(before):
                self._renewed += 1

    def followed_by(self, record: RunRecord) -> RunRecord:
        """The record that the run has from now on, where a session comes to this one.

        It is the old one if the session only repeated it. What the session judged
        otherwise is told, and what it replaces stays on record. Raises UsageError where
        the journal has other answers than the results had.
        """
        if self._contradicted:
            raise self._other_answers()
        old = self.record
        if old is None:
            return record
        repeated = repeats(old, record)
        resummed = tuple(
            before
            for before, after in zip(old.estimates, record.estimates, strict=False)
            if repeated and before != after
        )
        same = repeated and old.grader == record.grader and not self.told
        if same and not (self._flipped or resummed):
            self.stands = True
            return replace(old, spec=record.spec)
        if self._flipped or resummed or old.regrades:
            regrades = (*old.regrades, regrade(old, record, self._flipped))
            record = replace(record, regrades=regrades)
        self.notes = tuple(self._notes(resummed))
        return replace(record, warnings=(*record.warnings, *self.notes))

    def _notes(self, resummed: Iterable[Estimate]) -> Iterator[str]:
        """What this session made of the finished run."""
        if self._renewed:
            yield (
                f"{several(self._renewed, 'answer')} of the finished run, not in "
                "completions.jsonl any more, came out otherwise when asked anew"
            )
        if self._flipped:
            verdicts = several(self._flipped, "verdict")
            yield f"judged as today, {verdicts} of the finished run came out otherwise"
        for each in resummed:
            yield f"{each.metric} was {estimate_line(each)}, {each.method}, before"

    def _other_answers(self) -> UsageError:
        ids = list(self._contradicted)
        named = ", ".join(map(repr, ids[:SHOWN]))
        more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
        return UsageError(
            f"run folder {str(self.folder.path)!r}: the answers in completions.jsonl "
            f"are not those of the finished results, for {named}{more}. One of the two "
            "files was changed; nothing is replaced. To go by the journal, remove "
            "record.json and results.jsonl; to judge the results, evalkit grade"
        )


def regrade(old: RunRecord, new: RunRecord, flipped: int) -> Regrade:
    """The note that answers were judged anew, when they were replayed."""
    return Regrade(
        when=new.finished,
        grader_before=old.grader,
        grader=new.grader,
        task_version_before=old.scored_by,
        task_version=new.spec.task_version,
        evalkit=__version__,
        flipped=flipped,
        estimates_before=old.estimates,
    )


def repeats(old: RunRecord, new: RunRecord) -> bool:
    """Whether a session asked nothing, and sums up what was summed up before."""
    metrics = [[each.metric for each in one.estimates] for one in (old, new)]
    return (
        new.counts.requests == new.counts.replayed
        and old.samples == new.samples
        and (old.spec.digest, old.spec.attempts) == (new.spec.digest, new.spec.attempts)
        and metrics[0] == metrics[1]
    )


def said(attempt: Attempt) -> list[tuple[object, ...]]:
    """What a model answered in an attempt, turn by turn."""
    return [(each.text, each.reasoning, each.ranked) for each in attempt.turns]


def has_failed(attempt: Attempt) -> bool:
    """Whether a request of an attempt failed, and was to be asked again."""
    return any(each.error is not None for each in attempt.turns)


def count_of_lines(path: Path) -> int:
    """How many lines a file has; none if there is no file."""
    try:
        return sum(1 for _ in lines_of(path))
    except FileNotFoundError:
        return 0
