"""How a sample is put to a model.

A protocol opens a conversation: a generator that yields requests, is sent their
completions, and returns the answer to be scored. One mechanism serves a single
question, a tool loop and a dialogue, on any backend.

    class Twice(Protocol):
        def converse(self, sample, exemplars):
            draft = yield Generate(prompt=sample.question, sampling=self.sampling)
            final = yield Generate(prompt=f"Check this: {draft.text}")
            return Answer(text=final.text, finish=final.finish)

A failed completion never reaches a conversation: the runner ends the attempt with
the outcome `error`.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from evalkit.errors import Unsound
from evalkit.hookspecs import hookimpl
from evalkit.places import check_places, filled
from evalkit.seams import sound_request
from evalkit.text import shown
from evalkit.types import (
    Answer,
    Completion,
    Generate,
    Message,
    Request,
    Sample,
    Sampling,
)

Conversation: TypeAlias = Generator[Request, Completion, Answer]


@dataclass(frozen=True, kw_only=True)
class Protocol(ABC):
    """How a sample is put to a model.

    Subclass as a frozen dataclass: its fields are written into the run's spec.
    """

    name: str
    """What ``--protocol`` calls it."""
    sampling: Sampling = Sampling()
    """How the model may answer, unless the user says otherwise."""
    chats: ClassVar[bool] = False
    """Whether the model must have a chat template."""
    ranks: ClassVar[bool] = False
    """Whether the model must be able to rank choices."""
    chooses: ClassVar[bool] = False
    """Whether the samples must have choices."""
    most_turns: ClassVar[int] = 100
    """Requests that one conversation may make; it fails at the next."""

    @property
    def shows_examples(self) -> bool:
        """Whether a task's worked examples are needed."""
        return True

    @abstractmethod
    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        """Ask about one sample: yield requests, return the answer."""


def held(
    protocol: Protocol, sample: Sample, exemplars: Sequence[Sample]
) -> Conversation:
    """A protocol's conversation; all that goes wrong with it does so within it."""
    conversation = protocol.converse(sample, exemplars)
    if not yields(conversation):
        what = shown(conversation)
        raise Unsound(f"converse() must yield requests, not give {what}")
    return (yield from conversation)


def yields(given: object) -> bool:
    """Whether something is a generator, as a function with a yield gives."""
    return inspect.isgenerator(given)


def first_request(
    protocol: Protocol, sample: Sample, exemplars: tuple[Sample, ...]
) -> Request:
    """What a conversation about a sample asks first."""
    conversation = held(protocol, sample, exemplars)
    try:
        return sound_request(next(conversation))
    except StopIteration:
        raise Unsound("converse() ends before it has asked anything") from None
    finally:
        conversation.close()


@dataclass(frozen=True, kw_only=True)
class Chat(Protocol):
    """One user message through the model's own chat template.

    An instruction without the question, or with a place that nothing is put into, is
    a ValueError. A subclass that fills in others names them in `places`, and puts
    them in by `told`.
    """

    chats: ClassVar[bool] = True
    places: ClassVar[tuple[str, ...]] = ("question",)
    """What `instruction` may have in braces."""
    needed: ClassVar[tuple[str, ...]] = ("question",)
    """What it must have, one of them at least."""

    name: str = "chat"
    instruction: str = "{question}"
    """The user's message; ``{question}`` stands for the sample's question."""
    system: str = ""
    """A system message, left out when empty."""

    def __post_init__(self) -> None:
        who = f"protocol {self.name!r}"
        check_places(
            f"{who}: instruction", self.instruction, self.places, needed=self.needed
        )
        check_places(f"{who}: system", self.system, ())

    @property
    def shows_examples(self) -> bool:
        return False

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        system = (Message("system", filled(self.system, {})),) if self.system else ()
        user = Message("user", self.told(sample))
        return (yield from ask((*system, user), self.sampling))

    def told(self, sample: Sample) -> str:
        """The instruction with a sample in its places."""
        return filled(self.instruction, {"question": sample.question})


@dataclass(frozen=True, kw_only=True)
class FewShot(Protocol):
    """Worked examples as plain text, then the question: for base models.

    An example is ``question_prefix + question + answer_prefix + solution``;
    examples are parted by `separator`. The stop strings of `sampling` should name what
    a model would begin the next example with.
    """

    name: str = "fewshot"
    shots: int = 5
    question_prefix: str = "Question: "
    answer_prefix: str = "\nAnswer:"
    separator: str = "\n\n"
    sampling: Sampling = field(default=Sampling(stop=("Question:",)))

    def __post_init__(self) -> None:
        for name in ("question_prefix", "answer_prefix"):
            check_places(f"protocol {self.name!r}: {name}", getattr(self, name), ())

    @property
    def shows_examples(self) -> bool:
        return self.shots > 0

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        if len(exemplars) < self.shots:
            raise ValueError(
                f"protocol {self.name!r} wants {self.shots} worked examples, "
                f"the task has {len(exemplars)}"
            )
        worked = (f"{self.asked(e)} {e.solution}" for e in exemplars[: self.shots])
        prompt = self.separator.join((*worked, self.asked(sample)))
        return (yield from ask(prompt, self.sampling))

    def asked(self, sample: Sample) -> str:
        """The question with its frame, up to where the answer begins."""
        before = filled(self.question_prefix, {})
        return f"{before}{sample.question}{filled(self.answer_prefix, {})}"


def ask(prompt: str | tuple[Message, ...], sampling: Sampling) -> Conversation:
    """The commonest conversation: one request, whose text is the answer."""
    completion = yield Generate(prompt=prompt, sampling=sampling)
    return Answer(text=completion.text, finish=completion.finish)


@dataclass(frozen=True, kw_only=True)
class Verbatim(Protocol):
    """The question and nothing else, as plain text: no template, no examples."""

    name: str = "verbatim"

    @property
    def shows_examples(self) -> bool:
        return False

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        return (yield from ask(sample.question, self.sampling))


@hookimpl
def evalkit_protocols() -> Iterable[Protocol]:
    """Protocols that any task can be asked with."""
    return (Verbatim(),)
