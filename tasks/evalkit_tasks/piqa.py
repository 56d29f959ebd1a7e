"""PIQA: which of two ways to do something about the house works."""

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

FRAME = Frame(question="Question: {question}\nAnswer:")


@dataclass(frozen=True, kw_only=True)
class Piqa(RowTask, ChoiceTask):
    """PIQA: 1838 everyday goals, each with two solutions of which one works.

    Bisk et al., "PIQA: Reasoning about Physical Commonsense in Natural Language",
    arXiv 1911.11641, 2019. Dataset https://huggingface.co/datasets/baber/piqa at
    revision 142f6d7367fd9877f0fb3b5734ea6a545f54cdd1, a copy as parquet of ybisk/piqa,
    whose repository has a script and no data. Its card states no license. Columns goal,
    sol1, sol2, label (0 or 1); asked are the rows of the validation split.

    Metric: accuracy; `rank` is acc of lm-evaluation-harness, `rank_chars` its acc_norm.
    Worked examples are the first 5 rows of the train split.

    Published, zero-shot, per character: LLaMA 7B 79.8, 13B 80.1, 33B 82.3, 65B 82.8
    percent (Touvron et al., arXiv 2302.13971, table 3).
    """

    name: ClassVar[str] = "piqa"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="baber/piqa",
        revision="142f6d7367fd9877f0fb3b5734ea6a545f54cdd1",
        files={"validation": "piqa_validation*"},
        example_files={"train": "piqa_train*"},
        columns=("goal", "sol1", "sol2", "label"),
    )
    protocols: ClassVar[tuple[Protocol, ...]] = choice_protocols(FRAME)
    worked: ClassVar[Collection[int]] = range(5)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its solutions and its label checked."""
        choices = (row.text("sol1"), row.text("sol2"))
        return Sample(
            id=id,
            question=row.text("goal"),
            choices=choices,
            target=letters(len(choices))[row.number_below("label", len(choices))],
        )

    def cluster(self, sample: Sample) -> str:
        """The goal, for which some rows have other solutions."""
        return sample.question


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Piqa,)
