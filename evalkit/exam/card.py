"""The card of an exam: points by part and by question, and where some were lost."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

from evalkit.exam.total import (
    PartTotal,
    is_exam,
    part_totals,
    question_total,
    unchecked,
)
from evalkit.record import RunRecord
from evalkit.report.card import CardSection, answers, outcomes
from evalkit.report.words import bar, cell, markdown_table, points, several
from evalkit.results import Results
from evalkit.titles import Titles
from evalkit.types import UNCHECKED, Outcome, SampleResult

MANY = 200
"""Up to so many questions are listed one by one."""
LINES = 40
"""Up to so many questions are said to have lost points."""
STEPS = 3
"""Up to so many steps of a question are named."""
SILENT = frozenset({Outcome.NO_ANSWER, Outcome.TRUNCATED, Outcome.ERROR})
"""Outcomes that say by themselves why nothing was earned."""


def sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    """Points by part, by question, and where they were lost, if it was an exam."""
    if not is_exam(record, results):
        return
    parts = part_totals(results)
    titles = record.titles
    yield CardSection("Points by part", part_table(parts, titles), rank=12)
    if record.samples <= MANY:
        tables = question_tables(parts, results, titles)
        yield CardSection("Points by question", tables, rank=30)
    if lost := list(lost_lines(results)):
        yield CardSection("Where points were lost", lost_list(lost), rank=32)


def part_table(parts: Sequence[PartTotal], titles: Titles) -> str:
    """A line for each part, and the sum."""
    rows: list[tuple[str, ...]] = [
        (
            cell(titles.part(part.name), 250),
            points(part.earned),
            points(part.worth),
            share(part.earned, part.worth),
            cell(counted(part)),
        )
        for part in parts
    ]
    earned = sum(part.earned for part in parts)
    worth = sum(part.worth for part in parts)
    total = ("total", points(earned), points(worth), share(earned, worth))
    rows.append((*(f"**{each}**" for each in total), ""))
    return markdown_table(
        ("part", "points:", "of:", "share:", "problems counted"), rows
    )


def share(earned: float, worth: float) -> str:
    return f"{100 * earned / worth:.0f} %" if worth else "–"


def counted(part: PartTotal) -> str:
    """Which of a part's problems count."""
    problems = part.problems
    if part.dropped:
        offered = len(problems) + len(part.dropped_problems)
        return f"{part.named}, the best {len(problems)} of {offered}"
    return part.named if len(problems) < 3 else f"{problems[0]} to {problems[-1]}"


def question_tables(
    parts: Sequence[PartTotal], results: Iterable[SampleResult], titles: Titles
) -> str:
    """A table for each part, with a bar for each question as long as it is worth."""
    dropped = {each.number for part in parts for each in part.dropped}
    every = [each for part in parts for each in (*part.counted, *part.dropped)]
    widest = max(each.worth for each in every)
    rows: dict[str, list[tuple[str, ...]]] = {part.name: [] for part in parts}
    for result in results:
        found = question_total(result)
        rows[found.part].append(
            (
                cell(found.number),
                bar(found.earned, found.worth, widest),
                f"{points(found.earned)} of {points(found.worth)}",
                outcomes(result) + (", not counted" if found.number in dropped else ""),
                cell(answers(result)),
                cell(result.target),
            )
        )
    header = ("question", "", "points", "outcome", "answer read", "reference")
    tables = (
        f"### Part {cell(titles.part(name), 250)}\n\n{markdown_table(header, found)}"
        for name, found in rows.items()
    )
    return "\n\n".join((*tables, *figures(results)))


def figures(results: Iterable[SampleResult]) -> Iterator[str]:
    """Which questions tell in words what was a figure, if any does."""
    told = [each.id for each in results if each.metadata.get("figure")]
    if told:
        yield f"Figures are told in words in {cell(', '.join(told), 400)}."


def lost_lines(results: Iterable[SampleResult]) -> Iterator[str]:
    """A line for each question that lost points: how many, and for which steps."""
    for result in results:
        found = question_total(result)
        lost = found.worth - found.earned
        if lost > 1e-9:
            yield (
                f"**{cell(found.number)}** lost {points(lost)} of "
                f"{points(found.worth)}: {reasons(result)}"
            )


def lost_list(lines: Sequence[str]) -> str:
    """The lines as a list that stays readable."""
    rest = len(lines) - LINES
    last = [f"and {several(rest, 'more question')}"] if rest > 0 else []
    return "\n".join(f"- {line}" for line in (*lines[:LINES], *last))


def reasons(result: SampleResult) -> str:
    """The first steps that lost points, or why there was nothing to mark."""
    found = {each.score.outcome for each in result.attempts}
    beyond = unchecked(result)
    if beyond >= result.max_points:
        return UNCHECKED
    steps = list(lost_steps(result))
    if not steps or (found <= SILENT and not beyond):
        return outcomes(result)
    rest = len(steps) - STEPS
    last = [f"and {several(rest, 'more step')}"] if rest > 0 else []
    return "; ".join((*steps[:STEPS], *last))


def lost_steps(result: SampleResult) -> Iterator[str]:
    """Each step that did not earn all it is worth in all attempts that were marked."""
    marked = [each.score.marks for each in result.attempts if each.score.marks]
    for marks in zip(*marked, strict=False):
        lost = marks[0].worth - fmean(each.points for each in marks)
        if lost > 1e-9:
            open_step = any(each.unchecked for each in marks)
            why = f", {UNCHECKED}" if open_step else ""
            yield f"{cell(marks[0].step, 90)} ({points(lost)}{why})"
