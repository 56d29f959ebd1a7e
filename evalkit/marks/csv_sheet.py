"""A marking sheet as CSV: for any spreadsheet, and back."""

import csv
import io
from collections.abc import Iterable, Sequence

from evalkit.marks.guarding import guarded, without_formula
from evalkit.marks.sheet import Row, readable
from evalkit.report.words import points
from evalkit.titles import Titles

COLUMNS = (
    "id",
    "number",
    "question",
    "reference",
    "rubric",
    "answer",
    "points possible",
    "points",
    "comment",
)
TITLED = (*COLUMNS[:2], "part", *COLUMNS[2:])
"""The columns where the exam and its parts have titles."""
LONGEST = 32_000
"""Characters of a text that a cell gets: Excel breaks cells of over 32,767."""


def csv_sheet(
    questions: Iterable[Sequence[Row]],
    separator: str = ",",
    titles: Titles | None = None,
) -> bytes:
    """The sheet of these questions; with a column for titles where there are some."""
    rows = [row for group in questions for row in group]
    if titles is None or titles == Titles():
        return as_csv((COLUMNS, *map(cells, rows)), separator)
    titled = (titled_cells(row, titles) for row in rows)
    return as_csv((TITLED, *titled), separator)


def titled_cells(row: Row, titles: Titles) -> list[str]:
    """A row that says behind the number of what exam and part the question is."""
    id, number, *rest = cells(row)
    part = titles.part(row.result.metadata.get("part", ""))
    told = ", ".join(filter(None, (titles.task, part and f"part {part}")))
    return [id, number, guarded(shortened(readable(told))), *rest]


def as_csv(rows: Iterable[Sequence[str]], separator: str) -> bytes:
    """Rows as RFC 4180 has them, with the byte-order mark that Excel looks for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def cells(row: Row) -> list[str]:
    """A row, nothing in which a spreadsheet would compute or write anew."""
    result = row.result
    rubric = "\n".join(f"{points(each.points)} p: {each.step}" for each in row.rubric)
    return [
        without_formula(row.id),
        without_formula(shortened(readable(result.id))),
        guarded(shortened(readable(result.question))),
        guarded(shortened(readable(result.target))),
        without_formula(shortened(readable(rubric))),
        guarded(shortened(f"[{row.lack}]" if row.lack else row.answer)),
        points(result.max_points),
        "",
        "",
    ]


def shortened(text: str) -> str:
    """A text that a cell can hold: its beginning and its end, where it ends up."""
    rest = len(text) - LONGEST
    if rest <= 0:
        return text
    half = LONGEST // 2
    note = f"[… {rest} characters are left out here: export to .html to read them …]"
    return f"{text[:half]}\n{note}\n{text[-half:]}"
