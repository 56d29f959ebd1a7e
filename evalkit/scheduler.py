"""Keeping the engine full of requests from all conversations at once."""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import pluggy

from evalkit.backend import Engine
from evalkit.dialogue import Dialogue, content
from evalkit.errors import BackendError, PluginError, boundary, passes, reason
from evalkit.failures import Failure
from evalkit.seams import COMPLETION, count, mismatch
from evalkit.secrets.finding import Secrets
from evalkit.secrets.known import known_secrets
from evalkit.secrets.stored import noted
from evalkit.spending import Budget
from evalkit.text import is_whole, shown, whole
from evalkit.thinking.glance import may_think
from evalkit.types import Completion, Rank, Ranked, Request

LEAST, MOST = -1e4, 1e-3
"""Of a token's log-probability: some engines have -9999 for never, and rounding may
bring a certain one just above 0."""


def sound(completion: Completion) -> Completion:
    """The completion with texts that UTF-8 can hold, and a reason if it failed."""
    error, failure = completion.error, completion.failure
    if error is None and completion.finish == "error":
        error = "the engine gave no reason"
    problem = impossible(completion.ranked)
    if problem:
        error, failure = error or problem, failure or Failure.NUMBERS
    if error is not None:
        failure = failure or Failure.OTHER
    words = (completion.text, completion.reasoning, completion.prompt, error or "")
    same = error == completion.error and failure == completion.failure
    same = same and not (error and completion.ranked)
    if same and all(map(is_whole, words)):
        return completion
    return replace(
        completion,
        text=whole(completion.text),
        reasoning=whole(completion.reasoning),
        prompt=whole(completion.prompt),
        error=None if error is None else whole(error),
        ranked=() if error else completion.ranked,
        failure=failure,
    )


def heard(completion: Completion) -> Completion:
    """What an engine gave, sound, and told apart into thoughts and answer.

    Engines that know how a model's prompts end have done so themselves.
    """
    completion = sound(completion)
    if completion.error or not may_think(completion.text):
        return completion
    from evalkit.thinking.parting import known_thinking

    return known_thinking().apart(completion)


def impossible(ranked: Sequence[Ranked]) -> str:
    """Why what choices are told to come to cannot be; empty if it can."""
    for each in ranked:
        if not math.isfinite(each.logprob):
            return "a choice has a log-probability that is no finite number"
        tokens = max(1, each.tokens)
        if not LEAST * tokens <= each.logprob <= MOST * tokens:
            return f"a choice has the log-probability {each.logprob:g}"
    return ""


class Scheduler:
    """Passes requests and completions between dialogues and one engine.

    The engine is loaded when the first request comes that no plugin can answer. A
    ranking that is under way for one run is not asked again for another: protocols
    that only weigh the same log-probabilities differently cost one pass together.
    """

    def __init__(
        self,
        hook: pluggy.HookRelay,
        load: Callable[[], Engine],
        budget: Budget | None = None,
        tokens: int = 0,
        who: Callable[[], str] = str,
    ) -> None:
        self.tokens = tokens
        """Written so far, those of an engine before this one included."""
        self._before = tokens
        self._hook = hook
        self._load = load
        self._who = who
        self._label = ""
        self._budget = budget
        self._engine: Engine | None = None
        self._secrets = known_secrets()
        self._unsent: deque[Request] = deque()
        self._sent = 0
        self._stopped = False
        self.too_dear = ""
        """Why nothing more can be paid for; empty as long as something can."""
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
    def is_loaded(self) -> bool:
        """Whether there is an engine, which may have something under way."""
        return self._engine is not None

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
            self._label = self._who()
            with boundary(BackendError, f"{self._label}, secrets"):
                self._secrets |= Secrets.of(self._engine.secrets)
            return
        requests = self._affordable()
        self._sent += len(requests)
        if not self._sent:
            self.too_dear = self._refused()
            return
        if requests:
            self._submit(self._engine, requests)
        for completion in self._work(self._engine):
            self._receive(completion)
        self._tell(self._engine)

    def _submit(self, engine: Engine, requests: Sequence[Request]) -> None:
        """Hand requests to the engine."""
        with boundary(BackendError, f"{self._label}, submit()"):
            engine.submit(requests)
        self._tell(engine)

    def _work(self, engine: Engine) -> list[Completion]:
        """Have the engine work for a moment; what goes wrong is told as its failure."""
        try:
            given = [self._noted(heard(COMPLETION(each))) for each in engine.step()]
            self.tokens = self._before + count(engine.generated_tokens)
        except BaseException as exc:  # a block of `boundary` would cost more
            if passes(exc):
                raise
            raise BackendError(f"{self._label}, step(): {reason(exc)}") from exc
        return given

    def _noted(self, completion: Completion) -> Completion:
        dialogue = self._waiting.get(completion.request_id)
        asked = None if dialogue is None else dialogue.asking
        return noted(completion, self._secrets, asked)

    def _tell(self, engine: Engine) -> None:
        """Tell plugins how far the engine has got, and what it is at."""
        try:
            at_work = engine.at_work
            begun = self._sent if at_work is None else count(at_work)
        except BaseException as exc:
            if passes(exc):
                raise
            raise BackendError(f"{self._label}, at_work: {reason(exc)}") from exc
        in_flight = min(begun or self._sent, self._sent)
        self._hook.evalkit_stepped(generated_tokens=self.tokens, in_flight=in_flight)

    def stop(self) -> None:
        """Ask nothing more, and take back what the engine has not begun."""
        self._stopped = True
        dropped = [request.id for request in self._unsent]
        self._unsent.clear()
        if self._engine is not None:
            with boundary(BackendError, f"{self._label}, withdraw()"):
                given_back = [str(each) for each in self._engine.withdraw()]
            self._sent -= len(given_back)
            dropped += given_back
        for request_id in dropped:
            dialogue = self._waiting.pop(request_id, None)
            self._joined_count -= len(self._joined.pop(request_id, []))
            if dialogue is None:
                raise BackendError(
                    f"{self._label}, withdraw() gave back a request that was not open: "
                    f"{shown(request_id)}"
                )

    def _refused(self) -> str:
        """Why the next request is not sent though nothing is under way."""
        return self._budget.refusal(self._unsent[0]) if self._budget else ""

    def _affordable(self) -> Sequence[Request]:
        """The requests to send now: all, or as many as can be paid for."""
        requests: list[Request] = []
        while self._unsent:
            if self._budget is not None and not self._budget.admits(self._unsent[0]):
                break
            requests.append(self._unsent.popleft())
        return requests

    def take_ended(self) -> Sequence[Dialogue]:
        """The dialogues that ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def _receive(self, completion: Completion) -> None:
        self._sent -= 1
        if self._budget is not None:
            self._budget.settle(completion)
        dialogue = self._waiting.pop(completion.request_id, None)
        if dialogue is None or dialogue.asking is None:
            raise BackendError(
                f"{self._label} answered a request that was not open: "
                f"{shown(completion.request_id)}"
            )
        problem = mismatch(dialogue.asking, completion)
        if problem:
            raise BackendError(f"{self._label}: {problem}")
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
        own = completion
        if own.request_id != asking.id:
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
            problem = mismatch(request, recorded)
            if problem:
                raise PluginError(f"evalkit_answer gives {problem}")
            dialogue.replayed += 1
            dialogue.hear(sound(recorded))
        self._ended.append(dialogue)

    def _queue(self, dialogue: Dialogue, request: Request) -> None:
        """Have the engine answer a request, or join the one that asks the same."""
        if self._stopped:
            return
        if isinstance(request, Rank):
            first = self._asking.setdefault(content(request), request.id)
            if first != request.id:
                self._joined.setdefault(first, []).append(dialogue)
                self._joined_count += 1
                return
        self._unsent.append(request)
        self._waiting[request.id] = dialogue
