"""The engine of backend `vllm`: what waits, what vLLM works on, what has come of it.

vLLM gets little more than it works on at once. The rest waits here, where it can be
withdrawn, in the order it came, so that prompts that begin alike stay together.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from evalkit import Completion, Engine, Generate, Request
from evalkit_backends._models.question import Question
from evalkit_backends._models.quiet import quiet
from evalkit_backends._models.template import Template
from evalkit_backends._models.unanswered import kind_of
from evalkit_backends._vllm.core import Ask, Core, Refused
from evalkit_backends._vllm.jobs import Job, Writing
from evalkit_backends._vllm.ranking import Ranking

SPARE = 16
"""Requests that vLLM has beyond those it works on, so that none of its places is idle
for a step."""
PATIENCE = 0.05
"""Seconds of work after which a step returns, even if nothing is done by then."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """vLLM's engine with all that is needed to ask it."""

    core: Core
    template: Template
    ends: Sequence[int]
    """Ids of the tokens that end an answer."""
    context: int
    """Most tokens of a prompt and its answer."""
    rows: int
    """How many requests vLLM works on at once."""
    facts: Mapping[str, str]


@dataclass(slots=True, eq=False)
class Open:
    """A job of which vLLM has asks that it has not answered."""

    job: Job
    names: set[str] = field(default_factory=set[str])
    """Of those asks, as vLLM has them."""


class VLLMEngine(Engine):
    """vLLM's engine at work, fed as its batch empties."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded: Loaded | None = loaded
        self._facts = loaded.facts
        self._most = loaded.rows + SPARE
        self.capacity = max(2048, 4 * loaded.rows)
        self._waiting: deque[Request] = deque()
        self._asked: dict[str, tuple[Open, int]] = {}
        """What vLLM has, by its name there: whose it is, and which of its asks."""
        self._done: list[Completion] = []
        self._numbers = count()
        self._finished_tokens = 0
        self.read_tokens = 0
        """Tokens of prompts that vLLM read so far, and did not find in its cache."""

    @property
    def _model(self) -> Loaded:
        if self._loaded is None:
            raise RuntimeError("this engine is closed")
        return self._loaded

    @property
    def at_work(self) -> int:
        return len(self._asked)

    def submit(self, requests: Sequence[Request]) -> None:
        self._waiting.extend(requests)

    def step(self) -> Sequence[Completion]:
        core = self._model.core
        end = time.monotonic() + PATIENCE
        while True:
            self._feed()
            if self._done or not self._asked:
                break
            for output in core.step():
                self._hear(output)
            if self._done or time.monotonic() > end:
                break
        self.generated_tokens = self._finished_tokens + core.written()
        done, self._done = self._done, []
        return done

    def withdraw(self) -> Sequence[str]:
        waiting = [request.id for request in self._waiting]
        self._waiting.clear()
        return waiting

    def facts(self) -> Mapping[str, str]:
        return self._facts

    def close(self) -> None:
        if self._loaded is not None:
            core = self._loaded.core
            self._loaded = None
            self._waiting.clear()
            self._asked.clear()
            core.close()

    def _feed(self) -> None:
        """Let vLLM have what it has room for."""
        while self._waiting and len(self._asked) < self._most:
            request = self._waiting.popleft()
            try:
                with quiet():
                    job = self._job(request)
            except ValueError as exc:  # of which PromptError is one
                self._done.append(request.failure(str(exc), kind_of(exc)))
                continue
            self._begin(Open(job))

    def _job(self, request: Request) -> Job:
        """What to ask of vLLM for a request; ValueError if it cannot be asked."""
        model = self._model
        if isinstance(request, Generate):
            read = model.template.read(request.prompt)
            return Writing(request, read, model.context, model.ends)
        prompt, choices = model.template.parts(request.prompt, request.choices)
        question = Question(request, prompt, choices)
        # vLLM wants room for the token that it writes, so that the last one of a
        # choice does take a place here.
        question.fit(model.context - 1)
        core = model.core
        return Ranking(question, core.most_scored, one_by_one=core.adapted)

    def _begin(self, opened: Open) -> None:
        """Ask all that a job has to ask."""
        try:
            for number, ask in enumerate(opened.job.asks()):
                self._ask(opened, number, ask)
        except Refused as exc:
            self._give_up(opened, exc)

    def _ask(self, opened: Open, number: int, ask: Ask) -> None:
        name = str(next(self._numbers))
        self._model.core.add(name, ask)
        opened.names.add(name)
        self._asked[name] = (opened, number)

    def _give_up(self, opened: Open, problem: ValueError) -> None:
        """Answer a job's request with a failure, and forget what else it asked."""
        if opened.names:
            self._model.core.abort(sorted(opened.names))
            for name in opened.names:
                del self._asked[name]
        failure = opened.job.request.failure(str(problem), kind_of(problem))
        self._done.append(failure)

    def _hear(self, output: Any) -> None:
        """Take what vLLM has made of one ask."""
        asked = self._asked.pop(output.request_id, None)
        if asked is None:  # given up meanwhile
            return
        opened, number = asked
        opened.names.discard(output.request_id)
        self.read_tokens += len(output.prompt_token_ids)
        self.read_tokens -= output.num_cached_tokens or 0
        self._finished_tokens += sum(len(each.token_ids) for each in output.outputs)
        try:
            again = opened.job.hear(number, output)
            if again is not None:
                self._ask(opened, number, again)
        except ValueError as exc:  # of which Refused is one
            self._give_up(opened, exc)
            return
        if not opened.names:
            self._done.append(opened.job.completion(self._model.template))
