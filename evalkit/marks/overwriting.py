"""Whether a file is an export as evalkit wrote it, so that another may replace it."""

import csv
import os
from pathlib import Path

from evalkit.disk import read_file
from evalkit.errors import UsageError
from evalkit.marks.csv_sheet import COLUMNS, TITLED, as_csv
from evalkit.marks.reading import SEPARATORS, read_sheet
from evalkit.marks.torn import records


def check_untouched(to: Path) -> None:
    """Refuse to write over what may hold somebody's work."""
    why = touched(to) if os.path.lexists(to) else ""
    if why:
        raise UsageError(
            f"--to {str(to)!r} is not written over: {why}; choose another name, or "
            "remove it"
        )


def touched(path: Path) -> str:
    """Why a file may hold more than an export does; empty if it cannot."""
    if not path.is_file():
        return "it is no plain file"
    try:
        content = read_file(path)
    except OSError as exc:
        return f"it cannot be read: {exc.strerror}"
    if not content or is_page(content) or is_empty_sheet(content):
        return ""
    try:
        lines = read_sheet(path).lines
    except UsageError as exc:
        return str(exc)
    for line in lines:
        if line.points or line.comment:
            what = "points" if line.points else "a comment"
            return f"line {line.line} has {what}"
    return "it is not as evalkit writes a sheet"


def is_page(content: bytes) -> bool:
    """Whether this is a page to mark in. Marks are never in its file."""
    if not content.startswith(b"<!doctype html>"):
        return False
    from evalkit.marks.page import FRAME  # it brings all that sets formulas

    start = FRAME.template.partition("$")[0].encode()
    end = FRAME.template.rpartition("$script")[2].encode()
    return content.startswith(start) and content.endswith(end)


def is_empty_sheet(content: bytes) -> bool:
    """Whether this is a sheet without points, to the byte as it was written."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return any(is_empty(text, content, separator) for separator in SEPARATORS)


def is_empty(text: str, content: bytes, separator: str) -> bool:
    """The same, where the columns are parted by this."""
    try:
        heading, *rows = [cells for _, _, cells in records(text, separator)]
    except (csv.Error, ValueError):
        return False
    if tuple(heading) not in (COLUMNS, TITLED) or any(map(any, (c[-2:] for c in rows))):
        return False
    return as_csv((heading, *rows), separator) == content
