"""WinoGrande: which of two names or things a sentence means."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from evalkit import (
    Answer,
    ChoiceTask,
    Conversation,
    DatasetRef,
    Frame,
    Framed,
    Protocol,
    Rank,
    Row,
    Sample,
    Task,
    choice_protocols,
    hookimpl,
    letters,
    right_choices,
)
from evalkit_tasks._rows import RowTask

BLANK = "_"
FRAME = Frame(listed="{question}\nWhat belongs in the blank (_)?\n{options}\nAnswer:")
LISTED = frozenset({"letter", "generate", "generate_fewshot"})
"""The general protocols that show the options below the sentence."""


@dataclass(frozen=True, kw_only=True)
class RankRest(Framed):
    """The rest of the sentence by its log-probability behind either option.

    Partial evaluation: Trinh and Le, "A Simple Method for Commonsense Reasoning",
    arXiv 1806.02847.
    """

    ranks: ClassVar[bool] = True

    name: str = "rank"

    def asked(self, sample: Sample) -> str:
        before, _ = parts(sample)
        return before

    def answers(self, sample: Sample) -> Sequence[str]:
        return sample.choices

    def worked(self, sample: Sample) -> str:
        before, rest = parts(sample)
        right = sample.choices[min(right_choices(sample))]
        return f"{before}{right}{self.frame.delimiter}{rest}"

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        _, rest = parts(sample)
        prompt = self.prompt(sample, exemplars)
        weights: list[float] = []
        for option in self.answers(sample):
            completion = yield Rank(
                prompt=prompt + option, choices=(self.frame.delimiter + rest,)
            )
            weights.append(completion.ranked[0].logprob)
        return Answer(weights=tuple(weights))


@dataclass(frozen=True, kw_only=True)
class WinoGrande(RowTask, ChoiceTask):
    """WinoGrande: 1267 sentences with a blank that one of two options fits.

    Sakaguchi et al., "WinoGrande: An Adversarial Winograd Schema Challenge at Scale",
    arXiv 1907.10641, 2019. Dataset https://huggingface.co/datasets/allenai/winogrande,
    config winogrande_xl, at revision 01e74176c63542e6b0bcb004dcdea22d94fb67b5, license
    CC BY 2.0 (by the readme in the dataset's archive); columns sentence, option1,
    option2, answer ("1" or "2"). Asked are the rows of the validation split.

    Metric: accuracy. `rank` fills the blank with either option and compares how likely
    the rest of the sentence is: acc of lm-evaluation-harness. As the rest is the same
    text behind both, nothing would change by dividing by its length or by taking off
    how likely it is by itself, and there are no such protocols. The others list the
    options below the sentence. The Open LLM Leaderboard of 2023 showed acc with 5
    worked examples, which here are the first 5 rows of the train split, written with
    the right option in place of the blank.

    Published, zero-shot: LLaMA 7B 70.1, 13B 73.0, 33B 76.0, 65B 77.0 percent (Touvron
    et al., arXiv 2302.13971, table 3).
    """

    name: ClassVar[str] = "winogrande"
    version: ClassVar[int] = 1
    dataset: ClassVar[DatasetRef] = DatasetRef(
        id="allenai/winogrande",
        revision="01e74176c63542e6b0bcb004dcdea22d94fb67b5",
        files={"validation": "winogrande_xl/validation*"},
        example_files={"train": "winogrande_xl/train*"},
        columns=("sentence", "option1", "option2", "answer"),
    )
    protocols: ClassVar[tuple[Protocol, ...]] = (
        RankRest(frame=FRAME),
        *(each for each in choice_protocols(FRAME) if each.name in LISTED),
    )
    worked: ClassVar[Collection[int]] = range(5)

    def sample(self, id: str, row: Row) -> Sample:
        """A row of the dataset, its blank and its answer checked."""
        found = Sample(
            id=id,
            question=row.text("sentence"),
            choices=(row.text("option1"), row.text("option2")),
            target=letters(2)[row.place("answer", ("1", "2"), what="answer")],
        )
        if not parts(found)[1]:
            raise row.wrong(
                f"column 'sentence' has no blank ({BLANK}) with a text behind"
            )
        return found


def parts(sample: Sample) -> tuple[str, str]:
    """The sentence up to its blank, and the rest of it."""
    before, _, rest = sample.question.partition(BLANK)
    return before, rest.strip()


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (WinoGrande,)
