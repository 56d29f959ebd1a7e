"""BoolQ: yes or no questions about a passage."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar

from evalkit import (
    ChoiceTask,
    DatasetRef,
    Frame,
    Protocol,
    Row,
    Sample,
    Task,
    choice_protocols,
    hookimpl,
    letters,
)
from evalkit_tasks._rows import RowTask

FRAME = Frame(question="{question}\nAnswer:", listed="{question}\n{options}\nAnswer:")
CHOICES = ("no", "yes")
ASKED = "\nQuestion: "
"""What stands between the passage and the question."""


@dataclass(frozen=True, kw_only=True)
class BoolQ(RowTask, ChoiceTask):
    """BoolQ: 3270 questions that people asked a search engine, with a passage each.

    Clark et al., "BoolQ: Exploring the Surprising Difficulty of Natural Yes/No
    Questions", arXiv 1905.10044, 2019. Dataset
    https://huggingface.co/datasets/google/boolq at revision
    35b264d03638db9f4ce671b711558bf7ff0f80d5, license CC BY-SA 3.0; columns question,
    passage, answer (true or false). Asked are the rows of the validation split.

    Metric: accuracy; `rank` is acc of lm-evaluation-harness, which has the same rows
    from SuperGLUE. There each passage begins with the title of its article, which this
    dataset does not have. Worked examples are the first 5 rows of the train split.

    Published, zero-shot: LLaMA 7B 76.5, 13B 78.1, 33B 83.1, 65B 85.3 percent (Touvron
    et al., arXiv 2302.13971, table 3). There an answer's probability is divided by the
    one it has behind "Answer:" alone; `rank_pmi` divides by the one at the beginning of
    a text, which is alike but not the same.
    """

    name: ClassVar[str] = "boolq"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="google/boolq",
        revision="35b264d03638db9f4ce671b711558bf7ff0f80d5",
        files={"validation": "**/validation*"},
        example_files={"train": "**/train*"},
        columns=("question", "passage", "answer"),
    )
    protocols: ClassVar[tuple[Protocol, ...]] = choice_protocols(FRAME)
    worked: ClassVar[Collection[int]] = range(5)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its answer checked."""
        answer = row["answer"]
        if not isinstance(answer, bool):
            raise row.wrong(f"column 'answer' must be true or false, not {answer!r}")
        return Sample(
            id=id,
            question=f"{row.text('passage')}{ASKED}{row.text('question')}?",
            choices=CHOICES,
            target=letters(len(CHOICES))[answer],
        )

    def cluster(self, sample: Sample) -> str:
        """The passage, which some questions share."""
        return sample.question.rpartition(ASKED)[0]


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (BoolQ,)
