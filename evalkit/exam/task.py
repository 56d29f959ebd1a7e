"""An exam as a task: what every exam has in common, wherever its files lie."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from evalkit.errors import DataError
from evalkit.exam.total import ExamTotal
from evalkit.metrics import Metric
from evalkit.protocol import Chat, FewShot, Protocol
from evalkit.task import Task, marked
from evalkit.titles import Titles
from evalkit.types import Answer, Sample, Sampling, Score

if TYPE_CHECKING:
    from evalkit.exam.paper import ExamPaper
    from evalkit.grading import Scheme

INSTRUCTION = """\
{question}

Reason briefly, step by step, and show the values that your answer rests on. End with \
one line of the form

Final answer: ...

that holds the complete answer and nothing else: every element where several are asked \
for, parted by commas; a full equation where an equation is asked for; your verdict \
with its example where a claim is to be judged."""


def asking(instruction: str = INSTRUCTION, shots: int = 5) -> tuple[Protocol, ...]:
    """The ways in which an exam's questions are put; with `shots` worked examples."""
    chat = Chat(instruction=instruction, sampling=Sampling(max_tokens=768))
    fewshot = FewShot(
        shots=shots,
        question_prefix="Problem: ",
        answer_prefix="\nSolution:",
        sampling=Sampling(max_tokens=512, stop=("Problem:",)),
    )
    return (chat, fewshot)


@dataclass(frozen=True, kw_only=True)
class Exam(Task):
    """An exam in a folder with exam.json and questions.jsonl, marked step by step.

    A subclass that ships with a plugin says its name and version, and in which folder
    its files are. Its questions, rubrics and marking schemes are data.
    """

    protocols: ClassVar[tuple[Protocol, ...]] = asking()
    metrics: ClassVar[tuple[Metric, ...]] = (ExamTotal(),)

    @abstractmethod
    def folder(self) -> Path:
        """Where the exam's files are."""

    @property
    def paper(self) -> "ExamPaper":
        """The exam as it is asked."""
        return self.written

    @cached_property
    def written(self) -> "ExamPaper":
        """The exam as its files had it when this task first needed them.

        A DataError names what is wrong with them.
        """
        # Reading schemas, answers and rubrics takes time that a list of tasks has not.
        from evalkit.exam.reading import read_exam

        return read_exam(self.folder())

    def samples(self) -> Iterable[Sample]:
        return self.paper.samples()

    def exemplars(self) -> Sequence[Sample]:
        return tuple(each.sample() for each in self.paper.worked)

    def gold(self, sample: Sample) -> Sequence[str]:
        """The solution, and the bare answer unless some step must be shown."""
        if "answer_type" not in sample.metadata:
            return ()
        steps = self.scheme(sample).steps
        if any(each.check is None for each in steps):
            return ()
        bare = all(each.implied for each in steps)
        stated = (f"Final answer: {sample.target}",) if bare else ()
        return (*stated, *((sample.solution,) if sample.solution else ()))

    def titles(self) -> Titles:
        parts = {each.name: each.title for each in self.paper.parts if each.title}
        return Titles(task=self.paper.title, parts=parts)

    def cluster(self, sample: Sample) -> str:
        """Its problem: 13a and 13b are of one."""
        return sample.metadata.get("problem", "")

    def scheme(self, sample: Sample) -> "Scheme":
        """What answers to a sample are marked by.

        It is no part of the sample: a better check judges old answers anew, without
        making the question another one.
        """
        scheme = self.written.schemes.get(sample.id)
        if scheme is None:
            raise DataError(f"the exam has no question {sample.id!r} any more")
        return scheme

    def score(self, sample: Sample, answer: Answer) -> Score:
        finished = answer.finish != "length"
        found = self.scheme(sample).mark(
            sample.question, answer.text, finished=finished
        )
        return marked(sample, answer, read=found.read, marks=found.marks, why=found.why)
