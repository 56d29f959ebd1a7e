"""Exams: questions marked step by step, and what their points add up to.

An exam is a folder with `exam.json` and `questions.jsonl`. Such a folder is a task by
itself, ``--tasks ./my_exam/``; a plugin that ships one subclasses `Exam`. `read_exam`
gives what a folder holds, and marks single answers. docs/how-to/make-an-exam.md has the
format.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.exam.paper import ExamPaper, ExamPart, Question, WorkedExample
    from evalkit.exam.reading import read_exam
    from evalkit.exam.task import Exam
    from evalkit.exam.total import ExamTotal

HOMES = {
    "evalkit.exam.paper": ("ExamPaper", "ExamPart", "Question", "WorkedExample"),
    "evalkit.exam.reading": ("read_exam",),
    "evalkit.exam.task": ("Exam",),
    "evalkit.exam.total": ("ExamTotal",),
}

__all__ = [
    "Exam",
    "ExamPaper",
    "ExamPart",
    "ExamTotal",
    "Question",
    "WorkedExample",
    "read_exam",
]


def __getattr__(name: str) -> object:
    """Import a public name from the module that defines it."""
    for home, names in HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'evalkit.exam' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
