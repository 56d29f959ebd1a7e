"""Files of rows on disk: JSON lines by themselves, other kinds through `datasets`.

Reading lines needs no library that takes seconds to import, and no guesses at types: a
date stays the text that it is, a whole number stays whole.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from evalkit.errors import DataError

DECODER = msgspec.json.Decoder(dict[str, Any])


class Table(Protocol):
    """Rows with the same columns."""

    column_names: list[str]

    def __iter__(self) -> Iterator[dict[str, Any]]: ...


class Lines:
    """A file with a JSON object per line; what a row lacks of the columns is None."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self.column_names = [*dict.fromkeys(key for row in self._rows() for key in row)]
        """All that some row has, in the order in which they come."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        nothing = dict.fromkeys(self.column_names)
        for row in self._rows():
            yield {**nothing, **row}

    def _rows(self) -> Iterator[dict[str, Any]]:
        number = 0
        try:
            with self._path.open("rb") as file:
                for line in file:
                    if line.strip():
                        yield DECODER.decode(line)
                        number += 1
        except (msgspec.DecodeError, OSError, RecursionError, UnicodeError) as exc:
            raise DataError(
                f"{self._name} cannot be read: row {number}: {exc}"
            ) from exc


def loaded(kind: str) -> Callable[[Path, str], Table]:
    """A reader of files that `datasets` knows as `kind`."""

    def read(path: Path, name: str) -> Table:
        try:
            datasets: Any = importlib.import_module("datasets")  # takes seconds
        except ImportError as exc:
            raise DataError(
                f"reading {name} needs the package datasets: pip install "
                "'evalkit[data]'"
            ) from exc
        datasets.disable_progress_bars()
        # It would tell the Hub of each file read here, and wait for the answer.
        datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
        try:
            table: Table = datasets.load_dataset(
                kind, data_files=[str(path)], split="train"
            )
        except Exception as exc:
            cause = exc.__cause__ or exc
            raise DataError(
                f"{name} cannot be read: {' '.join(str(cause).split())}"
            ) from exc
        return table

    return read


READERS: Mapping[str, Callable[[Path, str], Table]] = {
    ".jsonl": Lines,
    ".json": loaded("json"),
    ".csv": loaded("csv"),
    ".parquet": loaded("parquet"),
}


def reader_of(files: Iterable[Path], name: str) -> Callable[[Path, str], Table]:
    """The reader for files of one kind; a DataError if they are none, or of several."""
    listed = list(files)
    suffixes = {each.suffix for each in listed}
    if len(suffixes) != 1 or not suffixes <= READERS.keys():
        raise DataError(
            f"{name}: wanted files of one kind out of {', '.join(READERS)}, "
            f"found {', '.join(each.name for each in listed)}"
        )
    return READERS[suffixes.pop()]
