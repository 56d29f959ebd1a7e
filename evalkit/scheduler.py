"""Keeping the engine full of requests from all conversations at once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import pluggy

from evalkit.backend import Engine
from evalkit.errors import BackendError, TaskError, boundary, reason
from evalkit.plan import PlannedRun
from evalkit.protocol import Conversation
from evalkit.text import whole
from evalkit.types import Answer, Completion, Request, Sample, Turn

ENCODER = msgspec.json.Encoder()


@dataclass(slots=True)
class Dialogue:
    """One attempt at a sample, from its first request to its answer."""

    planned: PlannedRun
    index: int
    sample: Sample
    attempt: int
    conversation: Conversation
    turns: list[Turn] = field(default_factory=list[Turn])
    asking: Request | None = None
    answer: Answer | None = None
    error: str | None = None
    replayed: int = 0

    @property
    def ended(self) -> bool:
        return self.answer is not None or self.error is not None

    @property
    def who(self) -> str:
        return f"protocol {self.planned.protocol.name!r}, sample {self.sample.id!r}"

    def open(self) -> None:
        """Ask the first request."""
        with boundary(TaskError, self.who):
            self._ask(next(self.conversation))

    def hear(self, completion: Completion) -> None:
        """Take the completion of the open request; ask again, or end.

        What a protocol raises over a model's words costs this attempt only.
        """
        self.turns.append(turn_of(completion))
        if completion.error is not None:
            self.error = completion.error
            self.conversation.close()
            return
        try:
            request = self.conversation.send(completion)
        except StopIteration as end:
            self._end(end.value)
        except Exception as exc:
            self.error = f"{self.who}: {reason(exc)}"
        else:
            self._ask(request)

    def _end(self, answer: object) -> None:
        if not isinstance(answer, Answer):
            raise TaskError(
                f"{self.who}: converse() must return an Answer, not {answer!r}"
            )
        self.answer = replace(answer, text=whole(answer.text))

    def _ask(self, request: Request) -> None:
        place = f"{self.sample.id}\0{self.attempt}\0{len(self.turns)}"
        sampling = request.sampling
        if sampling.temperature > 0:
            seed = seed_of(self.planned.spec.seed, place)
            sampling = replace(sampling, seed=seed)
        content = ENCODER.encode((request.prompt, sampling))
        salt = f"{self.planned.spec.digest}\0{place}\0".encode()
        self.asking = replace(
            request,
            sampling=sampling,
            id=hashlib.sha256(salt + content).hexdigest()[:24],
            sample_id=self.sample.id,
            attempt=self.attempt,
            turn=len(self.turns),
        )


def sound(completion: Completion) -> Completion:
    """The completion with texts that UTF-8 can hold, and a reason if it failed."""
    error = completion.error
    if error is None and completion.finish == "error":
        error = "the engine gave no reason"
    return replace(
        completion,
        text=whole(completion.text),
        prompt=whole(completion.prompt),
        error=None if error is None else whole(error),
    )


def turn_of(completion: Completion) -> Turn:
    """What the results keep of a completion."""
    return Turn(
        prompt=completion.prompt,
        text=completion.text,
        finish=completion.finish,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        error=completion.error,
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
    )


def seed_of(seed: int, place: str) -> int:
    """A seed of 31 bits for one request, the same in every session."""
    digest = hashlib.sha256(f"{seed}\0{place}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


class Scheduler:
    """Passes requests and completions between dialogues and one engine.

    The engine is loaded when the first request comes that no plugin can answer.
    """

    def __init__(self, hook: pluggy.HookRelay, load: Callable[[], Engine]) -> None:
        self._hook = hook
        self._load = load
        self._engine: Engine | None = None
        self._unsent: list[Request] = []
        self._waiting: dict[str, Dialogue] = {}
        self._ended: list[Dialogue] = []

    @property
    def in_flight(self) -> int:
        """How many dialogues wait for the engine."""
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether the engine could use more requests."""
        room = Engine.capacity if self._engine is None else self._engine.capacity
        return self.in_flight + len(self._ended) < room

    def start(self, dialogue: Dialogue) -> None:
        dialogue.open()
        self._pursue(dialogue)

    def step(self) -> None:
        """Send what was asked, let the engine work, hand out what it completed.

        The first call loads the engine and returns, for only now is it known how
        many requests it wants.
        """
        if self._engine is None:
            self._engine = self._load()
            return
        with boundary(BackendError, type(self._engine).__qualname__):
            if self._unsent:
                requests, self._unsent = self._unsent, []
                self._engine.submit(requests)
            completions = [sound(each) for each in self._engine.step()]
            tokens = self._engine.generated_tokens
        for completion in completions:
            self._receive(completion)
        self._hook.evalkit_stepped(generated_tokens=tokens)

    def take_ended(self) -> Sequence[Dialogue]:
        """The dialogues that ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def _receive(self, completion: Completion) -> None:
        dialogue = self._waiting.pop(completion.request_id, None)
        if dialogue is None or dialogue.asking is None:
            raise BackendError(
                f"{type(self._engine).__qualname__} answered a request that was not "
                f"open: {completion.request_id!r}"
            )
        self._hook.evalkit_completed(
            spec=dialogue.planned.spec, request=dialogue.asking, completion=completion
        )
        dialogue.hear(completion)
        self._pursue(dialogue)

    def _pursue(self, dialogue: Dialogue) -> None:
        """Answer a dialogue from the record as far as that goes, then queue it."""
        while not dialogue.ended and dialogue.asking is not None:
            request = dialogue.asking
            recorded = self._hook.evalkit_answer(
                spec=dialogue.planned.spec, request=request
            )
            if recorded is None:
                self._unsent.append(request)
                self._waiting[request.id] = dialogue
                return
            dialogue.replayed += 1
            dialogue.hear(sound(recorded))
        self._ended.append(dialogue)
