"""What a command will take, told before it begins."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from evalkit.estimate import Outlook, Workload, seconds_of
from evalkit.plan import Plan
from evalkit.report.words import duration, rounded
from evalkit.spending import dollars


def workload_line(ahead: Outlook) -> str:
    """All runs in one sentence."""
    return "; ".join(told(ahead))


def told(ahead: Outlook) -> Iterator[str]:
    """Requests, tokens, money and time, as far as they can be known."""
    planned, total = ahead.planned, ahead.total
    answered = f" ({total.answered:,} answered already)" if total.answered else ""
    yield f"{total.requests:,} requests{answered}"
    yield f"about {rounded(total.read)} tokens to read"
    yield (
        f"at most {rounded(total.written_at_most)} to write"
        if total.written is None
        else f"about {rounded(total.written)} to write "
        f"(at most {rounded(total.written_at_most)})"
    )
    if planned.prices is not None:
        most = f"at most {dollars(total.cost_at_most(planned.prices))}"
        cost = total.cost(planned.prices)
        yield most if cost is None else f"about {dollars(cost)} ({most})"
    time = seconds_of(ahead)
    if time is not None:
        bound = "at most" if total.written is None else "about"
        yield f"{bound} {duration(time[0])} at {time[1]}"
    if planned.judge is not None:
        yield judge_words(ahead, planned.judge.name)


def judge_words(ahead: Outlook, judge: str) -> str:
    """What the judge will be asked, which is not in the other figures."""
    answered = f" ({ahead.judged:,} answered already)" if ahead.judged else ""
    return f"besides, about {ahead.judging:,} requests to the judge {judge}{answered}"


def workload_table(ahead: Outlook) -> Table:
    """A row per run, and one for all."""
    planned = ahead.planned
    table = Table(
        title=Text(f"To be asked of {planned.backend.name}:{planned.model.name}")
    )
    for name in ("task", "protocol"):
        table.add_column(name)
    numbers = ("requests", "answered", "tokens to read", "to write at most")
    for name in (*numbers, *(["cost at most"] if planned.prices else [])):
        table.add_column(name, justify="right")
    for run in planned.runs:
        cells = figures(planned, ahead.parts[run.spec.digest])
        table.add_row(Text(run.spec.task), Text(run.spec.protocol), *cells)
    if len(planned.runs) > 1:
        table.add_section()
        table.add_row("all", "", *figures(planned, ahead.total))
    return table


def figures(planned: Plan, part: Workload) -> list[str]:
    """A workload's numbers, for the table."""
    cells = [
        f"{part.requests:,}",
        f"{part.answered:,}",
        rounded(part.read),
        rounded(part.written_at_most),
    ]
    if planned.prices is not None:
        cells.append(dollars(part.cost_at_most(planned.prices)))
    return cells
