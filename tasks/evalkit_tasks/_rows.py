"""What tasks have in common whose samples are the rows of a dataset."""

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from evalkit import DatasetRef, Row, Sample, Task, letters


@dataclass(frozen=True, kw_only=True)
class RowTask(Task):
    """A task that makes a sample of each row of its dataset: it says how, in `sample`.

    Samples come from the splits in the dataset's `files`, worked examples from those in
    its `example_files`.
    """

    dataset: ClassVar[DatasetRef]
    worked: ClassVar[Collection[int]] = ()
    """Which rows of a split become worked examples, counted from 0."""

    @abstractmethod
    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, checked."""

    def samples(self) -> Iterator[Sample]:
        for split in self.dataset.files:
            for id, row in self.named(split):
                yield self.sample(id, row)

    def exemplars(self) -> Sequence[Sample]:
        end = max(self.worked, default=-1) + 1
        return tuple(
            self.sample(id, row)
            for split in self.dataset.example_files
            for number, (id, row) in enumerate(islice(self.named(split), end))
            if number in self.worked
        )

    def named(self, split: str) -> Iterator[tuple[str, Row]]:
        """The rows of a split by their own names, or by their numbers."""
        column = self.dataset.name_column
        for number, row in enumerate(self.data.rows(self.dataset, split)):
            yield row.text(column) if column else f"{split}-{number}", row


def keyed_choices(row: Row) -> tuple[tuple[str, ...], str]:
    """A row's choices, and the letter of the right one, which `answerKey` gives by its
    label: a letter in some rows, a number in others."""
    choices = row.texts("choices", "text")
    labels = row.texts("choices", "label")
    if len(labels) != len(choices):
        raise row.wrong(f"{len(labels)} labels for {len(choices)} choices")
    return choices, letters_of(row, choices)[row.place("answerKey", labels)]


def letters_of(row: Row, choices: Sequence[object]) -> Sequence[str]:
    """The letters of a row's choices; a DataError if it has too many."""
    try:
        return letters(len(choices))
    except ValueError as exc:
        raise row.wrong(str(exc)) from None
