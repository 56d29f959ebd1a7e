"""Reading the files of an exam's folder: JSON that people write in any editor.

A byte-order mark and line ends of Windows are accepted. Each error is a line that names
the file, and the line within it where there is one.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.disk import Unfit, read_file
from evalkit.errors import DataError
from evalkit.exam.schemas import problem
from evalkit.json_once import told_once
from evalkit.report.words import short
from evalkit.rows import is_list, is_object, shown

HEADING = "exam.json"
QUESTIONS = "questions.jsonl"
WORKED = "worked.jsonl"
NAMES = (HEADING, QUESTIONS, WORKED)
"""The files that are read; whatever else lies in the folder is not looked at."""
MAX_BYTES = 16 << 20
MAX_LINES = 2000
DEEPEST = 40
"""Objects and lists within each other: more than any check of an answer wants."""
LONGEST = 400
"""Characters that an error tells of what is wrong: a check may be very long."""
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a line of one, as errors name it."""

    file: str
    line: int | None = None
    """From 1; None for the file as a whole."""

    def wrong(self, what: str) -> DataError:
        """The error for something that is wrong there."""
        line = "" if self.line is None else f", line {self.line}"
        return DataError(f"{self.file}{line}: {short(what, LONGEST)}")


def place(folder: Path, name: str, line: int | None = None) -> Place:
    """A file of an exam by its own name and its folder's, wherever that is."""
    return Place(f"{folder.resolve().name}/{name}", line)


def read_text(folder: Path, name: str) -> str:
    """A file's text; a DataError if it cannot be had."""
    where = place(folder, name)
    try:
        content = read_file(folder / name, MAX_BYTES)
    except FileNotFoundError:
        raise where.wrong("there is no such file, and an exam needs it") from None
    except Unfit as exc:
        raise where.wrong(f"is {exc.what}") from exc
    except OSError as exc:
        raise where.wrong(f"cannot be read: {exc.strerror}") from exc
    try:
        return content.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        byte = f"byte 0x{content[exc.start]:02x}"
        raise place(folder, name, line).wrong(
            f"is not UTF-8 ({byte}): save the file in that encoding"
        ) from None


def read_object(folder: Path, name: str, schema: str) -> dict[str, Any]:
    """A file that is one JSON object, checked against a schema."""
    return decoded(read_text(folder, name), place(folder, name), schema)


def read_lines(
    folder: Path, name: str, schema: str
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """A file with a JSON object per line, each checked against a schema.

    Lines that are blank are passed over, and counted.
    """
    found = 0
    for number, line in enumerate(read_text(folder, name).split("\n"), start=1):
        if not line.strip():
            continue
        found += 1
        if found > MAX_LINES:
            raise place(folder, name).wrong(f"has more than {MAX_LINES} lines")
        where = place(folder, name, number)
        yield where, decoded(line, where, schema)


def decoded(text: str, where: Place, schema: str) -> dict[str, Any]:
    """A JSON object that keeps to a schema; a DataError says what it does not keep."""
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=told_once,
            parse_constant=finite,
            parse_float=finite,
            parse_int=whole_number,
        )
        _ = json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as exc:
        column = f"column {exc.colno}"
        if where.line is None:
            column = f"line {exc.lineno}, {column}"
        raise where.wrong(f"is not JSON: {exc.msg} at {column}") from None
    except UnicodeEncodeError as exc:
        half = f"\\u{ord(exc.object[exc.start]):04x}"
        raise where.wrong(f"has {half}, which is half a character") from None
    except (ValueError, RecursionError) as exc:
        raise where.wrong(f"is not JSON as it is read here: {exc}") from None
    if not is_object(value):
        raise where.wrong(f"is {shown(value)}, not an object in braces")
    if is_deeper(value, DEEPEST):
        raise where.wrong(f"is nested more than {DEEPEST} deep")
    if wrong := problem(schema, value):
        raise where.wrong(wrong)
    return value


def is_deeper(value: object, depth: int) -> bool:
    """Whether objects and lists stand within each other more often than so."""
    if is_object(value):
        value = list(value.values())
    if not is_list(value):
        return False
    return not depth or any(is_deeper(each, depth - 1) for each in value)


def finite(text: str) -> float:
    """A number; not one that JSON does not know, or that is beyond all reckoning."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{short(text, 40)} is no number")
    return number


def whole_number(text: str) -> int:
    """A whole number that is not beyond all reckoning either."""
    _ = finite(text)
    return int(text)
