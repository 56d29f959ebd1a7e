"""Where datasets come from: the Hub at a pinned commit, or a folder shaped like it.

Files are always read from disk. (What `datasets` has for the Hub, ``load_dataset(id,
revision=...)``, ignores the revision when offline and takes what its cache has.)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import DataError
from evalkit.hashed import Hashed
from evalkit.hub import Repo, cached, download
from evalkit.rows import Row, told_apart
from evalkit.tables import Table, reader_of


@dataclass(frozen=True, kw_only=True)
class DatasetRef:
    """A dataset on the Hub, pinned."""

    id: str
    """Such as openai/gsm8k."""
    revision: str
    """Full commit hash; a branch only where no commit is known. What it stood for is
    recorded."""
    files: Mapping[str, str]
    """For each split a glob of its files, such as {"test": "main/test*"}."""
    example_files: Mapping[str, str] = field(default_factory=dict[str, str])
    """The same for splits that only worked examples come from: they are not looked for
    unless a protocol shows some."""
    columns: Sequence[str] = ()
    """Columns that each row must have."""
    name_column: str = ""
    """A column that tells each row of a split from the others, if there is one."""

    def patterns(self, *, examples: bool) -> tuple[str, ...]:
        """Globs of the files to find, with or without those for worked examples."""
        more = self.example_files.values() if examples else ()
        return (*self.files.values(), *more)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """A dataset found on disk."""

    folder: Path
    origin: str
    """"hub" or "folder": what a reader may trust the revision for."""
    sha256: str
    """Over the names and bytes of the files, in order."""
    revision: str
    """The commit of the files, as far as it is known."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """Finds datasets and reads their rows."""

    root: Path | None = None
    """A folder in which ``openai/gsm8k`` looks like that repository on the Hub. When
    given, nothing is asked of the Hub."""
    patience: float = field(default=3.5, compare=False)
    """Seconds that the Hub has to give a sign of life."""
    files: Hashed = field(default_factory=Hashed, compare=False, repr=False, init=False)
    """The files that were found, so that the rows read are the rows hashed."""

    def find(self, ref: DatasetRef, *, examples: bool = True) -> DataSource:
        """Locate a dataset's files, fetching them if need be.

        `examples` says whether those for worked examples are wanted too.
        """
        folder = self.folder(ref, examples=examples)
        patterns = ref.patterns(examples=examples)
        return DataSource(
            folder=folder,
            origin="hub" if self.root is None else "folder",
            sha256=self.files.sha256(
                (path, path.relative_to(folder).as_posix())
                for path in {each for glob in patterns for each in folder.glob(glob)}
            ),
            # A folder of the Hub's cache has the name of its commit.
            revision=ref.revision if self.root is not None else folder.name,
        )

    def folder(self, ref: DatasetRef, *, examples: bool = True) -> Path:
        """The folder with the dataset's files."""
        patterns = ref.patterns(examples=examples)
        if self.root is not None:
            return self.local_folder(self.root, ref.id, patterns)
        repo = Repo(id=ref.id, kind="dataset", revision=ref.revision, patterns=patterns)
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

    def local_folder(self, root: Path, name: str, patterns: Iterable[str]) -> Path:
        folder = root / name
        for pattern in patterns:
            if not any(folder.glob(pattern)):
                raise DataError(
                    f"data folder {str(root)!r} has no file {name}/{pattern}"
                )
        return folder

    def rows(self, ref: DatasetRef, split: str) -> Iterator[Row]:
        """Read a split, row by row; raise DataError if it is not as it should be."""
        examples = split in ref.example_files
        pattern = ref.example_files[split] if examples else ref.files[split]
        folder = self.folder(ref, examples=examples)
        files = sorted(folder.glob(pattern))
        read = reader_of(files, f"{ref.id}/{pattern}")
        seen: dict[str, str] = {}
        for path in files:
            file = f"{ref.id}/{path.relative_to(folder).as_posix()}"
            with self.files.reading(path, file) as opened:
                table = read(opened, file)
                check_columns(table, ref, file)
                for number, values in enumerate(table):
                    row = Row(values, file, number)
                    if ref.name_column:
                        told_apart(seen, row, ref.name_column)
                    yield row


def check_columns(table: Table, ref: DatasetRef, file: str) -> None:
    """Refuse a file that lacks a column."""
    missing = [each for each in ref.columns if each not in table.column_names]
    if missing:
        raise DataError(
            f"{file} has no column {missing[0]!r}; "
            f"it has: {', '.join(table.column_names) or 'none'}"
        )
