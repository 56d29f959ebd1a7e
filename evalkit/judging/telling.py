"""What a judge's work came to, in a line for each run."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from evalkit.folder import RunFolder
from evalkit.judging.marking import OF, spec_of
from evalkit.marks.store import Marking, markings, remarked
from evalkit.plan import Plan, PlannedRun
from evalkit.report.words import points
from evalkit.results import Results
from evalkit.summing import estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A run with the marks that the judge of a command gave it."""

    planned: PlannedRun
    marking: Marking
    total: str
    """The points given, and those that there are."""

    @property
    def unmarked(self) -> int:
        """Answers that have no marks, failed ones included."""
        return sum(bool(each.error) for each in self.marking.answers)

    @property
    def line(self) -> str:
        """The run's total by the judge, and what is missing from it."""
        told = f"judge {self.marking.by}: {self.total}"
        if self.unmarked:
            answers = "answer" if self.unmarked == 1 else "answers"
            told = f"{told}; {self.unmarked} {answers} could not be judged"
        if self.planned.prices is not None:
            read, written = map(
                self.marking.facts.get, ("tokens read", "tokens written")
            )
            told = (
                f"{told}; the cost lacks its {read} tokens read and {written} written"
            )
        return told


def total(run: PlannedRun, folder: RunFolder, marking: Marking) -> str:
    """The run's points by these marks: as the task's own metric has them, if it counts
    points, or else the sum over the questions, each the mean of its attempts."""
    results = Results(folder.results)
    found = estimate(run, run.metrics[0], remarked(results, marking))
    if found.scale > 1:
        return f"{points(found.value)} of {points(found.scale)} points"
    given = worth = 0.0
    for result in remarked(results, marking):
        given += fmean(each.score.points for each in result.attempts)
        worth += result.max_points
    return f"{points(given)} of {points(worth)} points"


def judged(planned: Plan) -> Iterator[Judged]:
    """The runs of a command that its judge has marked, read from their folders."""
    judge = planned.judge
    if judge is None:
        return
    for run in planned.runs:
        if run.spec.digest not in judge.answers:
            continue
        folder = RunFolder.of(planned.output, run.spec)
        name = folder.judging(spec_of(judge, run.spec)).path.name
        for marking in markings(folder):
            if marking.facts.get(OF) == name:
                told = total(run, folder, marking)
                yield Judged(planned=run, marking=marking, total=told)
