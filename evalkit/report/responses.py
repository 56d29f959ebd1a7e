"""What judging a file of responses came to, as ``evalkit grade`` tells it."""

from collections.abc import Iterator
from pathlib import Path

from evalkit.grading import GRADER
from evalkit.report.reasons import reason_lines
from evalkit.report.words import (
    estimate_line,
    grader_name,
    interval_kind,
    quoted,
    short,
)
from evalkit.responses import AnyResponse, Judged, Totals
from evalkit.task import Task
from evalkit.types import Outcome

ALWAYS = (Outcome.RIGHT, Outcome.WRONG, Outcome.NO_ANSWER, Outcome.UNDECIDED)
"""Outcomes that are told even where there were none."""


def summary(path: Path, totals: Totals, task: Task, sha256: str) -> Iterator[str]:
    """The score, how it came about, and what it is a score of."""
    own = "" if isinstance(task, AnyResponse) else version_of(task)
    yield f"{path}: {totals.n} responses"
    yield f"  accuracy: {estimate_line(totals.accuracy)}"
    yield f"    {interval_kind(totals.accuracy)}"
    yield f"  outcomes: {outcomes(totals)}"
    yield from (f"    {line}" for line in reason_lines(totals.reasons.found()))
    if totals.labelled:
        yield from agreement(totals)
    yield f"  judged by: {own}{grader_name(GRADER)}"
    yield f"  sha256:    {sha256}"


def version_of(task: Task) -> str:
    """Which task's scoring was asked."""
    return f"task {task.name} version {task.version}, "


def outcomes(totals: Totals) -> str:
    """Counts by outcome."""
    return ", ".join(
        f"{n} {outcome.replace('_', ' ')}"
        for outcome, n in totals.outcomes.items()
        if n or outcome in ALWAYS
    )


def agreement(totals: Totals) -> Iterator[str]:
    """How the verdicts compare with the labels, and where they differ."""
    apart = totals.accepted + totals.rejected
    agreed = totals.labelled - apart
    yield (
        f"  labels: {agreed} of {totals.labelled} agree "
        f"({100 * agreed / totals.labelled:.2f} %); {totals.accepted} right only here, "
        f"{totals.rejected} right only by their label"
    )
    for each in totals.disagreements:
        yield f"    {disagreement(each)}"
    if apart > len(totals.disagreements):
        yield f"    and {apart - len(totals.disagreements)} more"


def disagreement(judged: Judged) -> str:
    """One row on which the label says something else."""
    row, score = judged.row, judged.score
    label = "right" if row.label else "wrong"
    verdict = score.outcome.replace("_", " ")
    return (
        f"{short(row.name, 60)}: reference {quoted(row.reference)}, "
        f"read {quoted(score.answer)}; label {label}, here {verdict}: "
        f"{short(judged.rule or judged.why, 100)}"
    )
