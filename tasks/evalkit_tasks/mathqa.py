"""MathQA: word problems of exams for graduate schools, with five choices."""

import ast
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

FRAME = Frame(question="Question: {question}\nAnswer:")
LABELS = "abcde"
LABEL = re.compile(r"(?:^|,)\s*(?P<letter>[a-f]) ?\) ?")
"""The beginning of an option: "a ) 24 , b ) 120". Most commas belong to numbers."""


@dataclass(frozen=True, kw_only=True)
class MathQa(RowTask, ChoiceTask):
    """MathQA: 2985 word problems with five choices, written in small letters.

    Amini et al., "MathQA: Towards Interpretable Math Word Problem Solving with
    Operation-Based Formalisms", arXiv 1905.13319, 2019. Dataset
    https://huggingface.co/datasets/allenai/math_qa, license Apache-2.0. Its repository
    has a script and no data; the revision fafb9f7ee5b9ec4da9499f9c4177a4c91389f2d6 is
    the Hub's own conversion to parquet (branch refs/convert/parquet). Columns Problem,
    options (one text, "a ) 24 , b ) 120 , c ) 625 , d ) 720 , e ) 1024"), correct (the
    letter).

    Metric: accuracy; `rank` is acc of lm-evaluation-harness, `rank_chars` its acc_norm.
    It ends an option at the first comma followed by a space ("3" out of "3 , 500");
    here an option goes on up to the next letter. Worked examples are the first 5 rows
    of the train split.

    Published: Llama-2-70B 39.5, LLaMA-65B 38 percent (LLM360's evaluation page).
    """

    name: ClassVar[str] = "mathqa"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="allenai/math_qa",
        revision="fafb9f7ee5b9ec4da9499f9c4177a4c91389f2d6",
        files={"test": "default/test/*"},
        example_files={"train": "default/train/*"},
        columns=("Problem", "options", "correct"),
    )
    protocols: ClassVar[tuple[Protocol, ...]] = choice_protocols(FRAME)
    worked: ClassVar[Collection[int]] = range(5)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its options and its letter checked."""
        choices = options(row)
        return Sample(
            id=id,
            question=row.text("Problem"),
            choices=choices,
            target=letters(len(choices))[row.place("correct", LABELS, what="letter")],
        )


def options(row: Row) -> tuple[str, ...]:
    """The five options, without their letters."""
    written = in_a_line(row)
    found = list(LABEL.finditer(written))
    if "".join(match["letter"] for match in found) != LABELS:
        raise row.wrong(f"wanted options a to e, not {written[:80]!r}")
    ends = [*(match.start() for match in found[1:]), len(written)]
    choices = tuple(
        written[match.end() : end].rstrip(" ,")
        for match, end in zip(found, ends, strict=True)
    )
    for letter, choice in zip(LABELS, choices, strict=True):
        if not choice.strip():
            raise row.wrong(f"option {letter} is empty")
    return choices


def in_a_line(row: Row) -> str:
    """A row's options in one line; in some rows they are a list as Python writes it."""
    written = row.text("options").strip()
    if not written.startswith("["):
        return written
    try:
        return " , ".join(ast.literal_eval(written))
    except (SyntaxError, TypeError, ValueError):
        raise row.wrong(f"the options are no list: {written[:80]!r}") from None


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (MathQa,)
