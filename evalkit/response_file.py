"""A file of responses that anybody's harness may have written, as JSON lines.

It is read once, line by line: its length does not make memory grow, and what it holds
is not trusted to be what its fields are called.
"""

import hashlib
import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from evalkit.disk import opened
from evalkit.errors import Unsound, UsageError, reason
from evalkit.json_once import told_once
from evalkit.text import whole

LONGEST = 16 << 20
"""Bytes that a line may have."""
LABELS = {True: True, False: False, "1": True, "0": False}


class Numeral(str):
    """A number of a JSON text as it is written there, whatever its size."""


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What the fields of a row are called."""

    reference: str
    response: str = "response"
    label: str = ""
    """Empty for rows that nobody has labelled."""
    id: str = ""
    """Empty to take ``id`` where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the file."""

    line: int
    id: str | None
    """A `Numeral` if it is a number."""
    reference: str
    response: str
    label: bool | None

    @property
    def name(self) -> str:
        """How a reader finds it."""
        return f"line {self.line}" + ("" if self.id is None else f", id {self.id!r}")


class ResponseFile:
    """A file of responses, hashed as it is read."""

    def __init__(self, path: Path, file: BinaryIO, fields: Fields) -> None:
        self.path = path
        self._file = file
        self._fields = fields
        self._hash = hashlib.sha256()

    def rows(self) -> Iterator[Row]:
        """Every line that is not blank; UsageError for one that cannot be used."""
        number = 0
        while line := self._file.readline(LONGEST + 1):
            number += 1
            self._hash.update(line)
            where = f"{str(self.path)!r}, line {number}"
            if len(line) > LONGEST:
                raise UsageError(f"{where} is longer than {LONGEST >> 20} MiB")
            if line.strip():
                yield row_of(json_object(line, where), self._fields, number, where)

    def sha256(self) -> str:
        """Of the whole file, rows that were not asked for included."""
        while chunk := self._file.read(1 << 20):
            self._hash.update(chunk)
        return self._hash.hexdigest()


@contextmanager
def response_file(path: Path, fields: Fields) -> Generator[ResponseFile]:
    """Open a file of responses, or say in one line why that cannot be."""
    try:
        file = opened(path)
    except OSError as exc:
        raise UsageError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
    with file:
        yield ResponseFile(path, file, fields)


def json_object(line: bytes, where: str) -> Mapping[str, Any]:
    """The object on a line, its numbers as they are written."""
    try:
        value: object = json.loads(
            line.decode("utf-8-sig"),
            object_pairs_hook=told_once,
            parse_int=Numeral,
            parse_float=Numeral,
        )
    except Unsound as exc:
        raise UsageError(f"{where}: {exc}") from exc
    except (ValueError, RecursionError) as exc:
        raise UsageError(f"{where} is not JSON: {reason(exc)}") from exc
    if not isinstance(value, dict):
        raise UsageError(f"{where} must hold a JSON object, not {json_type(value)}")
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON holds anything


def row_of(values: Mapping[str, Any], fields: Fields, line: int, where: str) -> Row:
    """The fields that count, checked."""
    for name in (fields.reference, fields.response, fields.label, fields.id):
        if name and name not in values:
            there = ", ".join(repr(each[:40]) for each in list(values)[:20]) or "none"
            raise UsageError(f"{where} has no field {name!r}. It has: {there}")
    response = values[fields.response]
    return Row(
        line=line,
        id=id_of(values, fields.id, where),
        reference=text_of(values[fields.reference], fields.reference, where),
        # A harness that got no response may well have written null.
        response="" if response is None else text_of(response, fields.response, where),
        label=label_of(values[fields.label], fields.label, where)
        if fields.label
        else None,
    )


def id_of(values: Mapping[str, Any], name: str, where: str) -> str | None:
    """What the row is called, None if it has no name."""
    value = values.get(name or "id")
    if isinstance(value, Numeral):
        return value
    if value is None or (not name and not isinstance(value, str)):
        return None
    return text_of(value, name, where)


def text_of(value: object, name: str, where: str) -> str:
    """A text; a number stays as it is written."""
    if isinstance(value, str):
        return whole(str(value))
    raise UsageError(
        f"{where}: field {name!r} must be a text or a number, not {json_type(value)}"
    )


def label_of(value: Any, name: str, where: str) -> bool | None:
    """Whether somebody calls the response right; None for a row without a label."""
    if value is None:
        return None
    if isinstance(value, bool) or (isinstance(value, Numeral) and value in LABELS):
        return LABELS[value]
    raise UsageError(
        f"{where}: field {name!r} must be true, false, 1, 0 or null, "
        f"not {str(value)[:40]!r}"
    )


def json_type(value: object) -> str:
    """What JSON calls a value."""
    if isinstance(value, str):
        return "a number" if isinstance(value, Numeral) else "a text"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "a list" if isinstance(value, list) else "an object"
