"""A finished run in the terminal: its score and, if they are few, its questions."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evalkit.folder import RunFolder
from evalkit.record import RunRecord
from evalkit.report.card import FEW, answers, earned, outcomes
from evalkit.report.words import amount, estimate_line, points, short
from evalkit.results import Results


def print_run(console: Console, record: RunRecord, folder: RunFolder) -> None:
    """Print the questions, the estimates, the outcomes and where the files are."""
    console.print()
    if record.samples <= FEW:
        console.print(question_table(record, Results(folder.results)))
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
        f"{n} {name.replace('_', ' ')}" for name, n in record.outcomes.items() if n
    )


def question_table(record: RunRecord, results: Results) -> Table:
    """One row per sample; answers are text, never terminal codes or markup."""
    table = Table(title=Text(f"{record.spec.task}: {record.spec.model}"))
    table.add_column("question", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("answer read", overflow="ellipsis", no_wrap=True)
    table.add_column("reference", overflow="ellipsis", no_wrap=True)
    for result in results:
        table.add_row(
            Text(short(result.id, 20)),
            Text(f"{points(earned(result))}/{points(result.max_points)}"),
            Text(outcomes(result)),
            Text(short(answers(result), 40)),
            Text(short(result.target, 40)),
        )
    return table
