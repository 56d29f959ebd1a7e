"""Numbers and texts as a reader should see them, in a card or a terminal."""

from collections.abc import Iterable

from evalkit.record import RunRecord
from evalkit.spending import dollars
from evalkit.text import visible
from evalkit.types import Estimate

BAR = 24
"""The most cells that a bar of points has."""


def amount(value: float, scale: float) -> str:
    """A rate as a percentage, anything else on its own scale."""
    return f"{100 * value:.1f} %" if scale == 1 else f"{value:.1f}"


def estimate_line(estimate: Estimate) -> str:
    """Value and interval in one line: ``37.5 % (30.1 to 45.5)``."""
    low, high = (
        amount(end, estimate.scale).removesuffix(" %")
        for end in (estimate.low, estimate.high)
    )
    of = "" if estimate.scale == 1 else f" of {estimate.scale:g}"
    return f"{amount(estimate.value, estimate.scale)}{of} ({low} to {high})"


def interval_kind(estimate: Estimate) -> str:
    """What interval it is: ``95 % interval, Wilson``."""
    level = f"{100 * estimate.level:g} % interval"
    return f"{level}, {estimate.method}" if estimate.method else level


def interval_kinds(estimates: Iterable[Estimate]) -> str:
    """What intervals several are, each kind once."""
    return "; ".join(dict.fromkeys(interval_kind(each) for each in estimates))


def grader_name(version: str) -> str:
    """A grader in words; runs of before it had versions tell of none."""
    return f"grader {version}" if version else "a grader that left no version"


def open_attempts(record: RunRecord) -> str:
    """How many attempts might be right for all that is known, and why."""
    failed = [f"{record.errors} attempts failed"] if record.errors else []
    late = f"{record.undecided} answers could not be judged within the limits"
    return ", ".join((*failed, *([late] if record.undecided else [])))


def money(record: RunRecord) -> str:
    """What a run's answers cost; empty if no prices were given."""
    if record.cost is None or record.prices is None:
        return ""
    return (
        f"{dollars(record.cost)} at ${record.prices.read:g} per million tokens read "
        f"and ${record.prices.written:g} per million written"
    )


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, without needless hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rounded(count: float) -> str:
    """A number to three digits, with a letter for thousands and more."""
    for name, unit in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= unit:
            return f"{count / unit:.3g}{name}"
    return f"{count:.0f}"


def points(value: float) -> str:
    """Points without a needless decimal."""
    return f"{round(value, 2):g}"


def several(count: int, noun: str) -> str:
    """A count with its noun, which takes an s but for one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def bar(earned: float, worth: float, widest: float) -> str:
    """Points as a bar, in a code span for its even cells.

    A cell stands for half a point, or for as much more as keeps the `widest` bar
    within `BAR` cells. Only what earned nothing has an empty bar, and only what earned
    everything has a full one.
    """
    size = max(0.5, widest / BAR)
    cells = max(2, round(worth / size))
    full = round(cells * earned / worth) if worth else 0
    if 0 < earned < worth:
        full = min(max(full, 1), cells - 1)
    return f"`{'█' * full}{'░' * (cells - full)}`"


def short(text: str, width: int) -> str:
    """A text in one line of at most `width` characters."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def quoted(text: str | None, width: int = 60) -> str:
    """A text as it was read, in quotes; LaTeX keeps its single backslashes."""
    return "nothing" if text is None else f"'{short(text, width)}'"


def cell(text: str, width: int = 60) -> str:
    """A text that is safe in a Markdown table: what models write is not markup."""
    line = short(text, width)
    for mark in "\\`*_[]<>|~$":
        line = line.replace(mark, "\\" + mark)
    return line


def code(text: str, width: int = 600) -> str:
    """A text as a Markdown code span, in which nothing is markup."""
    line = short(text, width).replace("`", "'")
    return f"`{line}`"


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a header ending in a colon is for numbers, set right."""
    names = list(header)
    rules = ["--:" if name.endswith(":") else "---" for name in names]
    lines = [[name.removesuffix(":") for name in names], rules, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
