"""The ways of asking a question with choices.

The same model on the same questions gets other scores by other ways, so each has a
name, and the name goes into every record. `rank` is what lm-evaluation-harness calls
acc, `rank_chars` its acc_norm, `rank_bytes` its acc_bytes and `rank_pmi` its
acc_mutual_info; `letter` is how its mmlu tasks ask.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from evalkit.choices.frame import PLACES, Frame, letters, right_choices
from evalkit.hookspecs import hookimpl
from evalkit.protocol import Chat, Conversation, Protocol, ask
from evalkit.types import Answer, Rank, Ranked, Sample, Sampling

FRAME = Frame()
"""For tasks that have none of their own."""
INSTRUCTION = """\
{question}

{options}

Think it through, then give the letter of the right choice, {letters}, in \\boxed{}."""


@dataclass(frozen=True, kw_only=True)
class Framed(Protocol):
    """A way of asking that writes questions out in a frame, worked examples first."""

    chooses: ClassVar[bool] = True

    frame: Frame = FRAME
    shots: int = 0
    """How many worked examples stand before the question."""

    @property
    def shows_examples(self) -> bool:
        return self.shots > 0

    @abstractmethod
    def asked(self, sample: Sample) -> str:
        """A sample as text, up to where the answer begins."""

    @abstractmethod
    def answers(self, sample: Sample) -> Sequence[str]:
        """What can be answered, in the order of the choices."""

    def worked(self, sample: Sample) -> str:
        """A sample with its right answer."""
        if not sample.target:
            raise ValueError(f"worked example {sample.id!r} has no right choice")
        right = min(right_choices(sample))
        return (
            f"{self.asked(sample)}{self.frame.delimiter}{self.answers(sample)[right]}"
        )

    def prompt(self, sample: Sample, exemplars: Sequence[Sample]) -> str:
        """All that the model is given."""
        if len(exemplars) < self.shots:
            raise ValueError(
                f"protocol {self.name!r} wants {self.shots} worked examples, "
                f"the task has {len(exemplars)}"
            )
        worked = [self.worked(each) for each in exemplars[: self.shots]]
        return self.frame.prompt(self.asked(sample), worked)


@dataclass(frozen=True, kw_only=True)
class Ranking(Framed):
    """Takes the choice that the model holds the likeliest, by some measure."""

    ranks: ClassVar[bool] = True

    def asked(self, sample: Sample) -> str:
        return self.frame.asked(self.frame.question, sample)

    def answers(self, sample: Sample) -> Sequence[str]:
        return sample.choices

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        """What is ranked behind the prompt."""
        return tuple(self.frame.delimiter + each for each in self.answers(sample))

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        completion = yield Rank(
            prompt=self.prompt(sample, exemplars), choices=self.continuations(sample)
        )
        return Answer(weights=self.weights(sample, completion.ranked))

    def weights(self, sample: Sample, ranked: Sequence[Ranked]) -> tuple[float, ...]:
        """What each choice comes to."""
        return tuple(
            self.weight(choice, each)
            for choice, each in zip(sample.choices, ranked, strict=True)
        )

    @abstractmethod
    def weight(self, choice: str, ranked: Ranked) -> float:
        """What one choice comes to: the greatest is taken."""


@dataclass(frozen=True, kw_only=True)
class RankText(Ranking):
    """The choices' texts by their summed log-probabilities."""

    name: str = "rank"

    def weight(self, choice: str, ranked: Ranked) -> float:
        return ranked.logprob


@dataclass(frozen=True, kw_only=True)
class RankBytes(Ranking):
    """The choices' texts by their log-probability per byte of UTF-8."""

    name: str = "rank_bytes"

    def weight(self, choice: str, ranked: Ranked) -> float:
        return ranked.logprob / max(1, len(choice.encode()))


@dataclass(frozen=True, kw_only=True)
class RankCharacters(Ranking):
    """The choices' texts by their log-probability per character."""

    name: str = "rank_chars"

    def weight(self, choice: str, ranked: Ranked) -> float:
        return ranked.logprob / max(1, len(choice))


@dataclass(frozen=True, kw_only=True)
class RankTokens(Ranking):
    """The choices' texts by their log-probability per token of the model's own."""

    name: str = "rank_tokens"

    def weight(self, choice: str, ranked: Ranked) -> float:
        return ranked.logprob / max(1, ranked.tokens)


@dataclass(frozen=True, kw_only=True)
class RankPmi(RankText):
    """The choices' texts by how much likelier the question makes them.

    Pointwise mutual information: Holtzman et al., "Surface form competition",
    arXiv 2104.08315; Brown et al., arXiv 2005.14165, section 2.4, used it on ARC,
    OpenBookQA and RACE.
    """

    name: str = "rank_pmi"
    unconditional: str = ""
    """The prompt that tells how likely a choice is by itself; empty for the beginning
    of a text."""

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        choices = self.continuations(sample)
        prompt = self.prompt(sample, exemplars)
        asked = yield Rank(prompt=prompt, choices=choices)
        alone = yield Rank(prompt=self.unconditional, choices=choices)
        pairs = zip(asked.ranked, alone.ranked, strict=True)
        return Answer(weights=tuple(a.logprob - b.logprob for a, b in pairs))


@dataclass(frozen=True, kw_only=True)
class Letter(RankText):
    """The choices' letters by their log-probabilities, behind a list of the choices."""

    name: str = "letter"

    def asked(self, sample: Sample) -> str:
        return self.frame.asked(self.frame.listed, sample)

    def answers(self, sample: Sample) -> Sequence[str]:
        return letters(len(sample.choices))


@dataclass(frozen=True, kw_only=True)
class GenerateChoice(Chat):
    """A free answer through the chat template, whose letter or text is read out."""

    chooses: ClassVar[bool] = True
    places: ClassVar[tuple[str, ...]] = PLACES
    needed: ClassVar[tuple[str, ...]] = ("question", "options")

    name: str = "generate"
    instruction: str = INSTRUCTION
    frame: Frame = FRAME

    def told(self, sample: Sample) -> str:
        return self.frame.asked(self.instruction, sample)


@dataclass(frozen=True, kw_only=True)
class GenerateLetter(Framed):
    """A free answer behind a list of the choices, as plain text: for base models."""

    name: str = "generate_fewshot"
    sampling: Sampling = field(default=Sampling(max_tokens=64, stop=("\n\n",)))

    def asked(self, sample: Sample) -> str:
        return self.frame.asked(self.frame.listed, sample)

    def answers(self, sample: Sample) -> Sequence[str]:
        return letters(len(sample.choices))

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        return (yield from ask(self.prompt(sample, exemplars), self.sampling))


def choice_protocols(
    frame: Frame, *, first: str = "rank", shots: int = 0
) -> tuple[Protocol, ...]:
    """Every way of asking a question with choices, in a task's own frame.

    `first` names the one to use when the user names none. Raises ValueError if there
    is none of this name.
    """
    ways: tuple[Protocol, ...] = (
        RankText(frame=frame, shots=shots),
        RankBytes(frame=frame, shots=shots),
        RankCharacters(frame=frame, shots=shots),
        RankTokens(frame=frame, shots=shots),
        RankPmi(frame=frame, shots=shots),
        Letter(frame=frame, shots=shots),
        GenerateChoice(frame=frame),
        GenerateLetter(frame=frame, shots=shots),
    )
    leading = [each for each in ways if each.name == first]
    if not leading:
        raise ValueError(f"no protocol named {first!r} for questions with choices")
    return (*leading, *(each for each in ways if each.name != first))


@hookimpl
def evalkit_protocols() -> Iterable[Protocol]:
    """For tasks whose samples have choices and that name no frame of their own."""
    return choice_protocols(FRAME)
