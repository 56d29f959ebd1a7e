"""Hungarian national finals in mathematics, May 2023: a school exam out of 100 points.

The exam is data beside this module; the wording, the rubric and its checks are
evalkit's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from evalkit import Task, as_its_own, hookimpl
from evalkit.exam import Exam, ExamTotal
from evalkit_tasks.hungarian_exam.original import DATASET, with_original_wording

if TYPE_CHECKING:
    from evalkit.exam import ExamPaper
    from evalkit.grading import Marked

__all__ = ["ExamTotal", "HungarianExam", "evalkit_tasks", "mark"]


@dataclass(frozen=True, kw_only=True)
class HungarianExam(Exam):
    """The Hungarian national final exam in mathematics of May 2023, in English.

    The intermediate-level exam that Hungarian students sat in May 2023, set by the
    Hungarian Educational Authority: 33 questions, 100 points, of which the problems 16
    to 18 offer 17 each and the best two count. Keiran Paster first used it to test
    language models on mathematics that was published after their training data
    (dataset keirp/hungarian_national_hs_finals_exam, 2023). Here the wording is
    evalkit's own, under evalkit's license, and what the exam shows in figures is
    described in words; the questions come with evalkit, there is nothing to fetch. With
    ``--set source=hub`` they are asked in the words of that dataset, which has no
    figures, and marked by the same rubric.

    Answers are marked step by step, with partial credit. What earns a step is looked
    for in what an answer states: values, equations, phrases. Steps without such a
    check earn nothing without a judge or a person.

    Example: "The base-2 logarithm of x is 5. What is the base-2 logarithm of 2x?
    Justify your reply." is worth 2 points; the answer is 6.

    Published totals, marked by hand with partial credit: GPT-4 68, Grok-1 59,
    DeepSeek LLM 67B Chat 58, Claude 2 55, GPT-3.5 41, OpenChat 3.5 37, MetaMath
    Mistral 7B 29, Mistral 7B 22, Llemma 7B 23, Code Llama 7B 8.
    """

    name: ClassVar[str] = "hungarian_exam"
    version: ClassVar[int] = 2

    source: Literal["package", "hub"] = "package"
    """Whose words the questions are asked in: evalkit's or the dataset's."""

    def __post_init__(self) -> None:
        if self.source == "hub":
            as_its_own(self, dataset=DATASET)

    def folder(self) -> Path:
        return Path(__file__).parent

    @property
    def paper(self) -> "ExamPaper":
        if self.source == "package":
            return self.written
        return with_original_wording(self.written, self.data.rows(DATASET, "test"))


def mark(number: str, response: str, *, finished: bool = True) -> "Marked":
    """Mark an answer to the question of a number, such as 15a, step by step.

    `finished` is False for an answer that was cut off. Raises UsageError, which names a
    close one, for a number that the exam has not.
    """
    return questions().mark(number, response, finished=finished)


@cache
def questions() -> "ExamPaper":
    """The exam, read once: marking an answer takes less time than that."""
    return HungarianExam().paper


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (HungarianExam,)
