"""An exam written for evalkit, to show what an exam folder can hold.

The exam is data beside this module; docs/how-to/make-an-exam.md explains the format.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from evalkit import Task, hookimpl
from evalkit.exam import Exam

if TYPE_CHECKING:
    from evalkit.exam import ExamPaper
    from evalkit.grading import Marked

__all__ = ["DemoExam", "evalkit_tasks", "mark"]


@dataclass(frozen=True, kw_only=True)
class DemoExam(Exam):
    """A mathematics exam of upper-secondary level, written for evalkit.

    20 questions in four parts: algebra and functions; geometry and vectors; sets,
    counting, probability and data; applications. 100 points; the three problems of the
    last part offer 16 each, and the best two count. The key is verified by computer
    algebra in evalkit's tests.

    Answers are marked step by step, with partial credit and follow-through for values
    that result from an earlier slip. Some justifications must be shown to earn their
    points. Question 10b asks for a proof: its 5 points cannot be earned without a judge
    or a person.

    The questions and their answers are published with evalkit, so that models come to
    know them: this exam is a pattern for one of your own, and its totals say less from
    year to year.

    Example: "Give an example of six positive numbers whose median equals 10 and whose
    range, i.e. largest minus smallest, equals 17." is worth 2 points, one for the
    median and one for the range.
    """

    name: ClassVar[str] = "demo_exam"
    version: ClassVar[int] = 1

    def folder(self) -> Path:
        return Path(__file__).parent


def mark(number: str, response: str, *, finished: bool = True) -> "Marked":
    """Mark an answer to the question of a number, such as 10a, step by step.

    `finished` is False for an answer that was cut off. Raises UsageError, which names a
    close one, for a number that the exam has not.
    """
    return questions().mark(number, response, finished=finished)


@cache
def questions() -> "ExamPaper":
    """The exam, read once: marking an answer takes less time than that."""
    return DemoExam().paper


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (DemoExam,)
