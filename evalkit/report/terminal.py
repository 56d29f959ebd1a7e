"""A finished run in the terminal: its score and, if they are few, its questions."""

from collections.abc import Mapping

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from evalkit.folder import RunFolder
from evalkit.record import RunRecord
from evalkit.report.card import FEW, answers, earned, outcomes
from evalkit.report.words import amount, estimate_line, points, short
from evalkit.results import Results
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
    console.print(Text(f"{record.spec.task}, protocol {record.spec.protocol}", "bold"))
    for estimate in record.estimates:
        console.print(Text(f"  {estimate.metric}: {estimate_line(estimate)}", "bold"))
        console.print(
            Text(f"    95 % interval, {estimate.method}, {estimate.n} samples", "dim")
        )
        if estimate.note:
            console.print(Text(f"    {estimate.note}", "dim"))
    console.print(Text(f"  outcomes: {outcome_line(record)}"))
    for estimate, top in zip(record.estimates, record.ceilings, strict=False):
        console.print(
            Text(
                f"  {record.errors} attempts failed: {estimate.metric} lies between "
                f"{amount(estimate.value, estimate.scale)} and "
                f"{amount(top, estimate.scale)}; the same command asks them again",
                "bold red",
            )
        )
    console.print(Text(f"  run folder: {folder.path}"), soft_wrap=True)
    console.print(Text(f"  card:       {folder.card}"), soft_wrap=True)


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
    fixed = sum(max(len(row[n]) for row in rows) for n in range(3))
    room = max(10, min(40, (width - fixed - FRAME) // 2))
    table = Table(title=Text(f"{record.spec.task}: {record.spec.model}"))
    for name, justify in COLUMNS.items():
        table.add_column(name, justify=justify, no_wrap=True)
    for *leading, answer, reference in rows:
        cells = (*leading, short(answer, room), short(reference, room))
        table.add_row(*(Text(text) for text in cells))
    return table
