"""What judging a run's answers anew came to, as ``evalkit grade`` tells it."""

from collections.abc import Iterator

from evalkit.record import RunRecord
from evalkit.regrade import Change, Regraded
from evalkit.report.reasons import reason_lines
from evalkit.report.terminal import outcome_line
from evalkit.report.words import (
    estimate_line,
    grader_name,
    interval_kind,
    points,
    quoted,
    short,
)
from evalkit.types import Estimate, Score


def heading(record: RunRecord, task_version: int, grader: str) -> Iterator[str]:
    """Which run it is, and who judged it then and judges it now."""
    spec = record.spec
    yield f"{spec.task}, protocol {spec.protocol}: {spec.model}"
    before = grader_name(record.grader)
    yield f"  judged before by task version {record.scored_by}, {before}"
    yield f"  judged now by task version {task_version}, {grader_name(grader)}"


def change_lines(change: Change) -> Iterator[str]:
    """A verdict that flipped, with both reasons and the steps that did it."""
    result, before, after = change.result, change.before, change.after
    several = f", attempt {change.attempt + 1}" if len(result.attempts) > 1 else ""
    yield (
        f"{result.id}{several}: {named(before)} -> {named(after)}, "
        f"{points(before.points)} -> {points(after.points)} of "
        f"{points(result.max_points)} points; reference {quoted(result.target)}"
    )
    yield f"  before: {reasons(before)}"
    yield f"  now:    {reasons(after)}"
    yield from step_changes(before, after)


def step_changes(before: Score, after: Score) -> Iterator[str]:
    """The steps of a rubric that earn something else now, with both reasons."""
    for old, new in zip(before.marks, after.marks, strict=False):
        if old.points != new.points:
            yield (
                f"  {points(old.points)} -> {points(new.points)} of "
                f"{points(new.worth)} for {quoted(new.step, 90)}: "
                f"{short(old.why, 100) or '–'} -> {short(new.why, 100) or '–'}"
            )


def named(score: Score) -> str:
    """An outcome in words."""
    return score.outcome.replace("_", " ")


def reasons(score: Score) -> str:
    """What was read, and why it was judged as it was."""
    return f"read {quoted(score.answer, 200)}; {score.explanation or 'no reason given'}"


def summary(done: Regraded, folder: str) -> Iterator[str]:
    """Counts, the estimates side by side, and what became of the files."""
    tally, before, after = done.tally, done.before, done.after
    attempts = sum(after.outcomes.values())
    yield (
        f"{tally.flipped} of {attempts} verdicts flipped "
        f"({tally.gained} gained, {tally.lost} lost)"
    )
    if tally.reasons:
        yield f"  {tally.reasons} more were read or explained otherwise"
    old = {each.metric: each for each in before.estimates}
    for each in after.estimates:
        was = old.pop(each.metric, None)
        yield f"  {each.metric}: {line(was)} -> {line(each)}"
        yield from kinds(was, each)
    for gone in old.values():
        yield f"  {gone.metric}: {line(gone)} -> no longer measured"
    yield f"  outcomes before: {outcome_line(before)}"
    yield f"  outcomes now:    {outcome_line(after)}"
    yield from (f"    {line}" for line in reason_lines(after.reasons))
    yield ending(done, folder)


def kinds(was: Estimate | None, now: Estimate) -> Iterator[str]:
    """What interval it is; what it was too, if it is made otherwise now."""
    before = "" if was is None else interval_kind(was)
    if was is not None and before != interval_kind(now):
        yield f"    was a {before}"
        yield f"    is a  {interval_kind(now)}"
    else:
        yield f"    {interval_kind(now)}"


def line(estimate: Estimate | None) -> str:
    return "not measured" if estimate is None else estimate_line(estimate)


def ending(done: Regraded, folder: str) -> str:
    """What became of the run's files."""
    if done.written:
        return f"  written to {folder}; its record keeps the old estimates"
    if done.changes_nothing:
        return "  the run's files say so already"
    new = "scores" if done.tally.flipped or done.tally.reasons else "intervals"
    if done.before.estimates == done.after.estimates:
        new = "scores"
    return f"  the run's files are as they were; --write puts the new {new} there"
