"""A finished run in the terminal: its score and, if they are few, its questions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from evalkit.exam.total import is_exam, part_totals
from evalkit.folder import RunFolder
from evalkit.marks.store import markings
from evalkit.reasons import Reasons
from evalkit.record import RunRecord, RunSpec
from evalkit.report.card import FEW, answers, earned, outcomes
from evalkit.report.matrix import (
    changes,
    matrix_of,
    order_of_models,
    rows,
    unlike_judges,
)
from evalkit.report.reasons import reason_lines
from evalkit.report.suites import average_line, interval_lines, part_rows
from evalkit.report.thinking import cut_line, thought_line
from evalkit.report.words import (
    amount,
    estimate_line,
    grader_name,
    interval_kind,
    money,
    open_attempts,
    points,
    several,
    short,
)
from evalkit.results import Results
from evalkit.suite_record import SuiteRecord, leaves
from evalkit.text import visible
from evalkit.types import Estimate, Outcome

COLUMNS: Mapping[str, JustifyMethod] = {
    "id": "left",
    "points": "right",
    "outcome": "left",
    "answer read": "left",
    "reference": "left",
}
FRAME = 18
"""Characters that lines and padding take, and the widest narrow heading may add."""


def print_all(
    console: Console,
    records: Sequence[RunRecord],
    suites: Sequence[SuiteRecord],
    root: Path,
) -> None:
    """Print each run, the ways of asking side by side, and the suites.

    Runs that a suite's table shows are not told at length.
    """
    within = {part.digest for suite in suites for part in leaves(suite.parts)}
    tasks: dict[str, list[RunRecord]] = {}
    for record in records:
        tasks.setdefault(record.spec.task, []).append(record)
    for runs in tasks.values():
        for record in runs:
            if record.spec.digest not in within:
                folder = RunFolder.of(root, record.spec)
                print_run(console, record, folder, questions=len(runs) == 1)
        if len(runs) > 1 and runs[0].estimates:
            print_matrix(console, runs[0], RunFolder.of(root, runs[0].spec))
    for suite in suites:
        print_suite(console, suite, suite.folder(root))
    print_failures(console, [each for each in records if each.spec.digest in within])


def print_matrix(console: Console, record: RunRecord, folder: RunFolder) -> None:
    """Print what a task's runs came to, a line per way of asking."""
    matrix = matrix_of(record, folder, Results(folder.results))
    table = Table(title=Text(f"{record.spec.task}: {matrix.metric} by way of asking"))
    table.add_column("protocol")
    for model in matrix.models:
        table.add_column(Text(short(model, 40)), justify="right")
    for row in rows(matrix):
        table.add_row(*(Text(visible(each)) for each in row))
    console.print()
    console.print(table)
    own = f"{record.spec.backend}:{record.spec.model}"
    said = (
        unlike_judges(matrix),
        order_of_models(matrix),
        changes(matrix, own).sentence,
        *(f"left out: {each}" for each in matrix.left_out),
    )
    for line in said:
        if line:
            console.print(Text(visible(line)), soft_wrap=True)


def print_suite(console: Console, suite: SuiteRecord, folder: Path) -> None:
    """Print a suite's parts, its average and where its card is."""
    table = Table(title=Text(short(f"{suite.suite}: {suite.model}", console.width)))
    for name in ("part", "protocol", "shots", "value (interval)", "samples"):
        table.add_column(
            name, justify="left" if name in ("part", "protocol") else "right"
        )
    for row in part_rows(suite.parts):
        table.add_row(*(Text(short(each, 60)) for each in row))
    console.print()
    console.print(table)
    console.print(Text(visible(average_line(suite)), "bold"), soft_wrap=True)
    for line in interval_lines(suite):
        console.print(Text(f"  {visible(line)}", "dim"), soft_wrap=True)
    console.print(Text(f"  card: {folder / 'card.md'}"), soft_wrap=True)


def print_failures(console: Console, records: Sequence[RunRecord]) -> None:
    """Print why attempts failed in runs that are not told at length, all together, and
    whether answers are missing because they came as reasoning."""
    reasons = Reasons()
    for record in records:
        for each in record.reasons:
            reasons.add(each)
    failed = sum(record.errors for record in records)
    if failed:
        console.print(Text(f"{failed} attempts failed", "bold red"))
    for line in reason_lines(reasons.found()):
        console.print(Text(visible(f"  {line}"), "red"), soft_wrap=True)
    if line := thought_line(*records):
        console.print(Text(line, "bold yellow"), soft_wrap=True)


def print_run(
    console: Console, record: RunRecord, folder: RunFolder, *, questions: bool = True
) -> None:
    """Print the questions if they are few, the estimates, the outcomes and where the
    files are."""
    console.print()
    if questions and record.samples <= FEW:
        console.print(question_table(record, Results(folder.results), console.width))
    for line, style in summary(record, folder):
        console.print(Text(visible(line), style), soft_wrap=True)


def summary(record: RunRecord, folder: RunFolder) -> Iterator[tuple[str, str]]:
    """The lines below the table, each with its style."""
    yield f"{record.spec.task}, protocol {record.spec.protocol}", "bold"
    if record.titles.task:
        yield f"  {short(record.titles.task, 200)}", ""
    yield from estimate_lines(record)
    yield from exam_lines(record, folder)
    yield f"  outcomes: {outcome_line(record)}", ""
    if line := cut_line(record):
        yield f"    {line}", "dim"
    if line := thought_line(record):
        yield f"    {line}", "bold yellow"
    for each, top in zip(record.estimates, record.ceilings, strict=False):
        bounds = f"{amount(each.value, each.scale)} and {amount(top, each.scale)}"
        yield (
            f"  {open_attempts(record)}: {each.metric} lies between {bounds}",
            "bold red" if record.errors else "bold yellow",
        )
    for line in reason_lines(record.reasons):
        yield f"    {line}", "red"
    if cost := money(record):
        yield f"  cost: {cost}", "dim"
    yield f"  judged by:  {judges(record)}", "dim"
    yield f"  run folder: {folder.path}", ""
    yield f"  card:       {folder.card}", ""


def estimate_lines(record: RunRecord) -> Iterator[tuple[str, str]]:
    """Each estimate, with what interval it has and what must be known of it."""
    for each in record.estimates:
        yield f"  {each.metric}: {estimate_line(each)}", "bold"
        yield f"    {interval_kind(each)}, {asked(record, each)}", "dim"
        if each.note:
            yield f"    {each.note}", "dim"


def asked(record: RunRecord, estimate: Estimate) -> str:
    """How many samples an estimate rests on, and how often each was asked."""
    attempts = record.spec.attempts
    each = f" × {attempts} attempts" if attempts > 1 else ""
    return f"{several(estimate.n, 'sample')}{drawn(record.spec)}{each}"


def drawn(spec: RunSpec) -> str:
    """That samples were drawn, if they were."""
    if spec.limit is None or spec.shuffle is None:
        return ""
    return f" drawn by lot (--shuffle {spec.shuffle})"


def exam_lines(record: RunRecord, folder: RunFolder) -> Iterator[tuple[str, str]]:
    """An exam's points by part, and its total as others marked it, if any did."""
    results = Results(folder.results)
    if not is_exam(record, results):
        return
    parts = {part.name: part for part in part_totals(results)}
    told = (
        f"{name} {points(part.earned)} of {points(part.worth)}"
        for name, part in parts.items()
    )
    yield f"  by part: {', '.join(told)}", ""
    for name in parts:
        if name in record.titles.parts:
            yield f"    {short(record.titles.part(name), 250)}", "dim"
    stored = markings(folder)
    if not stored:
        return
    from evalkit.report.marks import totals_by_others

    for each in totals_by_others(results, stored):
        yield f"  marked by {each.line}", ""
        yield f"    {interval_kind(each.estimate)}", "dim"


def judges(record: RunRecord) -> str:
    """Whose verdicts these are."""
    anew = ", anew after the run" if record.regrades else ""
    return f"task version {record.scored_by}, {grader_name(record.grader)}{anew}"


def outcome_line(record: RunRecord) -> str:
    """The outcomes that occurred, with their counts."""
    return ", ".join(
        f"{n} {outcome.replace('_', ' ')}"
        for outcome in Outcome
        if (n := record.outcomes.get(outcome.value, 0))
    )


def question_table(record: RunRecord, results: Results, width: int) -> Table:
    """One row per sample; answers are text, never terminal codes or markup."""
    rows = [
        (
            short(result.id, 20),
            f"{points(earned(result))}/{points(result.max_points)}",
            short(outcomes(result), 30),
            answers(result),
            result.target,
        )
        for result in results
    ]
    fixed = sum(max((len(row[n]) for row in rows), default=0) for n in range(3))
    room = max(10, min(40, (width - fixed - FRAME) // 2))
    table = Table(title=Text(short(f"{record.spec.task}: {record.spec.model}", width)))
    for name, justify in COLUMNS.items():
        table.add_column(name, justify=justify, no_wrap=True)
    for *leading, answer, reference in rows:
        cells = (*leading, short(answer, room), short(reference, room))
        table.add_row(*(Text(text) for text in cells))
    return table
