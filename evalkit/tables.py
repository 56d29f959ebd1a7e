"""Files of rows on disk, read from the bytes that lie there and from no cache of them.

Lines of JSON need no library that takes long to import, and no guesses at types: a date
stays the text that it is, a whole number stays whole. Tables of other kinds are read by
the libraries that know them.
"""

import importlib
import itertools
from collections.abc import (
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Protocol, TypeAlias

import msgspec

from evalkit.disk import DAMAGES, LARGEST
from evalkit.errors import DataError, Unsound
from evalkit.json_once import OBJECT, json_object

ARRAYS = msgspec.json.Decoder(list[msgspec.Raw])
BOM = b"\xef\xbb\xbf"
"""What some editors write before a text."""
BATCH = 1000
"""Rows of a table that are in memory at once."""


class Table(Protocol):
    """Rows with the same columns."""

    column_names: list[str]

    def __iter__(self) -> Iterator[dict[str, Any]]: ...


Reader: TypeAlias = Callable[[BinaryIO, str], Table]


class Lines:
    """A file with a JSON object per line; what a row lacks of the columns is None."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        keys = (key for row in self._rows(json_object) for key in row)
        self.column_names = [*dict.fromkeys(keys)]
        """All that some row has, in the order in which they come."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        nothing = dict.fromkeys(self.column_names)
        for row in self._rows(OBJECT.decode):  # told once, as was seen before
            yield {**nothing, **row}

    def _rows(
        self, decode: Callable[[bytes], dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        number = 0
        try:
            for line in self._lines():
                if line.strip():
                    yield decode(line)
                    number += 1
        except (*DAMAGES, Unsound, OSError) as exc:
            raise DataError(
                f"{self._name} cannot be read: row {number}: {exc}"
            ) from exc

    def _lines(self) -> Iterator[bytes]:
        """The lines, without what stands before the first; a longer one in pieces."""
        self._file.seek(0)
        lines = iter(partial(self._file.readline, LARGEST), b"")
        first = next(lines, b"").removeprefix(BOM)
        return itertools.chain((first,), lines)


class Rows:
    """Rows that are in memory."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows
        self.column_names = [*dict.fromkeys(key for row in rows for key in row)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        nothing = dict.fromkeys(self.column_names)
        return ({**nothing, **row} for row in self._rows)


class Batches:
    """A table that a library reads, batch by batch."""

    def __init__(
        self, name: str, columns: Iterable[str], batches: Callable[[], Any]
    ) -> None:
        self._name = name
        self.column_names = [*columns]
        self._batches = batches

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with told(self._name):
            for batch in self._batches():
                yield from batch.to_pylist()


def json_table(file: BinaryIO, name: str) -> Table:
    """A file that is one array of objects, or has an object per line."""
    content = file.read(LARGEST + 1).removeprefix(BOM)
    if not content.lstrip().startswith(b"["):
        return Lines(file, name)
    if len(content) > LARGEST:
        raise DataError(
            f"{name} cannot be read: it is larger than {LARGEST >> 20} MiB; a .jsonl "
            "with a line per row may have any size"
        )
    rows: list[dict[str, Any]] = []
    try:
        rows.extend(json_object(bytes(each)) for each in ARRAYS.decode(content))
    except (*DAMAGES, Unsound) as exc:
        raise DataError(f"{name} cannot be read: row {len(rows)}: {exc}") from exc
    return Rows(rows)


def csv_table(file: BinaryIO, name: str) -> Table:
    """A file with commas between values; a column of numbers holds numbers."""
    pandas = library("pandas", name)
    arrow = library("pyarrow", name)
    with told(name):
        header = pandas.read_csv(file, header=None, nrows=1, dtype=str)
        named_once(header.iloc[0].fillna("").tolist())
        file.seek(0)
        frame = pandas.read_csv(file, low_memory=False)
        if not isinstance(frame.index, pandas.RangeIndex):
            raise Unsound("its rows have more values than its first line has columns")
        table = arrow.Table.from_pandas(frame, preserve_index=False)
    return Batches(name, table.column_names, partial(table.to_batches, BATCH))


def parquet_table(file: BinaryIO, name: str) -> Table:
    """A file of Apache Parquet."""
    parquet = library("pyarrow.parquet", name)
    with told(name):
        found = parquet.ParquetFile(file)
        columns = found.schema_arrow.names
        named_once(columns)
    return Batches(name, columns, partial(found.iter_batches, BATCH))


def named_once(columns: Sequence[str]) -> None:
    """Raise Unsound if two columns have one name; libraries would rename one of them,
    or leave it out."""
    twice = [name for name in columns if name and columns.count(name) > 1]
    if twice:
        raise Unsound(f"column {twice[0]!r} is there twice")


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".jsonl": Lines,
        ".json": json_table,
        ".csv": csv_table,
        ".parquet": parquet_table,
    }
)


def library(module: str, name: str) -> Any:
    """A library that reads tables, which need not be installed."""
    try:
        return importlib.import_module(module)
    except ImportError as exc:
        package = module.partition(".")[0]
        raise DataError(
            f"reading {name} needs the package {package}: pip install 'evalkit[data]'"
        ) from exc


@contextmanager
def told(name: str) -> Generator[None]:
    """Say in one line what a library finds wrong with a file."""
    try:
        yield
    except Exception as exc:
        raise DataError(f"{name} cannot be read: {' '.join(str(exc).split())}") from exc


def reader_of(files: Iterable[Path], name: str) -> Reader:
    """The reader for files of one kind; a DataError if they are none, or of several."""
    listed = list(files)
    suffixes = {each.suffix for each in listed}
    if len(suffixes) != 1 or not suffixes <= READERS.keys():
        raise DataError(
            f"{name}: wanted files of one kind out of {', '.join(READERS)}, "
            f"found {', '.join(each.name for each in listed)}"
        )
    return READERS[suffixes.pop()]
