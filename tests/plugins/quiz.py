"""A plugin for tests: a task whose questions lie in a dataset."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalkit import Answer, DatasetRef, Sample, Score, Task, hookimpl, verdict


@dataclass(frozen=True, kw_only=True)
class Quiz(Task):
    """Questions from a dataset."""

    name = "quiz"
    version = 1
    dataset = DatasetRef(
        id="someone/quiz",
        revision="0123456789abcdef0123456789abcdef01234567",
        files={"test": "main/test*"},
        columns=("question", "answer"),
    )

    def samples(self) -> Iterable[Sample]:
        rows = self.data.rows(self.dataset, "test")
        for number, row in enumerate(rows):
            yield Sample(
                id=f"test-{number}", question=row["question"], target=row["answer"]
            )

    def score(self, sample: Sample, answer: Answer) -> Score:
        right = answer.text == sample.target
        return verdict(sample, answer, read=answer.text, value=float(right))


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Quiz,)


def parrot(request: object) -> str:
    return "4"
