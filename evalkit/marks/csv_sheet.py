"""A marking sheet as CSV: for any spreadsheet, and back."""

import csv
import io
from collections.abc import Iterable, Sequence

from evalkit.marks.sheet import Row, readable
from evalkit.report.words import points

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
LONGEST = 32_000
"""Characters of a text that a cell gets: Excel breaks cells of over 32,767."""

STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "'")
"""What a spreadsheet would take for the start of a formula, and our guard itself."""


def csv_sheet(questions: Iterable[Sequence[Row]], separator: str = ",") -> bytes:
    """The sheet as RFC 4180 has it, with the byte-order mark that Excel looks for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for rows in questions:
        writer.writerows(cells(row) for row in rows)
    return out.getvalue().encode("utf-8-sig")


def cells(row: Row) -> list[str]:
    """A row, nothing in which a spreadsheet would compute."""
    result = row.result
    rubric = "\n".join(f"{points(each.points)} p: {each.step}" for each in row.rubric)
    texts = (
        row.id,
        readable(result.id),
        readable(result.question),
        readable(result.target),
        readable(rubric),
        row.answer,
        points(result.max_points),
        "",
        "",
    )
    return [guarded(shortened(each)) for each in texts]


def shortened(text: str) -> str:
    """A text that a cell can hold, saying so where it was cut."""
    rest = len(text) - LONGEST
    if rest <= 0:
        return text
    return f"{text[:LONGEST]}\n[… {rest} more characters: export to .html to read them]"


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `unguarded` undoes it."""
    return f"'{text}" if text.startswith(STARTS) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    rest = text.removeprefix("'")
    return rest if rest.startswith(STARTS) else text
