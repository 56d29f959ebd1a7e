"""A plugin for tests: a folder with sums.txt is a task, a sum in each line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from evalkit import (
    Answer,
    DataError,
    Sample,
    Score,
    Task,
    as_its_own,
    hookimpl,
    verdict,
)


@dataclass(frozen=True, kw_only=True)
class Sheet(Task):
    """Sums of a sheet, named after its folder."""

    name: ClassVar[str] = "sheet"
    version: ClassVar[int] = 1

    path: Path = field(metadata={"identity": False})
    first: int = 0
    """How many sums are passed over."""

    def __post_init__(self) -> None:
        if not self.lines():
            raise DataError(f"{self.path.name}/sums.txt holds no sums")
        as_its_own(self, name=f"sheet_{self.path.name}")

    def own_files(self) -> Sequence[Path]:
        return (self.path / "sums.txt",)

    def lines(self) -> list[str]:
        return (self.path / "sums.txt").read_text().splitlines()

    def samples(self) -> Iterable[Sample]:
        for number, line in enumerate(self.lines()[self.first :]):
            question, _, target = line.partition("=")
            yield Sample(id=f"q{number}", question=question, target=target)

    def score(self, sample: Sample, answer: Answer) -> Score:
        right = answer.text == sample.target
        return verdict(sample, answer, read=answer.text, value=float(right))


@hookimpl
def evalkit_open_task(folder: Path) -> type[Task] | None:
    return Sheet if (folder / "sums.txt").exists() else None
