"""Where datasets come from: the Hub at a pinned commit, or a folder shaped like it.

Files are always read from disk, with `datasets`. (Its own ``load_dataset(id,
revision=...)`` ignores the revision when offline and takes what its cache has.)
"""

import hashlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import DataError
from evalkit.hub import Repo, cached, download

FORMATS = {".jsonl": "json", ".json": "json", ".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True, kw_only=True)
class DatasetRef:
    """A dataset on the Hub, pinned."""

    id: str
    """Such as openai/gsm8k."""
    revision: str
    """Full commit hash."""
    files: Mapping[str, str]
    """For each split a glob of its files, such as {"test": "main/test*"}."""
    columns: Sequence[str] = ()
    """Columns that each row must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A dataset found on disk."""

    folder: Path
    origin: str
    """"hub" or "folder": what a reader may trust the revision for."""
    sha256: str
    """Over the names and bytes of the files, in order."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Finds datasets and reads their rows."""

    root: Path | None = None
    """A folder in which ``openai/gsm8k`` looks like that repository on the Hub. When
    given, nothing is asked of the Hub."""
    patience: float = field(default=3.5, compare=False)
    """Seconds that the Hub has to give a sign of life."""

    def find(self, ref: DatasetRef) -> DataSource:
        """Locate a dataset's files, fetching them if need be."""
        folder = self.folder(ref)
        origin = "hub" if self.root is None else "folder"
        return DataSource(folder=folder, origin=origin, sha256=digest(folder, ref))

    def folder(self, ref: DatasetRef) -> Path:
        """The folder with the dataset's files."""
        if self.root is not None:
            return self.local_folder(self.root, ref)
        repo = Repo(
            id=ref.id,
            kind="dataset",
            revision=ref.revision,
            patterns=tuple(ref.files.values()),
        )
        found = cached(repo)
        if found is not None:
            return found
        try:
            return download(repo, patience=self.patience)
        except DataError as exc:
            raise DataError(
                f"dataset {ref.id!r} is not in the local cache, and {exc}. A folder "
                f"DIR with DIR/{ref.id} in it will do: --data DIR"
            ) from None

    def local_folder(self, root: Path, ref: DatasetRef) -> Path:
        folder = root / ref.id
        for pattern in ref.files.values():
            if not any(folder.glob(pattern)):
                raise DataError(
                    f"data folder {str(root)!r} has no file {ref.id}/{pattern}"
                )
        return folder

    def rows(self, ref: DatasetRef, split: str) -> Iterator[Mapping[str, Any]]:
        """Read a split, row by row; raise DataError if it is not as it should be."""
        folder = self.folder(ref)
        files = sorted(folder.glob(ref.files[split]))
        formats = {FORMATS.get(each.suffix) for each in files}
        name = f"{ref.id}/{ref.files[split]}"
        if len(formats) != 1 or None in formats:
            raise DataError(
                f"{name}: wanted files of one kind out of {', '.join(FORMATS)}, "
                f"found {', '.join(each.name for each in files)}"
            )
        table = read_table(formats.pop() or "", files, name)
        missing = [each for each in ref.columns if each not in table.column_names]
        if missing:
            raise DataError(
                f"{name} has no column {missing[0]!r}; "
                f"it has: {', '.join(table.column_names)}"
            )
        return iter(table)


def read_table(kind: str, files: Sequence[Path], name: str) -> Any:
    """A `datasets.Dataset` of the files: typed Any, for `datasets` has no stubs."""
    try:
        datasets = importlib.import_module("datasets")  # takes seconds
    except ImportError as exc:
        raise DataError(
            f"reading {name} needs the package datasets: pip install 'evalkit[data]'"
        ) from exc
    datasets.disable_progress_bars()
    paths = [str(each) for each in files]
    try:
        return datasets.load_dataset(kind, data_files=paths, split="train")
    except Exception as exc:
        cause = exc.__cause__ or exc
        raise DataError(
            f"{name} cannot be read: {' '.join(str(cause).split())}"
        ) from exc


def digest(folder: Path, ref: DatasetRef) -> str:
    """SHA-256 of the dataset's files, names included."""
    total = hashlib.sha256()
    files = {each for pattern in ref.files.values() for each in folder.glob(pattern)}
    for each in sorted(files):
        total.update(f"{each.relative_to(folder).as_posix()}\0".encode())
        with each.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
