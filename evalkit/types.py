"""The nouns of an evaluation, in the order a sample meets them.

Sample -> Request -> Completion -> Answer -> Score -> SampleResult -> Estimate

Each is a frozen dataclass of plain values, so that it can be logged, compared,
written as JSON and sent to another process.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from evalkit.failures import Failure
from evalkit.secrets.span import SecretSpan

Finite: TypeAlias = Annotated[float, Meta(ge=-1e300, le=1e300)]
Worth: TypeAlias = Annotated[float, Meta(ge=0, le=1e300)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]

Role: TypeAlias = Literal["system", "user", "assistant"]
Finish: TypeAlias = Literal["stop", "length", "error"]
"""Why an answer ends. `length` is for want of room, and wherever the model was still
thinking: it had not come to an answer."""


class Outcome(StrEnum):
    """Why a score is what it is. The outcomes of a run add up to its attempts."""

    RIGHT = "right"
    PARTIAL = "partial"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    """The model finished, and no answer could be read from what it wrote."""
    TRUNCATED = "truncated"
    """The model ran out of tokens before it got to a right answer."""
    UNDECIDED = "undecided"
    """Judging the answer would have taken more time or memory than the task allows
    itself; it does not count as right."""
    UNMARKED = "unmarked"
    """Nothing in the answer is marked here: all of it needs a judge or a person."""
    ERROR = "error"
    """The backend failed to answer or the answer could not be scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of a rubric: what earns how many points of a question."""

    points: Finite
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question: what is asked, never how it is put to a model."""

    id: Annotated[str, Meta(min_length=1, max_length=1000)]
    """Unique within the task and stable from run to run; no control characters."""
    question: str
    target: str
    """The reference answer, in the task's own notation. Where there are choices: the
    letters of the right ones, A for the first ("C", or "AC" where several are)."""
    choices: tuple[str, ...] = ()
    """The texts to choose from, as they are ranked."""
    points: Worth = 1.0
    """What a right answer is worth."""
    solution: str = ""
    """A worked answer, for few-shot protocols."""
    rubric: tuple[Step, ...] = ()
    """What earns how many of the points, for answers that are marked step by step;
    its points add up to `points`."""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


Prompt: TypeAlias = str | tuple[Message, ...]
"""A str reaches the model as it is; messages go through its chat template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a model may write its answer."""

    max_tokens: Annotated[int, Meta(ge=1, le=10**9)] = 1024
    temperature: Annotated[float, Meta(ge=0, le=100)] = 0.0
    """0 takes the likeliest token every time."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    stop: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    """Strings that end the answer; they are not part of it."""
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] = 0
    """Set by the runner, another one for each attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every request has besides its content: whose it is, set by the runner."""

    prompt: Prompt
    id: str = ""
    """A digest of everything else."""
    sample_id: str = ""
    attempt: int = 0
    turn: int = 0

    def failure(self, error: str, kind: Failure = Failure.OTHER) -> "Completion":
        """The completion that says why this request could not be answered."""
        return Completion(request_id=self.id, finish="error", error=error, failure=kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate(Asked):
    """Ask a model to write on from a prompt."""

    sampling: Sampling = Sampling()
    schema: str = ""
    """A JSON Schema, as text, that the answer is to follow. Backends that can hold a
    model to it do; what comes is to be checked all the same."""

    def completion(self, text: str, *, finish: Finish = "stop") -> "Completion":
        """The completion that answers this request, for simple backends."""
        return Completion(
            request_id=self.id, text=text, finish=finish, prompt=plain(self.prompt)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank(Asked):
    """Ask how likely a model holds each of several ways to go on from a prompt.

    A choice is joined to the prompt as it is: a space between them belongs to it.
    Where the prompt ends in blanks, these are read as part of each choice. An empty
    prompt stands for the beginning of a text.
    """

    choices: tuple[str, ...]

    def ranking(self, ranked: Sequence["Ranked"]) -> "Completion":
        """The completion that answers this request, for simple backends."""
        return Completion(
            request_id=self.id, prompt=plain(self.prompt), ranked=tuple(ranked)
        )


Request: TypeAlias = Generate | Rank
"""One thing asked of a backend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What a model makes of one choice, given the prompt."""

    logprob: float
    """Natural logarithm of its probability, summed over its tokens."""
    tokens: Count
    size: Count
    """Bytes of its text in UTF-8, as the request has it."""
    greedy: bool
    """Whether it is what the model would have written, token for token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back for one request; a failure is an answer too."""

    request_id: str
    text: str = ""
    finish: Finish = "stop"
    prompt: str = ""
    """The prompt as the model got it, special tokens included."""
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    error: str | None = None
    ranked: tuple[Ranked, ...] = ()
    """For a `Rank` request: its choices, in their order."""
    cut: Count = 0
    """Tokens of the prompt that were left out on the left, for want of room."""
    reasoning: str = ""
    """What the model thought before its answer, where the engine tells the two apart;
    `completion_tokens` counts both."""
    failure: Failure | None = None
    """Of what kind the `error` is, if there is one."""
    token_ids: tuple[int, ...] = ()
    """The tokens that were written, where the engine has them: those of the thoughts,
    and the one that ended the answer, included."""
    prompt_sha256: str = ""
    """Of the prompt's tokens, where the engine has them: `digest_of_tokens`."""
    secrets: tuple[SecretSpan, ...] = ()
    """Where keys of the process that asked stand in it; set by the runner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a conversation ended with: this is what a task scores."""

    text: str = ""
    finish: Finish = "stop"
    weights: tuple[Finite, ...] = ()
    """Where choices were ranked: what each came to, the greatest being the answer."""


UNCHECKED = "needs a judge or a person"
"""How the reason of a mark begins whose step cannot be checked automatically."""
EMPTY = "the answer is empty"
"""The reason of a mark where there was nothing that anybody could mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What an answer earned for one step of its rubric, and why."""

    step: str
    worth: Finite
    points: Finite
    why: str = ""

    @property
    def unchecked(self) -> bool:
        """Whether the step is left to a judge or a person."""
        return self.why.startswith(UNCHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The verdict on one attempt at a sample."""

    value: Share
    """From 0 (wrong) to 1 (right)."""
    outcome: Outcome
    points: Worth = 0.0
    """`value` times what the sample is worth."""
    answer: str | None = None
    """What was read out of the completion, None if nothing could be."""
    explanation: str = ""
    marks: tuple[Mark, ...] = ()
    """Where a rubric was followed: what each of its steps earned."""
    failure: Failure | None = None
    """Of what kind it is, where the outcome is `error`; `explanation` has the words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One request of a conversation and what came back for it."""

    prompt: str
    text: str
    finish: Finish
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str | None = None
    ranked: tuple[Ranked, ...] = ()
    cut: int = 0
    reasoning: str = ""
    token_ids: tuple[int, ...] = ()
    prompt_sha256: str = ""
    failure: Failure | None = None
    secrets: tuple[SecretSpan, ...] = ()

    @property
    def is_thought_only(self) -> bool:
        """Whether the model thought and came to no answer."""
        return bool(self.reasoning.strip()) and not (self.text.strip() or self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One conversation about a sample, with its score."""

    turns: tuple[Turn, ...]
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """A sample with all the attempts at it: one line of results.jsonl."""

    index: int
    """Position among the samples that are asked, from 0."""
    id: str
    question: str
    target: str
    max_points: float
    metadata: Mapping[str, str]
    attempts: tuple[Attempt, ...]
    rubric: tuple[Step, ...] = ()
    cluster: str = ""
    """What the sample has in common with others, as `Task.cluster` names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A metric's value over a run, with its uncertainty."""

    metric: str
    value: Finite
    low: Finite
    high: Finite
    """Ends of the interval, in the unit of `value`."""
    n: Count
    """How many samples it rests on."""
    scale: Finite = 1.0
    """The largest possible value: 1 for a rate, 100 for an exam out of 100."""
    level: Share = 0.95
    method: str = ""
    """How the interval was made, for the card."""
    note: str = ""


def plain(prompt: Prompt) -> str:
    """A prompt as readable text, for backends without a chat template."""
    if isinstance(prompt, str):
        return prompt
    return "\n\n".join(f"[{each.role}]\n{each.content}" for each in prompt)


def digest_of_tokens(ids: Sequence[int]) -> str:
    """SHA-256 over the ids of some tokens, each as four bytes with the lowest first."""
    return hashlib.sha256(struct.pack(f"<{len(ids)}I", *ids)).hexdigest()
