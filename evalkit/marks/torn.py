"""Records of a CSV, and points torn at a decimal comma: 1,5 read as 1 and 5."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

WHOLE = re.compile(r"[0-9]{1,6}")
TAIL = re.compile(r"[0-9]{1,2}|[05]0{2,5}")
"""What may have stood behind a decimal comma."""
CELL = re.compile(r'"(?:[^"]++|"")*+"|[^,]*')
NUMERIC = frozenset({"id", "number", "points possible"})
"""Columns of evalkit's that hold bare numbers anyway."""


def records(text: str, separator: str) -> Iterator[tuple[int, str, list[str]]]:
    """Each record: the line where it begins, from 1, its text, and its cells."""
    lines = list(io.StringIO(text, newline=""))
    rows = csv.reader(lines, delimiter=separator, strict=True)
    before = 0
    for cells in rows:
        yield before + 1, "".join(lines[before : rows.line_num]), cells
        before = rows.line_num


def torn(names: Sequence[str], cells: Sequence[str], record: str) -> bool:
    """Whether points and the cell behind them may have been one number.

    A cell in quotes cannot have been: a comma inside them parts nothing.
    """
    place = names.index("points")
    both = [cell.strip() for cell in cells[place : place + 2]]
    if len(both) < 2 or len(names) < place + 2 or names[place + 1] in NUMERIC:
        return False
    if not WHOLE.fullmatch(both[0]) or not TAIL.fullmatch(both[1]):
        return False
    return not any(quoted(record, len(cells))[place : place + 2])


def quoted(record: str, count: int) -> list[bool]:
    """Which cells of a record that commas part are in quotes."""
    found: list[bool] = []
    place = 0
    while len(found) < count and (cell := CELL.match(record, place)):
        found.append(cell[0].startswith('"'))
        place = cell.end() + 1
    return found
