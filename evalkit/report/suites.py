"""A suite told to people: its parts and their average, or what keeps it from one."""

from collections.abc import Iterator, Sequence

from evalkit.report.words import (
    cell,
    estimate_line,
    interval_kind,
    interval_kinds,
    markdown_table,
)
from evalkit.suite_record import PartRecord, SuiteRecord, leaves


def suite_card(suite: SuiteRecord) -> str:
    """The card of a suite, as Markdown."""
    header = ("part", "protocol", "shots:", "value (interval):", "samples:")
    table = markdown_table(
        header, ([cell(text, 100) for text in row] for row in part_rows(suite.parts))
    )
    limit = f"\n\n{limit_line(suite)}" if suite.limit else ""
    title = f"# {cell(suite.suite)}: {cell(suite.model, 120)}"
    kinds = "\n".join(f"- {cell(each, 400)}" for each in interval_lines(suite))
    body = "\n\n".join(filter(None, (average_line(suite) + limit, kinds, table)))
    return f"{title}\n\n## Result\n\n{body}\n"


def limit_line(suite: SuiteRecord) -> str:
    """Which samples of each part were asked, where not all were."""
    if suite.shuffle is None:
        return f"Only the first {suite.limit} samples of each."
    return (
        f"Only {suite.limit} samples of each, drawn by lot (--shuffle {suite.shuffle})."
    )


def average_line(suite: SuiteRecord) -> str:
    """The average in words, or why there is none."""
    way = f", protocol {suite.protocol}" if suite.protocol else ""
    if suite.average is None:
        return f"No average{way}: {'; '.join(suite.lacking)}."
    return f"Average{way}: {estimate_line(suite.average)}, {suite.average_kind}."


def interval_lines(suite: SuiteRecord) -> Iterator[str]:
    """What interval the average has, and what intervals its parts have."""
    if suite.average is not None:
        yield f"{interval_kind(suite.average)}, {suite.average.n} samples"
    tasks = [each.estimate for each in leaves(suite.parts) if each.estimate]
    if tasks:
        yield f"of the parts: {interval_kinds(tasks)}"


def missing(part: PartRecord) -> str:
    """What stands for a value; the line of the average has the reasons."""
    return "absent" if part.lacking else "no average"


def part_rows(
    parts: Sequence[PartRecord], depth: int = 0
) -> Iterator[tuple[str, str, str, str, str]]:
    """A line per part; those of a suite within stand below it."""
    for part in parts:
        estimate = part.estimate
        yield (
            "· " * depth + part.name,
            part.protocol,
            "" if part.shots is None else str(part.shots),
            estimate_line(estimate) if estimate else missing(part),
            str(estimate.n) if estimate else "",
        )
        yield from part_rows(part.parts, depth + 1)
