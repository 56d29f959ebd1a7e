"""Any folder with an exam in it as a task: ``--tasks ./my_exam/``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from evalkit.exam.files import HEADING, NAMES, QUESTIONS
from evalkit.exam.task import INSTRUCTION, Exam, asking
from evalkit.hookspecs import hookimpl
from evalkit.task import Task, as_its_own

MOST_SHOTS = 5
"""As many worked examples are shown to a base model, unless there are fewer."""


@dataclass(frozen=True, kw_only=True)
class FolderExam(Exam):
    """An exam that somebody wrote: exam.json and questions.jsonl in a folder."""

    name: ClassVar[str] = "exam"
    version: ClassVar[int] = 1

    path: Path = field(metadata={"identity": False})

    def __post_init__(self) -> None:
        paper = self.paper  # whatever is wrong with it is told before anything else
        shots = min(MOST_SHOTS, len(paper.worked))
        as_its_own(
            self,
            name=paper.name,
            version=paper.version,
            protocols=asking(paper.instruction or INSTRUCTION, shots),
        )

    def folder(self) -> Path:
        return self.path

    def own_files(self) -> Sequence[Path]:
        found = (self.path / name for name in NAMES)
        return tuple(each for each in found if each.exists())


@hookimpl
def evalkit_open_task(folder: Path) -> type[Task] | None:
    """Take a folder with one of the files that an exam must have."""
    here = any((folder / name).exists() for name in (HEADING, QUESTIONS))
    return FolderExam if here else None
