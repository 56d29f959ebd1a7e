"""Exams: questions marked step by step, and what their points add up to.

An exam is a folder with `exam.json` and `questions.jsonl`. Such a folder is a task by
itself, ``--tasks ./my_exam/``; a plugin that ships one subclasses `Exam`. `read_exam`
gives what a folder holds, and marks single answers. docs/how-to/make-an-exam.md has the
format.
"""

from typing import TYPE_CHECKING

from evalkit.lazily import names_of

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


__getattr__ = names_of(__name__, HOMES)


def __dir__() -> list[str]:
    return __all__
