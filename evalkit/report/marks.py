"""Who marked a run's answers: each marker's total, and what each gave for a step."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.exam.total import ExamTotal, is_exam
from evalkit.folder import RunFolder
from evalkit.marks.store import (
    AUTOMATIC,
    MarkedAnswer,
    Marking,
    markings,
    remarked,
)
from evalkit.record import RunRecord
from evalkit.report.card import CardSection
from evalkit.report.words import (
    cell,
    code,
    estimate_line,
    interval_kinds,
    markdown_table,
    points,
    several,
)
from evalkit.results import Results
from evalkit.text import visible
from evalkit.types import Estimate, Mark, Outcome

if TYPE_CHECKING:
    from evalkit.stats.agreement import Agreement

LEGEND = (
    "Exact: the same points for an answer. Within 1: at most one point apart. Kappa is "
    "weighted by squares, its 95 % interval a bootstrap over questions. Difference: "
    "how many points the first gave more per answer."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerTotal:
    """What an exam comes to by one marker's points."""

    marker: str
    estimate: Estimate
    by: str = ""
    made: str = ""
    unmarked: int = 0
    """How many answers it gave no points for; they count as nothing earned."""
    outdated: bool = False
    """Whether it marked other answers than the run has now."""

    @property
    def remarks(self) -> str:
        """What a reader must know before believing the total."""
        open_ones = f"{several(self.unmarked, 'answer')} not marked"
        said = [open_ones] if self.unmarked else []
        if self.outdated:
            said.append("marked before the run's answers changed")
        return "; ".join(said)

    @property
    def line(self) -> str:
        """In one line: ``judge (hf:some/model): 39.5 of 100 (22.0 to 57.0)``."""
        by = f" ({one_line(self.by)})" if self.by else ""
        remarks = f"; {self.remarks}" if self.remarks else ""
        return f"{self.marker}{by}: {estimate_line(self.estimate)}{remarks}"


def totals(results: Results, stored: Sequence[Marking]) -> Iterator[MarkerTotal]:
    """The exam's total by each marker, the automatic one first."""
    own = ExamTotal().estimate(results)
    yield MarkerTotal(marker=AUTOMATIC, estimate=own)
    yield from totals_by_others(results, stored)


def totals_by_others(
    results: Results, stored: Sequence[Marking]
) -> Iterator[MarkerTotal]:
    """The exam's total by each stored marking."""
    for marking in stored:
        yield MarkerTotal(
            marker=marking.marker,
            by=marking.by,
            made=marking.made,
            estimate=ExamTotal().estimate(remarked(results, marking)),
            unmarked=unmarked(results, marking),
            outdated=not marking.is_of(results),
        )


def unmarked(results: Results, marking: Marking) -> int:
    """How many answers a marker gave no points for."""
    return sum(
        attempt.score.outcome is Outcome.ERROR
        for result in remarked(results, marking)
        for attempt in result.attempts
    )


def agreements(
    results: Results, stored: Sequence[Marking]
) -> Iterator[tuple[str, str, "Agreement"]]:
    """How far each two markers agree, on the answers that both gave points for."""
    from evalkit.marks.agreeing import given_points  # few runs have other markers
    from evalkit.stats.agreement import agreement

    named = [(AUTOMATIC, given_points(results))]
    named += [(each.marker, given_points(remarked(results, each))) for each in stored]
    for (one, first), (other, second) in combinations(named, 2):
        both = [key for key in first if key in second]
        if both:
            pairs = [(first[key], second[key]) for key in both]
            yield one, other, agreement(pairs, [sample for sample, _ in both])


def sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    """Who marked, if others did than a program, and how far they agree."""
    if not is_exam(record, results):
        return
    if stored := markings(run_folder(results.path)):
        told = (
            totals_table(results, stored),
            facts_list(stored),
            agreement_table(results, stored),
        )
        yield CardSection("Marked by", "\n\n".join(filter(None, told)), rank=13)


def run_folder(results: Path) -> RunFolder:
    """The folder of the run that results are of, whatever it has been renamed to."""
    folder, outer = RunFolder(results.parent), RunFolder(results.parent.parent)
    return outer if folder.path in (outer.regrading, outer.regraded) else folder


def totals_table(results: Results, stored: Sequence[Marking]) -> str:
    """A line for each marker, with what it makes of the whole exam."""
    found = list(totals(results, stored))
    rows = [
        (
            each.marker,
            cell(", ".join(text for text in (each.by, each.made[:10]) if text)),
            estimate_line(each.estimate),
            each.remarks,
        )
        for each in found
    ]
    header = ("marker", "who and when", "total (interval):", "note")
    kinds = interval_kinds(each.estimate for each in found)
    return f"{markdown_table(header, rows)}\n\n{cell(kinds, 400)}"


def facts_list(stored: Sequence[Marking]) -> str:
    """How each judge was asked; empty if there was none."""
    return "\n".join(
        f"- {marking.marker}: {', '.join(facts)}"
        for marking in stored
        if (facts := [f"{cell(k)} {code(v, 100)}" for k, v in marking.facts.items()])
    )


def agreement_table(results: Results, stored: Sequence[Marking]) -> str:
    """A line for each two markers."""
    from evalkit.marks.agreeing import kappa_line, percent

    rows = [
        (
            f"{one} and {other}",
            str(found.n),
            percent(found.exact),
            percent(found.within_one),
            kappa_line(found),
            f"{found.bias:+.2f}",
        )
        for one, other, found in agreements(results, stored)
    ]
    header = (
        "markers",
        "answers:",
        "exact:",
        "within 1:",
        "kappa (interval):",
        "difference:",
    )
    return f"{markdown_table(header, rows)}\n\n{LEGEND}" if rows else ""


def step_lines(marks: Iterable[Mark]) -> Iterator[str]:
    """A line for each step: what it earned of what it is worth, and why."""
    for mark in marks:
        why = f" — {one_line(mark.why)}" if mark.why else ""
        earned = f"{points(mark.points)} of {points(mark.worth)}"
        yield f"{earned:<8} {one_line(mark.step)}{why}"


def marked_lines(
    marking: Marking, marked: MarkedAnswer, max_points: float
) -> Iterator[str]:
    """What one marker gave an answer, step by step."""
    by = f", {visible(marking.by)}" if marking.by else ""
    yield f"----- marks by {visible(marking.marker)}{by}"
    if marked.error:
        yield f"not marked: {visible(marked.error)}"
        return
    votes = ", ".join(points(each) for each in marked.votes)
    of_votes = f" (votes: {votes})" if len(marked.votes) > 1 else ""
    yield f"points:    {points(marked.points)} of {points(max_points)}{of_votes}"
    if marked.comment:
        yield f"comment:   {visible(marked.comment)}"
    yield from step_lines(marked.marks)


def one_line(text: str) -> str:
    """A text in one line, however long, that cannot steer a terminal."""
    return visible(" ".join(text.split()))
