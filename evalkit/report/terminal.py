"""A finished run in the terminal: its score and, if they are few, its questions."""

from collections.abc import Iterator, Mapping

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from evalkit.folder import RunFolder
from evalkit.record import RunRecord
from evalkit.report.card import FEW, answers, earned, outcomes
from evalkit.report.words import (
    amount,
    estimate_line,
    grader_name,
    open_attempts,
    points,
    short,
)
from evalkit.results import Results
from evalkit.text import visible
from evalkit.types import Outcome

COLUMNS: Mapping[str, JustifyMethod] = {
    "id": "left",
    "points": "right",
    "outcome": "left",
    "answer read": "left",
    "reference": "left",
}
FRAME = 18
"""Characters that lines and padding take, and the widest narrow heading may add."""


def print_run(console: Console, record: RunRecord, folder: RunFolder) -> None:
    """Print the questions, the estimates, the outcomes and where the files are."""
    console.print()
    if record.samples <= FEW:
        console.print(question_table(record, Results(folder.results), console.width))
    for line, style in summary(record, folder):
        console.print(Text(visible(line), style), soft_wrap=True)


def summary(record: RunRecord, folder: RunFolder) -> Iterator[tuple[str, str]]:
    """The lines below the table, each with its style."""
    yield f"{record.spec.task}, protocol {record.spec.protocol}", "bold"
    for each in record.estimates:
        yield f"  {each.metric}: {estimate_line(each)}", "bold"
        interval = f"{100 * each.level:g} % interval, {each.method}"
        yield f"    {interval}, {each.n} samples", "dim"
        if each.note:
            yield f"    {each.note}", "dim"
    yield f"  outcomes: {outcome_line(record)}", ""
    if cut := record.outcomes.get(Outcome.TRUNCATED.value, 0):
        yield f"    {cut} ran out of tokens; --max-tokens gives them more", "dim"
    for each, top in zip(record.estimates, record.ceilings, strict=False):
        bounds = f"{amount(each.value, each.scale)} and {amount(top, each.scale)}"
        again = "; the same command asks the failed ones again" if record.errors else ""
        yield (
            f"  {open_attempts(record)}: {each.metric} lies between {bounds}{again}",
            "bold red" if record.errors else "bold yellow",
        )
    yield f"  judged by:  {judges(record)}", "dim"
    yield f"  run folder: {folder.path}", ""
    yield f"  card:       {folder.card}", ""


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
