"""From a filled-in sheet to a marking of each run: all of it, or none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.errors import UsageError
from evalkit.marks.reading import Line, Sheet, number_of
from evalkit.marks.sheet import MarkedRun, Row
from evalkit.marks.store import MarkedAnswer, Marking, marking_of
from evalkit.report.words import points, short

SHOWN = 20
"""So many problems are told one by one."""


class SheetError(UsageError):
    """A sheet that cannot be imported: everything that is wrong with it."""

    def __init__(self, problems: Sequence[str]) -> None:
        shown = list(problems[:SHOWN])
        if len(problems) > SHOWN:
            shown.append(f"and {len(problems) - SHOWN} more")
        self.shown = shown
        super().__init__("; ".join(shown))


@dataclass(slots=True)
class Reckoning:
    """The rows of a sheet against the answers that there are."""

    rows: Sequence[Row]
    by_number: bool
    """Whether numbers of questions tell answers apart: one run with one attempt."""
    given: dict[str, tuple[Line, float]] = field(
        default_factory=dict[str, tuple[Line, float]]
    )
    """By the id of a row."""
    named: dict[str, Line] = field(default_factory=dict[str, Line])
    """Each row's first line, whether or not it has points."""
    problems: list[str] = field(default_factory=list[str])
    unmarked: list[str] = field(default_factory=list[str])

    def take(self, lines: Iterable[Line]) -> None:
        """Read every line, keeping what is wrong with it."""
        known = {row.id: row for row in self.rows}
        stale = {row.place: row for row in self.rows}
        numbers = {row.result.id: row for row in self.rows}
        for line in lines:
            row = known.get(line.id)
            if row is None and self.by_number:
                row = numbers.get(line.id)
            if row is None:
                self._tell(line, unknown(line.id, stale, numbers))
            elif row.id in self.named:
                first = self.named[row.id].line
                self._tell(
                    line, f"id {short(line.id, 40)!r} is in line {first} already"
                )
            else:
                self.named[row.id] = line
                self._points(line, row)

    def _points(self, line: Line, row: Row) -> None:
        """Check the points of one line, and keep them."""
        what = f"question {row.result.id}"
        if not line.points:
            self.unmarked.append(f"line {line.line}: {what} has no points")
            return
        number, worth = number_of(line.points), row.result.max_points
        if number is None:
            self._tell(
                line, f"{what}: {short(line.points, 40)!r} is no number of points"
            )
        elif number > worth:
            self._tell(line, f"{what} is worth {points(worth)}, not {points(number)}")
        elif not (2 * number).is_integer():
            self._tell(line, f"{what}: {points(number)} is not in whole or half points")
        else:
            self.given[row.id] = line, number

    def _tell(self, line: Line, problem: str) -> None:
        self.problems.append(f"line {line.line}: {problem}")

    def missing(self) -> Iterator[str]:
        """The answers that the sheet has no row for."""
        for row in self.rows:
            if row.id not in self.named:
                yield f"there is no row for question {row.result.id} (id {row.id})"


def unknown(id: str, stale: Mapping[str, Row], numbers: Mapping[str, Row]) -> str:
    """Why an id says nothing to us."""
    row = stale.get(id.partition("-")[0])
    if row is not None:
        return (
            f"question {row.result.id} had another answer when the sheet was made "
            "than the run has now: export it anew"
        )
    if id in numbers:
        return (
            f"id {short(id, 40)!r} is a question's number, which tells answers apart "
            "only in one run with one attempt: use the ids of evalkit marks export"
        )
    return f"there is no answer of id {short(id, 40)!r}" if id else "there is no id"


def markings_from(
    sheet: Sheet,
    runs: Sequence[MarkedRun],
    *,
    marker: str,
    by: str = "",
    partial: bool = False,
) -> list[Marking]:
    """A marking for each run; a SheetError tells everything that is wrong.

    With `partial`, answers without a row or without points stay unmarked.
    """
    rows = [row for run in runs for row in run.rows()]
    alone = len(runs) == 1 and runs[0].record.spec.attempts == 1
    reckoning = Reckoning(rows=rows, by_number=alone)
    reckoning.take(sheet.lines)
    problems = reckoning.problems
    if not partial:
        problems = [*problems, *reckoning.unmarked, *reckoning.missing()]
    if len(problems) > 1 and not reckoning.named:
        raise SheetError([problems[0], "no other row is of these runs either"])
    if problems:
        raise SheetError(problems)
    if not reckoning.given:
        raise SheetError(["no answer was given any points"])
    return [
        marking_of(run.results, answers(run, reckoning.given), marker=marker, by=by)
        for run in runs
    ]


def answers(
    run: MarkedRun, given: Mapping[str, tuple[Line, float]]
) -> Iterator[MarkedAnswer]:
    """What a run's answers were given, in their order."""
    for row in run.rows():
        if row.id in given:
            line, number = given[row.id]
            yield MarkedAnswer(
                id=row.result.id,
                attempt=row.attempt,
                points=number,
                comment=line.comment,
            )
