"""One attempt at a sample: what it asks, what it heard, and how it ended."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol as Shape

import msgspec

from evalkit.errors import TaskError, Unsound, is_interrupt, reason
from evalkit.failures import Failure
from evalkit.protocol import Conversation, Protocol
from evalkit.record import RunSpec
from evalkit.scoring_worker import failed
from evalkit.seams import ANSWER, sound_request
from evalkit.text import whole
from evalkit.types import Answer, Completion, Rank, Request, Sample, Score, Turn

ENCODER = msgspec.json.Encoder()


class Specified(Shape):
    """Whatever has requests of its own: a run, or a judge's work on one."""

    @property
    def spec(self) -> RunSpec: ...


@dataclass(slots=True)
class Dialogue:
    """One attempt at a sample, from its first request to its answer."""

    planned: Specified
    index: int
    sample: Sample
    attempt: int
    conversation: Conversation
    asker: str = ""
    """How errors name the protocol; by the name in the spec, if not given."""
    most_turns: int = Protocol.most_turns
    turns: list[Turn] = field(default_factory=list[Turn])
    asking: Request | None = None
    answer: Answer | None = None
    error: str | None = None
    failure: Failure | None = None
    """Of what kind the error is."""
    replayed: int = 0
    shared: int = 0

    @property
    def ended(self) -> bool:
        return self.answer is not None or self.error is not None

    @property
    def who(self) -> str:
        asker = self.asker or f"protocol {self.planned.spec.protocol!r}"
        return f"{asker}, sample {self.sample.id!r}"

    def failed(self) -> Score:
        """The score of an attempt that ended without an answer."""
        return failed(self.error or "no answer", self.failure)

    def open(self) -> None:
        """Ask the first request."""
        self._go_on(partial(next, self.conversation))

    def hear(self, completion: Completion) -> None:
        """Take the completion of the open request; ask again, or end."""
        self.turns.append(turn_of(completion))
        if completion.error is not None:
            self._fail(completion.error, completion.failure)
        else:
            self._go_on(partial(self.conversation.send, completion))

    def _go_on(self, step: Callable[[], object]) -> None:
        """Ask what comes next, or end.

        What a protocol raises over a model's words costs this attempt only; what it
        gives that is neither a request nor an answer is a TaskError.
        """
        try:
            request = step()
        except StopIteration as end:
            self._end(end.value)
        except BaseException as exc:
            if is_interrupt(exc):
                raise
            self._fail(f"{self.who}: {reason(exc)}", Failure.PROTOCOL)
        else:
            self._ask(request)

    def _fail(self, error: str, kind: Failure | None) -> None:
        """End without an answer."""
        self.error, self.failure = error, kind
        try:
            self.conversation.close()
        except BaseException as exc:  # it may have had something to say to that
            if is_interrupt(exc):
                raise

    def _end(self, given: object) -> None:
        try:
            answer = ANSWER(given)
        except Unsound as exc:
            where = f"{self.who}, converse() returns no answer"
            raise TaskError(f"{where}: {exc}") from exc
        self.answer = replace(answer, text=whole(answer.text))

    def _ask(self, given: object) -> None:
        if len(self.turns) >= self.most_turns:
            told = f"{self.most_turns} requests, and no end (Protocol.most_turns)"
            self._fail(f"{self.who}: {told}", Failure.TURNS)
            return
        try:
            request = sound_request(given)
        except Unsound as exc:
            where = f"{self.who}, converse() yields no request"
            raise TaskError(f"{where}: {exc}") from exc
        place = f"{self.sample.id}\0{self.attempt}\0{len(self.turns)}"
        request = seeded(request, self.planned.spec.seed, place)
        salt = f"{self.planned.spec.digest}\0{place}\0".encode()
        self.asking = replace(
            request,
            id=hashlib.sha256(salt + content(request)).hexdigest()[:24],
            sample_id=self.sample.id,
            attempt=self.attempt,
            turn=len(self.turns),
        )


def seeded(request: Request, seed: int, place: str) -> Request:
    """The request with a seed for what it leaves to chance, if anything."""
    if isinstance(request, Rank) or request.sampling.temperature <= 0:
        return request
    own = replace(request.sampling, seed=seed_of(seed, place))
    return replace(request, sampling=own)


def content(request: Request) -> bytes:
    """What is asked, whoever asks it."""
    if isinstance(request, Rank):
        return ENCODER.encode((request.prompt, request.choices))
    if request.schema:
        return ENCODER.encode((request.prompt, request.sampling, request.schema))
    return ENCODER.encode((request.prompt, request.sampling))


def turn_of(completion: Completion) -> Turn:
    """What the results keep of a completion."""
    return Turn(
        prompt=completion.prompt,
        text=completion.text,
        finish=completion.finish,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        error=completion.error,
        ranked=completion.ranked,
        cut=completion.cut,
        reasoning=completion.reasoning,
        token_ids=completion.token_ids,
        prompt_sha256=completion.prompt_sha256,
        failure=completion.failure,
        secrets=completion.secrets,
    )


def completion_of(turn: Turn, request: Request) -> Completion:
    """What the results kept, as an answer to the request again."""
    return Completion(
        request_id=request.id,
        text=turn.text,
        finish=turn.finish,
        prompt=turn.prompt,
        prompt_tokens=turn.prompt_tokens,
        completion_tokens=turn.completion_tokens,
        error=turn.error,
        ranked=turn.ranked,
        cut=turn.cut,
        reasoning=turn.reasoning,
        token_ids=turn.token_ids,
        prompt_sha256=turn.prompt_sha256,
        failure=turn.failure,
        secrets=turn.secrets,
    )


def seed_of(seed: int, place: str) -> int:
    """A seed of 31 bits for one request, the same in every session."""
    digest = hashlib.sha256(f"{seed}\0{place}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
