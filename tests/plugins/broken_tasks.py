"""A plugin for tests: tasks that each break one promise that `evalkit check` checks."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import counting

from evalkit import (
    Answer,
    Chat,
    Conversation,
    FewShot,
    Protocol,
    Sample,
    Score,
    Task,
    ask,
    hookimpl,
)

READINGS = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Twins(counting.Counting):
    """Two samples have one id."""

    name = "twins"

    def samples(self) -> Iterable[Sample]:
        for sample in super().samples():
            yield replace(sample, id="q3") if sample.id == "q4" else sample


@dataclass(frozen=True, kw_only=True)
class Unstorable(counting.Counting):
    """A question is half a character, metadata is a number."""

    name = "unstorable"

    def samples(self) -> Iterable[Sample]:
        half, number, *rest = super().samples()
        year: Any = {"year": 2023}
        yield from (replace(half, question="0 \ud83d"), replace(number, metadata=year))
        yield from rest


@dataclass(frozen=True, kw_only=True)
class Worthless(counting.Counting):
    """Some questions are worth nothing."""

    name = "worthless"

    def samples(self) -> Iterable[Sample]:
        for i, sample in enumerate(super().samples()):
            yield replace(sample, points=float(i - 1))


@dataclass(frozen=True, kw_only=True)
class Fickle(counting.Counting):
    """Every reading begins somewhere else, and is one shorter."""

    name = "fickle"

    def samples(self) -> Iterable[Sample]:
        yield from list(super().samples())[next(READINGS) :]


@dataclass(frozen=True, kw_only=True)
class Leaky(counting.Counting):
    """A worked example is asked, in other letters."""

    name = "leaky"

    def exemplars(self) -> Sequence[Sample]:
        return (
            Sample(id="worked-1", question="How many?", target="1"),
            Sample(id="worked-2", question=" ７ ", target="8"),
        )


@dataclass(frozen=True, kw_only=True)
class Formfed(counting.Counting):
    """LaTeX in a string that was not raw."""

    name = "formfed"
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Chat(instruction="{question}", system="Give \frac{1}{2} points.\n\tYes."),
        Chat(name="timed", instruction="{question} \times 1\ufffd"),
        Chat(name="sound", instruction="\n\t{question}"),
    )


@dataclass(frozen=True, kw_only=True)
class Spelled(Protocol):
    """A way of asking that fills in nothing, or only what all samples have."""

    name: str = "spelled"
    text: str = "Spell {target} backwards."

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        return (yield from ask(self.text, self.sampling))


@dataclass(frozen=True, kw_only=True)
class Unread(counting.Counting):
    """Prompts that are not about their samples."""

    name = "unread"
    protocols: ClassVar[tuple[Protocol, ...]] = (
        Spelled(),
        Spelled(name="lazy", text="What comes next?"),
    )


@dataclass(frozen=True, kw_only=True)
class Alike(counting.Counting):
    """All questions are one, with other answers."""

    name = "alike"
    protocols: ClassVar[tuple[Protocol, ...]] = (Chat(),)

    def samples(self) -> Iterable[Sample]:
        return (replace(each, question="And then?") for each in super().samples())


@dataclass(frozen=True, kw_only=True)
class Shotless(counting.Counting):
    """Few-shot prompts without worked examples."""

    name = "shotless"
    protocols: ClassVar[tuple[Protocol, ...]] = (FewShot(),)


@dataclass(frozen=True, kw_only=True)
class Unfair(counting.Counting):
    """The reference answers of some questions are not right."""

    name = "unfair"

    def samples(self) -> Iterable[Sample]:
        for sample in super().samples():
            yield replace(sample, target="2.0") if sample.id < "q7" else sample


@dataclass(frozen=True, kw_only=True)
class Generous(counting.Counting):
    """Whoever says nothing is right."""

    name = "generous"

    def score(self, sample: Sample, answer: Answer) -> Score:
        return super().score(sample, Answer(text=sample.target))


@dataclass(frozen=True, kw_only=True)
class Wordy(counting.Counting):
    """One text where several are wanted."""

    name = "wordy"

    def gold(self, sample: Sample) -> Sequence[str]:
        return sample.target


@dataclass(frozen=True, kw_only=True)
class Mute(counting.Counting):
    """No samples at all."""

    name = "mute"

    def samples(self) -> Iterable[Sample]:
        return ()


@dataclass(frozen=True, kw_only=True)
class Untyped(counting.Counting):
    """Rows instead of samples."""

    name = "untyped"

    def samples(self) -> Iterable[Sample]:
        rows: Any = [{"id": "q0"}]
        yield from rows


@dataclass(frozen=True, kw_only=True)
class Worn(counting.Counting):
    """One question came damaged, and is known to."""

    name = "worn"
    damaged: ClassVar[int] = 1

    def samples(self) -> Iterable[Sample]:
        for sample in super().samples():
            worn = sample.id == "q2"
            yield replace(sample, question="1 + \x1d?") if worn else sample


@dataclass(frozen=True, kw_only=True)
class Shabby(Worn):
    """The same, but two were known."""

    name = "shabby"
    damaged: ClassVar[int] = 2


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (
        *(Twins, Unstorable, Worthless, Fickle, Leaky, Formfed),
        *(Shotless, Unfair, Generous, Wordy, Mute, Untyped),
        *(Worn, Shabby, Unread, Alike),
    )
