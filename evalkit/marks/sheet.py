"""The rows of a blind marking sheet, and what finds its way back from them.

A row's id tells nobody which model wrote the answer. Its first part stands for the
run, the sample and the attempt; its second for the answer itself, so that a sheet of
answers that have since been replaced is told from one of another run. Ids are made of
consonants: a spreadsheet takes none for a number, a date or a formula.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.folder import RunFolder
from evalkit.marks.store import written
from evalkit.marks.thinking import apart, lacking
from evalkit.record import RunRecord
from evalkit.results import finished_results
from evalkit.secrets.stored import hidden_attempt
from evalkit.text import visible
from evalkit.titles import Titles
from evalkit.types import Attempt, SampleResult, Step

LETTERS = "bcdfghjkmnpqrstvwxz"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRun:
    """A finished run whose answers are marked, read whole."""

    folder: RunFolder
    record: RunRecord
    results: tuple[SampleResult, ...]

    def rows(self) -> "Iterator[Row]":
        """A row for each answer that there is: a request that failed has none."""
        for result in self.results:
            for number, attempt in enumerate(result.attempts):
                if is_answered(attempt):
                    place = f"{self.record.spec.digest}\0{result.id}\0{number}"
                    shown = f"{result.max_points}\0{written(attempt)}"
                    yield Row(
                        place=letters(place, 10),
                        answer_digest=letters(shown, 4),
                        run=self,
                        result=result,
                        attempt=number,
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer to be marked."""

    place: str
    answer_digest: str
    run: MarkedRun
    result: SampleResult
    attempt: int
    """From 0."""

    @property
    def id(self) -> str:
        """What the sheet calls it."""
        return f"{self.place}-{self.answer_digest}"

    @property
    def answer(self) -> str:
        """What the model wrote in the end, without what it thought aloud."""
        return readable(apart(written(self._shown))[0])

    @property
    def lack(self) -> str:
        """Why there is nothing to be marked; empty if there is."""
        turn = self._shown.turns[-1]
        unfinished = turn.finish == "length"
        return lacking(turn.text, turn.reasoning, unfinished=unfinished)

    @property
    def _shown(self) -> Attempt:
        return hidden_attempt(self.result.attempts[self.attempt])

    @property
    def reasoning(self) -> str:
        """What it thought before."""
        shown = self._shown
        told = (shown.turns[-1].reasoning, apart(written(shown))[1])
        return readable("\n".join(filter(None, told)))

    @property
    def rubric(self) -> tuple[Step, ...]:
        """What earns how many points; the whole answer where nothing is said."""
        whole = Step(points=self.result.max_points, step="the right answer")
        return self.result.rubric or (whole,)


def is_answered(attempt: Attempt) -> bool:
    """Whether there is anything to mark."""
    return bool(attempt.turns) and attempt.turns[-1].error is None


def readable(text: str) -> str:
    """A text with plain line ends and nothing that hides or steers."""
    return visible(text.replace("\r\n", "\n").replace("\r", "\n"))


def letters(text: str, count: int) -> str:
    """A digest of a text, in so many consonants."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    found = ""
    for _ in range(count):
        number, place = divmod(number, len(LETTERS))
        found += LETTERS[place]
    return found


def read_run(path: Path) -> MarkedRun:
    """A finished run, its answers included."""
    folder = RunFolder.named(path)
    record = folder.read_record()
    results = tuple(finished_results(folder.results, record))
    return MarkedRun(folder=folder, record=record, results=results)


def read_runs(paths: Sequence[Path]) -> tuple[MarkedRun, ...]:
    """Runs that can share a sheet: of one task, and none of them twice."""
    runs = tuple(read_run(path) for path in paths)
    tasks = sorted({run.record.spec.task for run in runs})
    if len(tasks) > 1:
        raise UsageError(
            f"runs of {' and '.join(map(repr, tasks))} cannot be marked together: "
            "their questions are not the same"
        )
    if len({run.record.spec.digest for run in runs}) < len(runs):
        raise UsageError("the same run is named twice")
    return runs


def titles_of(runs: Sequence[MarkedRun]) -> Titles:
    """What people call the task of these runs and its parts, as far as one of them
    tells."""
    told = (run.record.titles for run in runs)
    return next((each for each in told if each.task or each.parts), Titles())


def shuffled(runs: Sequence[MarkedRun], seed: int | None) -> list[list[Row]]:
    """All rows, a list for each question: the questions in some order, and the answers
    to each in some order.

    Whoever marks all answers to a question one after the other has its rubric in mind
    and measures them alike. The order is the same for the same runs and seed, in
    whichever order the runs are named.
    """
    digests = sorted(run.record.spec.digest for run in runs)
    chance = random.Random(f"{'-'.join(digests)}/{seed}")
    groups: dict[str, list[Row]] = {}
    for row in (row for run in runs for row in run.rows()):
        groups.setdefault(row.result.id, []).append(row)
    questions = [sorted(groups[id], key=lambda row: row.id) for id in sorted(groups)]
    chance.shuffle(questions)
    for rows in questions:
        chance.shuffle(rows)
    return questions
