"""A marking sheet as it comes back: from Excel, LibreOffice, or somebody's own hand.

What it says is taken as it is where it can mean only one thing. What was assumed on
the way is told.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.disk import read_file
from evalkit.errors import UsageError
from evalkit.marks.guarding import unguarded
from evalkit.marks.torn import records, torn
from evalkit.report.words import short

LARGEST = 64 << 20
"""Bytes that a sheet may have."""
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
BINARIES = {
    b"PK\x03\x04": "a workbook or document, not a text",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, not a text",
    b"%PDF": "a PDF",
    b"<!doctype html": "the page to mark in, whose button downloads the sheet",
}
HUNGARIAN = frozenset("őűŐŰ")
COLUMNS = ("id", "points", "comment")
SEPARATOR_LINE = re.compile(r"\A(\"?)sep=.\1(?=[\r\n])")
"""What Excel may write before the headings; its line is left, to be counted."""
NUMBER = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,6})?|[.,][0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the sheet that holds anything."""

    line: int
    """Of the file, from 1: where the row begins."""
    id: str
    points: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a file held."""

    lines: tuple[Line, ...]
    assumed: tuple[str, ...] = ()
    """What was not told and had to be guessed."""


def read_sheet(path: Path) -> Sheet:
    """Read a sheet; a UsageError tells in one line why it cannot be one."""
    text, assumed = decoded(content_of(path), path)
    text = SEPARATOR_LINE.sub("", text)
    separator = separator_of(text, path)
    try:
        lines = tuple(lines_of(text, separator, path))
    except csv.Error as exc:
        raise UsageError(f"{str(path)!r} is no CSV: {exc}") from exc
    if not lines:
        raise UsageError(f"{str(path)!r} has no rows below its headings")
    return Sheet(lines=lines, assumed=assumed)


def content_of(path: Path) -> bytes:
    """The bytes of a file that may be a sheet."""
    try:
        content = read_file(path, LARGEST)
    except OSError as exc:
        raise UsageError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
    for start, what in BINARIES.items():
        if content.startswith(start):
            raise UsageError(f"{str(path)!r} is {what}: save the sheet as CSV")
    return content


def decoded(content: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a sheet, and which encoding was assumed if nothing told it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content:
        raise UsageError(f"{str(path)!r} is no text: save the sheet as CSV in UTF-8")
    else:
        encoding = "utf-8-sig"
    try:
        return text_of(content.decode(encoding), path), ()
    except UnicodeDecodeError as exc:
        if encoding == "utf-16":
            raise UsageError(f"{str(path)!r} is damaged: {exc.reason}") from exc
    return windows(content, path)


def text_of(text: str, path: Path) -> str:
    """The text itself; UTF-32 passes for UTF-16, but with a NUL beside each letter."""
    if "\0" in text:
        raise UsageError(f"{str(path)!r} is no text: save the sheet as CSV in UTF-8")
    return text


def windows(content: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """A text of Windows from before it knew UTF-8.

    Ids and points are the same in all its code pages; only comments may be at stake.
    The two pages agree on most letters, and one of them has Hungarian's own.
    """
    texts: dict[str, str] = {}
    for page in ("cp1252", "cp1250"):
        try:
            texts[page] = content.decode(page)
        except UnicodeDecodeError:
            continue
    if not texts:
        raise UsageError(f"{str(path)!r} is in no known encoding: save it as UTF-8")
    page = next(iter(texts))
    if HUNGARIAN & set(texts.get("cp1250", "")):
        page = "cp1250"
    name = f"Windows-{page.removeprefix('cp')}"
    return texts[page], (f"not in UTF-8: comments were read as {name}",)


def separator_of(text: str, path: Path) -> str:
    """What parts the columns: that by which the headings have those that we need."""
    lines = io.StringIO(text, newline="")
    first = next((line for line in lines if line.strip()), "")
    for separator in SEPARATORS:
        names = headings(next(csv.reader([first], delimiter=separator)))
        if "id" in names and "points" in names:
            twice = [each for each in COLUMNS if names.count(each) > 1]
            if twice:
                raise UsageError(f"{str(path)!r} has two columns {twice[0]!r}")
            return separator
    raise UsageError(
        f"{str(path)!r} must have the columns 'id' and 'points', named in its first "
        f"line, which is: {short(first, 80) or 'empty'}"
    )


def headings(cells: Sequence[str]) -> list[str]:
    """The names of columns, however they are written."""
    return [" ".join(unguarded(each).split()).casefold() for each in cells]


def lines_of(text: str, separator: str, path: Path) -> Iterator[Line]:
    """The rows below the headings, blank ones left out."""
    names: list[str] = []
    for line, record, cells in records(text, separator):
        if not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = headings(cells)
            continue
        if any(cell.strip() for cell in cells[len(names) :]):
            raise UsageError(
                f"{str(path)!r}, line {line}: has more cells than there are headings; "
                f"a cell with a {SEPARATORS[separator]} in it belongs in quotes"
            )
        if separator == "," and torn(names, cells, record):
            raise UsageError(f"{str(path)!r}, line {line}: {doubt(names, cells)}")
        values = dict(zip(names, cells, strict=False))
        yield Line(
            line=line,
            id=unguarded(values.get("id", "").strip()),
            points=unguarded(values.get("points", "").strip()),
            comment=unguarded(values.get("comment", "").strip()),
        )


def doubt(names: Sequence[str], cells: Sequence[str]) -> str:
    """What points may mean that a comma may have torn."""
    place = names.index("points")
    points, tail = (cell.strip() for cell in cells[place : place + 2])
    return (
        f"either {points} points with {tail!r} in the column "
        f"{short(names[place + 1], 40)!r}, or {points},{tail} points, which belongs in "
        "quotes; semicolons between all columns would tell"
    )


def number_of(text: str) -> float | None:
    """Points as people write them, with a point or a comma; None for anything else."""
    if not NUMBER.fullmatch(text):
        return None
    return float(text.replace(",", "."))
