"""OpenBookQA: questions that elementary science facts help to answer."""

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
)
from evalkit_tasks._rows import RowTask, keyed_choices

FRAME = Frame(question="{question}")


@dataclass(frozen=True, kw_only=True)
class OpenBookQa(RowTask, ChoiceTask):
    """OpenBookQA: 500 science questions with four choices, asked without the facts.

    Mihaylov et al., "Can a Suit of Armor Conduct Electricity?", arXiv 1809.02789, 2018.
    Dataset https://huggingface.co/datasets/allenai/openbookqa, config main, at revision
    388097ea7776314e93a529163e0fea805b8a6454, license Apache-2.0; columns id,
    question_stem, choices (text, label), answerKey.

    Metric: accuracy. `rank` is acc of lm-evaluation-harness and `rank_chars` its
    acc_norm; many questions are beginnings of sentences, and nothing stands between
    them and a choice. Worked examples are the first 5 rows of the train split.

    Published, zero-shot: LLaMA 7B 57.2, 13B 56.4, 33B 58.6, 65B 60.2 percent (Touvron
    et al., arXiv 2302.13971, table 3). There a choice's probability is divided by the
    one it has behind "Answer:" alone; `rank_pmi` divides by the one at the beginning of
    a text, which is alike but not the same.
    """

    name: ClassVar[str] = "openbookqa"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="allenai/openbookqa",
        revision="388097ea7776314e93a529163e0fea805b8a6454",
        files={"test": "main/test*"},
        example_files={"train": "main/train*"},
        columns=("id", "question_stem", "choices", "answerKey"),
        name_column="id",
    )
    protocols: ClassVar[tuple[Protocol, ...]] = choice_protocols(FRAME)
    worked: ClassVar[Collection[int]] = range(5)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its choices and its key checked."""
        choices, right = keyed_choices(row)
        return Sample(
            id=id, question=row.text("question_stem"), choices=choices, target=right
        )


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (OpenBookQa,)
