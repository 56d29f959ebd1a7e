"""Judging the responses of a file: by `evalkit.grading`, or as one task would."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

from evalkit.choosing import choose_task
from evalkit.data import Data
from evalkit.disk import draft_of, draft_own
from evalkit.errors import UsageError
from evalkit.grading import GRADER, judge
from evalkit.opening import installed
from evalkit.ordered import Case, scored
from evalkit.plugins import Plugins
from evalkit.reasons import Reasons
from evalkit.response_file import Numeral, ResponseFile, Row
from evalkit.scoring import Limits, ScoringPool
from evalkit.stats.intervals import wilson
from evalkit.task import Task, verdict
from evalkit.types import Answer, Estimate, Outcome, Sample, Score

SHOWN = 20
"""So many disagreements are kept to be shown."""


@dataclass(frozen=True, kw_only=True)
class AnyResponse(Task):
    """No benchmark: `evalkit.grading` by itself, as scoring processes are given it."""

    name = "grading"
    version = 1

    def samples(self) -> Iterable[Sample]:
        return ()

    def score(self, sample: Sample, answer: Answer) -> Score:
        found = judge(sample.target, answer.text)
        rule = "" if found.verdict is None else found.verdict.rule
        return verdict(
            sample,
            answer,
            read=None if found.reading is None else found.reading.text,
            value=float(found.equal),
            why=f"{' '.join(rule.split())}\n{found.why}",
            undecided=found.undecided,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row and what was made of its response."""

    row: Row
    score: Score
    rule: str
    """What decided it; empty if nothing did, or if a task's own scoring was asked."""
    why: str

    @property
    def right(self) -> bool:
        return self.score.value == 1.0

    @property
    def undecided(self) -> bool:
        """Whether the response may be right for all that is known."""
        return self.score.outcome in (Outcome.UNDECIDED, Outcome.ERROR)

    @property
    def line(self) -> bytes:
        """The verdict as a line of JSON."""
        id = self.row.id
        values = {
            "line": self.row.line,
            "id": msgspec.Raw(id.encode()) if isinstance(id, Numeral) else id,
            "right": self.right,
            "answer": self.score.answer,
            "rule": self.rule,
            "why": self.why,
            "undecided": self.undecided,
            "grader": GRADER,
        }
        return msgspec.json.encode(values) + b"\n"


@dataclass(slots=True)
class Totals:
    """What the rows come to."""

    outcomes: dict[Outcome, int] = field(
        default_factory=lambda: dict.fromkeys(Outcome, 0)
    )
    labelled: int = 0
    accepted: int = 0
    """Judged right, labelled wrong."""
    rejected: int = 0
    """Labelled right, judged anything else."""
    reasons: Reasons = field(default_factory=Reasons)
    """Why responses could not be judged."""
    disagreements: list[Judged] = field(default_factory=list[Judged])
    """The first few."""

    def count(self, judged: Judged) -> None:
        """Take one row."""
        self.outcomes[judged.score.outcome] += 1
        self.reasons.see(judged.score, judged.row.name)
        label = judged.row.label
        self.labelled += label is not None
        if label is None or label == judged.right:
            return
        self.accepted += judged.right
        self.rejected += not judged.right
        if len(self.disagreements) < SHOWN:
            self.disagreements.append(judged)

    @property
    def n(self) -> int:
        return sum(self.outcomes.values())

    @property
    def accuracy(self) -> Estimate:
        """The share of right responses."""
        right = self.outcomes[Outcome.RIGHT]
        low, high = wilson(right, self.n)
        return Estimate(
            metric="accuracy",
            value=right / self.n,
            low=low,
            high=high,
            n=self.n,
            method="Wilson",
        )


def task_for(name: str, plugins: Plugins) -> Task:
    """The task whose scoring is asked, or none in particular."""
    if not name:
        return AnyResponse()
    found = installed(name, plugins)
    return choose_task(found, {}, Data()).task


def judge_rows(
    file: ResponseFile,
    task: Task,
    *,
    limit: int | None = None,
    limits: Limits | None = None,
) -> Iterator[Judged]:
    """The verdicts on a file's rows, in their order, from scoring processes."""
    rows = islice(file.rows(), limit)
    with ScoringPool([(task, {})], limits or Limits()) as pool:
        for case, score in scored(pool, (case_of(row) for row in rows)):
            yield judged(case.subject, score, by_rule=isinstance(task, AnyResponse))


def case_of(row: Row) -> Case[Row]:
    """A row as a question with an answer: its reference is all that is known of it."""
    id = f"line {row.line}" if row.id is None else str(row.id)
    sample = Sample(id=id, question="", target=row.reference)
    return Case(subject=row, sample=sample, answer=Answer(text=row.response))


def judged(row: Row, score: Score, *, by_rule: bool) -> Judged:
    """Take apart what `AnyResponse` put in one text."""
    rule, newline, why = score.explanation.partition("\n")
    if not (by_rule and newline):
        rule, why = "", score.explanation
    return Judged(row=row, score=score, rule=rule, why=why)


def totals(judged: Iterable[Judged], write: Callable[[bytes], object]) -> Totals:
    """Count verdicts, writing each as it comes; UsageError if there are none."""
    found = Totals()
    for each in judged:
        found.count(each)
        write(each.line)
    return found


@contextmanager
def verdict_file(
    path: Path | None, responses: Path
) -> Generator[Callable[[bytes], object]]:
    """Where lines go: nowhere, or to a file that is there when all of them are."""
    if path is None:
        yield len  # nobody wants the line
        return
    draft = draft_of(path)
    try:
        if path.exists() and path.samefile(responses):
            raise UsageError(f"--out {str(path)!r} would replace the responses")
        # A pipe or device stays what it is.
        is_file = path.is_file() or not path.exists()
        with draft_own(draft, 0) if is_file else path.open("wb") as file:
            yield file.write
        if is_file:
            draft.replace(path.resolve())
    except OSError as exc:
        raise UsageError(
            f"--out {str(path)!r} cannot be written: {exc.strerror}"
        ) from exc
    finally:
        with suppress(OSError):
            draft.unlink()
