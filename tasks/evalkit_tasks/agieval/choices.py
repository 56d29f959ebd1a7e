"""The tasks with choices, their classes made from the facts of each part."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import fill
from typing import ClassVar, cast

from evalkit import (
    Chat,
    ChoiceTask,
    DatasetRef,
    Frame,
    Protocol,
    Row,
    Sample,
    Task,
    choice_protocols,
    letters,
)
from evalkit_tasks.agieval.parts import PARTS, UNPINNED, Correction, Part, dataset

ALL_LETTERS = """\
{question}

{options}

One or more of these are right. Think it through, then give the letters of all that \
are right in \\boxed{}."""
SHOWN = 60
"""Characters of a query's end that an error shows."""


@dataclass(frozen=True, kw_only=True)
class ExamQuestions(ChoiceTask):
    """What the parts with choices have in common."""

    dataset: ClassVar[DatasetRef]
    frame: ClassVar[Frame]
    corrections: ClassVar[tuple[Correction, ...]]
    mark: ClassVar[str]
    """What stands between a passage and the question."""

    def samples(self) -> Iterator[Sample]:
        rows = self.data.rows(self.dataset, "test")
        return (self.sample(number, row) for number, row in enumerate(rows))

    def sample(self, number: int, row: Row) -> Sample:
        """A row of the dataset, its query taken apart and its right choices checked."""
        choices = row.texts("choices")
        query = row.text("query")
        try:
            known = letters(len(choices))
        except ValueError as exc:
            raise row.wrong(str(exc)) from None
        bare = Sample(id=f"test-{number}", question="", target="", choices=choices)
        tail = self.frame.asked(self.frame.listed, bare)
        question = query.removesuffix(tail)
        if not question.strip() or question == query:
            raise row.wrong(
                "column 'query' must be a question and then its choices, ending in "
                f"{tail[-SHOWN:]!r}"
            )
        right = "".join(known[place] for place in row.places("gold", len(choices)))
        return replace(
            bare, question=question, target=self.corrected(number, query, right)
        )

    def cluster(self, sample: Sample) -> str:
        """The passage, which other questions may be about too."""
        return sample.question.rpartition(self.mark)[0].strip()

    def corrected(self, number: int, query: str, right: str) -> str:
        """The letters of the right choices, with those that are known to be lost."""
        digest = hashlib.sha256(query.encode()).hexdigest()
        for each in self.corrections:
            meant = each.number == number and digest.startswith(each.sha256)
            if meant and each.left == right:
                return each.letters
        return right


def protocols(part: Part) -> tuple[Protocol, ...]:
    """The ways of asking a part: in a chat, whether several choices can be right is
    said."""
    ways = choice_protocols(part.frame)
    if not part.all_of_them:
        return ways
    return tuple(
        replace(each, instruction=ALL_LETTERS) if isinstance(each, Chat) else each
        for each in ways
    )


def described(part: Part) -> str:
    """The docstring of a part's task."""
    source = dataset(part.name, part.revision, ())
    pinned = (
        f"at revision {part.revision}"
        if part.revision != UNPINNED
        else "at the head of its main branch, since no commit is known to pin; "
        "a record has the one that was found"
    )
    several = (
        "Several choices can be right. A free answer must name all of them and no "
        "other, as AGIEval's own scorer wants; a ranked choice counts if it is one of "
        "them, as in lm-evaluation-harness."
    )
    paragraphs = (
        'Zhong et al., "AGIEval: A Human-Centric Benchmark for Evaluating Foundation '
        'Models", arXiv 2304.06364, 2023. Dataset '
        f"https://huggingface.co/datasets/{source.id} {pinned}; "
        f"license: {part.license}; columns query, choices, gold (places of the right "
        "choices, from 0).",
        "Metric: accuracy, without worked examples. `rank` is what "
        "lm-evaluation-harness calls acc, `rank_chars` its acc_norm; the prompts are "
        "the same.",
        several if part.all_of_them else "",
        part.note,
        part.published,
    )
    title = f"AGIEval {part.name.replace('_', '-')}: {part.rows} {part.about}."
    told = (fill(each, 84, break_on_hyphens=False) for each in paragraphs if each)
    return "\n\n".join((title, *told))


def task_of(part: Part) -> type[Task]:
    """The class of a part's task, as if it had been written out here."""
    words = part.name.title().replace("_", "")
    facts = {
        "__module__": __name__,
        "__qualname__": f"Agieval{words}",
        "__doc__": described(part),
        "name": f"agieval_{part.name}",
        "version": 1,
        "dataset": dataset(part.name, part.revision, ("query", "choices", "gold")),
        "protocols": protocols(part),
        "frame": part.frame,
        "mark": part.mark,
        "all_of_them": part.all_of_them,
        "corrections": part.corrections,
        "damaged": part.damaged,
    }
    return cast(type[Task], type(f"Agieval{words}", (ExamQuestions,), facts))


TASKS = tuple(map(task_of, PARTS))


def __getattr__(name: str) -> type[Task]:
    """The classes by name: this is how scoring processes find them."""
    for each in TASKS:
        if each.__name__ == name:
            return each
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
