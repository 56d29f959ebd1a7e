"""HellaSwag: how everyday scenes and how-to articles go on."""

import re
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

FRAME = Frame(question="{question}", listed="{question}\n{options}\nAnswer:")
ENDINGS = 4
MARK = re.compile(r"\[.*?\]")
"""What stands for the layout of a how-to article: "[header]", "[step]"."""


@dataclass(frozen=True, kw_only=True)
class HellaSwag(RowTask, ChoiceTask):
    """HellaSwag: 10042 beginnings, each with four endings of which one is the real one.

    Zellers et al., "HellaSwag: Can a Machine Really Finish Your Sentence?", arXiv
    1905.07830, 2019. Dataset https://huggingface.co/datasets/Rowan/hellaswag at
    revision 218ec52e09a7e7462a5400043bb9a69a41d06b76; its card declares no license,
    others record MIT. Columns activity_label, ctx_a, ctx_b, endings, label; asked are
    the rows of the validation split, since those of the test split have no labels.

    Metric: accuracy. Texts are cleaned as by lm-evaluation-harness, since its numbers
    are the ones compared with: `rank` is its acc, `rank_chars` its acc_norm; the Open
    LLM Leaderboard of 2023 showed acc_norm with 10 worked examples. Worked examples are
    the first 10 rows of the train split.

    Published, zero-shot, per character: LLaMA 7B 76.1, 13B 79.2, 33B 82.8, 65B 84.2
    percent (Touvron et al., arXiv 2302.13971, table 3).
    """

    name: ClassVar[str] = "hellaswag"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="Rowan/hellaswag",
        revision="218ec52e09a7e7462a5400043bb9a69a41d06b76",
        files={"validation": "data/validation*"},
        example_files={"train": "data/train*"},
        columns=("activity_label", "ctx_a", "ctx_b", "endings", "label"),
    )
    protocols: ClassVar[tuple[Protocol, ...]] = choice_protocols(FRAME)
    worked: ClassVar[Collection[int]] = range(10)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its endings and its label checked."""
        return Sample(
            id=id,
            question=beginning(row),
            choices=endings(row),
            target=letters(ENDINGS)[row.number_below("label", ENDINGS)],
        )


def beginning(row: Row) -> str:
    """What is to be continued, the subject first."""
    begun = row["ctx_b"]
    if not isinstance(begun, str):
        raise row.wrong(f"column 'ctx_b' must be a text, not {begun!r}")
    # The half sentence that the ending completes; often there is none.
    told = f"{row.text('ctx_a')} {begun.capitalize()}"
    return cleaned(f"{row.text('activity_label')}: {told}")


def endings(row: Row) -> tuple[str, ...]:
    """The endings without marks, each of which must say something."""
    found = tuple(map(cleaned, row.texts("endings")))
    if len(found) != ENDINGS:
        raise row.wrong(f"{len(found)} endings instead of {ENDINGS}")
    for place, each in enumerate(found, start=1):
        if not each.strip():
            raise row.wrong(f"ending {place} is nothing but marks")
    return found


def cleaned(text: str) -> str:
    """A text without the marks of how-to articles.

    Blanks that a mark leaves behind are dropped only as far as lm-evaluation-harness
    does: three become two.
    """
    titled = text.strip().replace(" [title]", ". ")
    return MARK.sub("", titled).replace("  ", " ")


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (HellaSwag,)
