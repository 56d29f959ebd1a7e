"""Datasets that tasks read: small ones made up for tests, and the real ones."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import pytest

from evalkit import Data, DataError, Task
from evalkit.testing import TaskContract
from tests.conftest import shared

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class MadeUp:
    """A few rows of the kind that a task reads, and where it looks for them."""

    task: type[Task]
    file: str
    rows: Sequence[Json]
    others: Mapping[str, Sequence[Json]] = field(default_factory=dict[str, Any])
    """Files that worked examples come from."""

    def laid(self, root: Path, rows: Sequence[Json] | None = None) -> Task:
        """The task with a data folder that has these rows, or others for them."""
        asked = self.rows if rows is None else rows
        return self.task(data=written(root, {**self.others, self.file: asked}))

    def problem(self, root: Path, change: Json) -> str:
        """What is said when the last row has some other values."""
        *good, last = self.rows
        message = problem(self.laid(root, [*good, {**last, **change}]))
        assert message.startswith(f"{self.file}, row {len(good)}: "), message
        return message


class MadeUpContract(TaskContract):
    """What a task promises that reads its samples from the rows of a dataset."""

    made: ClassVar[MadeUp]
    worked: ClassVar[Sequence[str]]
    """The ids of the worked examples."""

    @pytest.fixture(autouse=True)
    def rows(self, tmp_path: Path) -> None:
        type(self).task = self.made.laid(tmp_path)

    def test_worked_examples_are_the_ones_that_are_meant(self) -> None:
        assert [each.id for each in self.task.exemplars()] == list(self.worked)

    def test_a_missing_column_is_named_unless_none_needs_it(
        self, tmp_path: Path
    ) -> None:
        dataset = self.made.task.dataset
        assert dataset is not None
        samples = list(self.task.samples())
        for column in self.made.rows[0]:
            rows = [{**row} for row in self.made.rows]
            for row in rows:
                del row[column]
            task = self.made.laid(tmp_path, rows)
            if column in dataset.columns:
                expected = f"{self.made.file} has no column {column!r}"
                assert problem(task).startswith(expected), column
            else:
                assert list(task.samples()) == samples, column


def written(root: Path, files: Mapping[str, Sequence[Json]]) -> Data:
    """A data folder with these files of rows."""
    for name, rows in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Data(root=root)


def problem(task: Task) -> str:
    """What is said of a dataset that is not as it should be: one line."""
    with pytest.raises(DataError) as caught:
        list(task.samples())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def real(file: str) -> tuple[Data, Sequence[Json]]:
    """The real datasets, and the rows of one of their files as they lie there."""
    with shared(f"hub/{file}").open(encoding="utf-8") as lines:
        return Data(root=shared("hub")), [json.loads(line) for line in lines]
