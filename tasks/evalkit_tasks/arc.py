"""The AI2 Reasoning Challenge: science questions for grades 3 to 9."""

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

REVISION = "210d026faf9955653af8916fad021475a3f00453"
FRAME = Frame(question="Question: {question}\nAnswer:")
COLUMNS = ("id", "question", "choices", "answerKey")


def arc(config: str) -> DatasetRef:
    """One of the two sets of questions."""
    return DatasetRef(
        id="allenai/ai2_arc",
        revision=REVISION,
        files={"test": f"{config}/test*"},
        example_files={"train": f"{config}/train*"},
        columns=COLUMNS,
        name_column="id",
    )


@dataclass(frozen=True, kw_only=True)
class Arc(RowTask, ChoiceTask):
    """What the two sets have in common."""

    protocols: ClassVar[tuple[Protocol, ...]] = choice_protocols(FRAME)
    worked: ClassVar[Collection[int]] = range(25)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its choices and its key checked."""
        choices, right = keyed_choices(row)
        return Sample(
            id=id, question=row.text("question"), choices=choices, target=right
        )


class ArcChallenge(Arc):
    """ARC-Challenge: 1172 science questions that word statistics got wrong.

    Clark et al., "Think you have solved question answering?", arXiv 1803.05457, 2018.
    Dataset https://huggingface.co/datasets/allenai/ai2_arc, config ARC-Challenge, at
    revision 210d026faf9955653af8916fad021475a3f00453, license CC BY-SA 4.0; columns id,
    question, choices (text, label), answerKey.

    Metric: accuracy. `rank` is what lm-evaluation-harness calls acc, `rank_chars` its
    acc_norm; the Open LLM Leaderboard of 2023 showed acc_norm with 25 worked examples.
    Worked examples are the first 25 rows of the train split.

    Published, zero-shot, per character: LLaMA 7B 47.6, 13B 52.7, 33B 57.8, 65B 56.0
    percent (Touvron et al., arXiv 2302.13971, table 3).
    """

    name: ClassVar[str] = "arc_challenge"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = arc("ARC-Challenge")


class ArcEasy(Arc):
    """ARC-Easy: 2376 science questions, the easier ones of the same collection.

    Clark et al., arXiv 1803.05457, 2018. Dataset
    https://huggingface.co/datasets/allenai/ai2_arc, config ARC-Easy, at revision
    210d026faf9955653af8916fad021475a3f00453, license CC BY-SA 4.0; columns as those of
    `arc_challenge`, whose protocols and metric it has.

    Published, zero-shot, per character: LLaMA 7B 72.8, 13B 74.8, 33B 80.0, 65B 78.9
    percent (Touvron et al., arXiv 2302.13971, table 3).
    """

    name: ClassVar[str] = "arc_easy"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = arc("ARC-Easy")


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (ArcChallenge, ArcEasy)
