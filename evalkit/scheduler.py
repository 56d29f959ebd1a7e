"""Keeping the engine full of requests from all conversations at once."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import pluggy

from evalkit.backend import Engine
from evalkit.errors import BackendError, TaskError, boundary, reason
from evalkit.plan import PlannedRun
from evalkit.protocol import Conversation
from evalkit.text import whole
from evalkit.types import Answer, Completion, Rank, Request, Sample, Turn

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
    shared: int = 0

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
        request = seeded(request, seed_of(self.planned.spec.seed, place))
        salt = f"{self.planned.spec.digest}\0{place}\0".encode()
        self.asking = replace(
            request,
            id=hashlib.sha256(salt + content(request)).hexdigest()[:24],
            sample_id=self.sample.id,
            attempt=self.attempt,
            turn=len(self.turns),
        )


def seeded(request: Request, seed: int) -> Request:
    """The request with a seed for what it leaves to chance, if anything."""
    if isinstance(request, Rank) or request.sampling.temperature <= 0:
        return request
    return replace(request, sampling=replace(request.sampling, seed=seed))


def content(request: Request) -> bytes:
    """What is asked, whoever asks it."""
    if isinstance(request, Rank):
        return ENCODER.encode((request.prompt, request.choices))
    return ENCODER.encode((request.prompt, request.sampling))


def sound(completion: Completion) -> Completion:
    """The completion with texts that UTF-8 can hold, and a reason if it failed."""
    error = completion.error
    if error is None and completion.finish == "error":
        error = "the engine gave no reason"
    if any(not math.isfinite(each.logprob) for each in completion.ranked):
        error = error or "a choice has a log-probability that is no finite number"
    return replace(
        completion,
        text=whole(completion.text),
        reasoning=whole(completion.reasoning),
        prompt=whole(completion.prompt),
        error=None if error is None else whole(error),
        ranked=() if error else completion.ranked,
    )


def mismatch(request: Request, completion: Completion) -> str:
    """Why a completion is none of this request; empty if it is one."""
    if completion.error is not None:
        return ""
    asked = len(request.choices) if isinstance(request, Rank) else 0
    given = len(completion.ranked)
    return "" if asked == given else f"{given} choices ranked where {asked} were asked"


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
    )


def seed_of(seed: int, place: str) -> int:
    """A seed of 31 bits for one request, the same in every session."""
    digest = hashlib.sha256(f"{seed}\0{place}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


class Scheduler:
    """Passes requests and completions between dialogues and one engine.

    The engine is loaded when the first request comes that no plugin can answer. A
    ranking that is under way for one run is not asked again for another: protocols
    that only weigh the same log-probabilities differently cost one pass together.
    """

    def __init__(self, hook: pluggy.HookRelay, load: Callable[[], Engine]) -> None:
        self._hook = hook
        self._load = load
        self._engine: Engine | None = None
        self._unsent: list[Request] = []
        self._waiting: dict[str, Dialogue] = {}
        self._asking: dict[bytes, str] = {}
        """The rankings that are under way, by what they ask: the id of each."""
        self._joined: dict[str, list[Dialogue]] = {}
        """Dialogues that wait for the ranking of another, by the id of that one."""
        self._joined_count = 0
        self._ended: list[Dialogue] = []

    @property
    def in_flight(self) -> int:
        """How many dialogues wait for the engine."""
        return len(self._waiting) + self._joined_count

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
        problem = mismatch(dialogue.asking, completion)
        if problem:
            raise BackendError(f"{type(self._engine).__qualname__}: {problem}")
        if isinstance(dialogue.asking, Rank):
            self._asking.pop(content(dialogue.asking), None)
        joined = self._joined.pop(completion.request_id, [])
        self._joined_count -= len(joined)
        self._deliver(dialogue, completion)
        for each in joined:
            each.shared += 1
            self._deliver(each, completion)

    def _deliver(self, dialogue: Dialogue, completion: Completion) -> None:
        """Hand a completion to the plugins, then to the dialogue that waits for it."""
        asking = dialogue.asking
        if asking is None:
            raise RuntimeError("a dialogue that asks nothing was answered")
        own = replace(completion, request_id=asking.id)
        self._hook.evalkit_completed(
            spec=dialogue.planned.spec, request=asking, completion=own
        )
        dialogue.hear(own)
        self._pursue(dialogue)

    def _pursue(self, dialogue: Dialogue) -> None:
        """Answer a dialogue from the record as far as that goes, then queue it."""
        while not dialogue.ended and dialogue.asking is not None:
            request = dialogue.asking
            recorded = self._hook.evalkit_answer(
                spec=dialogue.planned.spec, request=request
            )
            if recorded is None:
                self._queue(dialogue, request)
                return
            dialogue.replayed += 1
            dialogue.hear(sound(recorded))
        self._ended.append(dialogue)

    def _queue(self, dialogue: Dialogue, request: Request) -> None:
        """Have the engine answer a request, or join the one that asks the same."""
        if isinstance(request, Rank):
            first = self._asking.setdefault(content(request), request.id)
            if first != request.id:
                self._joined.setdefault(first, []).append(dialogue)
                self._joined_count += 1
                return
        self._unsent.append(request)
        self._waiting[request.id] = dialogue
