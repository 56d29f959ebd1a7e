"""The engine: keeps as many requests under way as do the server good."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from evalkit import Completion, Engine, Failure, Generate, Rank, Request, UsageError
from evalkit_backends._api.address import Address
from evalkit_backends._api.asking import LOG, Put, Writing
from evalkit_backends._api.client import Client
from evalkit_backends._api.finding import (
    VERSION,
    base_of,
    look,
    refusal,
    suggestion,
)
from evalkit_backends._api.loop import Loop
from evalkit_backends._api.pace import Pace
from evalkit_backends._api.ranking import Ranking
from evalkit_backends._api.trouble import Kind, Trouble

TICK = 0.25
"""Seconds that a step lasts when nothing is answered."""
GATHER = 0.005
"""Seconds that a step goes on after an answer, while others can be asked meanwhile:
what is handed out together costs less."""
GATHERING = 0.002
"""Seconds that a step waits for more answers to hand out with the first: each step
costs those who called it as much as some requests. New ones are sent meanwhile."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds: the most before a second try, and before any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost."""

    most: int
    """Requests under way at once."""
    timeout: float
    """Seconds for one try, from sending it to the last byte."""
    tries: int
    """Tries that fail for reasons which may pass."""
    patience: float
    """Seconds that a request may be put off by a server with too much to do."""


@dataclass(slots=True, eq=False)
class Entry:
    """A request that has no answer yet."""

    request: Request
    failed: int = 0
    put_off: int = 0
    waited: float = 0.0


class APIEngine(Engine):
    """Sends requests to a server, and tries again what may succeed."""

    def __init__(
        self,
        address: Address,
        writing: Writing,
        ranking: Ranking,
        limits: Limits,
        loop: Loop,
    ) -> None:
        self.capacity = limits.most + max(16, limits.most)
        self.secrets = (address.key,)
        self._address = address
        self._writing = writing
        self._ranking = ranking
        self._limits = limits
        self._loop = loop
        self._time: Callable[[], float] = loop.loop.time
        self._client = Client(address, limits.most)
        self._pace = Pace(limits.most, self._time())
        self._inbox: deque[Request] = deque()
        self._queue: deque[Entry] = deque()
        self._resting: set[Entry] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._done: deque[Completion] = deque()
        self._open = 0
        self._paused_until = 0.0
        self._news: asyncio.Future[None] | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._has_answered = False
        self._is_ending = False
        self._final: Exception | None = None
        self._again: Counter[str] = Counter()

    @property
    def at_work(self) -> int:
        return len(self._tasks)

    def submit(self, requests: Sequence[Request]) -> None:
        self._inbox.extend(requests)
        self._open += len(requests)

    def step(self) -> Sequence[Completion]:
        if self._open and not self._done:
            self._loop.run(self._until_news())
        completions: list[Completion] = []
        while self._done:
            completions.append(self._done.popleft())
        self._open -= len(completions)
        self.generated_tokens += sum(each.completion_tokens for each in completions)
        if self._final is not None and not completions:
            raise self._final
        return completions

    def withdraw(self) -> Sequence[str]:
        return self._loop.run(self._give_back())

    def facts(self) -> Mapping[str, str]:
        repeated = ", ".join(f"{why}: {n}" for why, n in self._again.most_common())
        return {
            "server": self._address.shown,
            "openai": version("openai"),
            **self._writing.facts(),
            **({"tried again": repeated} if repeated else {}),
        }

    def close(self) -> None:
        if self._loop.loop.is_closed():
            return
        if self._again:
            LOG.warning(
                "evalkit: %d tries were repeated (%s)",
                self._again.total(),
                self.facts()["tried again"],
            )
        self._loop.run(self._client.close())
        self._loop.close()

    async def _until_news(self) -> None:
        """Send what can be sent, and wait a moment for something to hand out."""
        while self._inbox:
            self._queue.append(Entry(self._inbox.popleft()))
        self._fill()
        if self._done or self._final is not None:
            return
        loop = asyncio.get_running_loop()
        self._news = loop.create_future()
        timer = loop.call_later(TICK, self._wake)
        await self._news
        timer.cancel()
        if self._done and len(self._done) < self._open:
            await asyncio.sleep(GATHERING)

    async def _give_back(self) -> list[str]:
        """Forget the requests that are not under way."""
        waiting = [each.request.id for each in (*self._queue, *self._resting)]
        waiting += [each.id for each in self._inbox]
        self._inbox.clear()
        self._queue.clear()
        self._resting.clear()
        self._open -= len(waiting)
        return waiting

    def _tell(self) -> None:
        """Wake the step that waits, at once if nothing is left to be asked."""
        if not self._queue or self._is_ending:
            self._wake()
        elif self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(GATHER, self._wake)

    def _wake(self) -> None:
        if self._waking is not None:
            self._waking.cancel()
            self._waking = None
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _fill(self) -> None:
        """Begin as many tries as may be under way at once."""
        if self._is_ending or self._time() < self._paused_until:
            return
        while self._queue and len(self._tasks) < self._pace.limit:
            task = asyncio.get_running_loop().create_task(
                self._try(self._queue.popleft())
            )
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Give a try's place to another one."""
        self._tasks.discard(task)
        if task.cancelled():
            return
        bug = task.exception()
        if isinstance(bug, Exception):
            self._stop(bug)
        self._fill()

    async def _try(self, entry: Entry) -> None:
        """Ask once, and see what came of it."""
        request = entry.request
        put: Put | None = None
        sent = self._time()
        try:
            put = self._put(request)
            async with asyncio.timeout(self._limits.timeout):
                body = await self._client.ask(put.path, put.body, put.most)
            completion = self._read(body, request)
        except Trouble as trouble:
            await self._troubled(entry, trouble, put, sent)
        except TimeoutError:
            self._pace.refused(sent, self._time())
            why = f"no answer within {self._limits.timeout:g} s"
            self._fail(entry, why, Failure.LATE)
        else:
            self._has_answered = True
            self._pace.answered(sent, self._time())
            self._hand_out(completion)

    def _put(self, request: Request) -> Put:
        if isinstance(request, Rank):
            return self._ranking.put(request)
        return self._writing.put(request)

    def _read(self, body: bytes, request: Request) -> Completion:
        if isinstance(request, Rank):
            return self._ranking.read(body, request)
        return self._writing.read(body, request)

    def _learn(self, request: Request, trouble: Trouble, put: Put | None) -> bool:
        """Whether the request should be put once more, in another way."""
        if put is None:
            return False
        if isinstance(request, Generate):
            return self._writing.learn(trouble, put)
        return self._ranking.learn(trouble, put)

    async def _troubled(
        self, entry: Entry, trouble: Trouble, put: Put | None, sent: float
    ) -> None:
        """See what is to be done about a try that brought no answer."""
        trouble.why = self._address.told(trouble.why)
        if trouble.kind is Kind.CROWDED:
            self._pace.refused(sent, self._time())
        if self._learn(entry.request, trouble, put):
            self._queue.appendleft(entry)
        elif trouble.kind is Kind.FINAL or self._is_unknown(trouble):
            await self._refused(trouble)
        elif trouble.kind is Kind.LOST:
            self._fail(entry, trouble.why, trouble.failure)
        else:
            self._try_later(entry, trouble)

    def _is_unknown(self, trouble: Trouble) -> bool:
        """Whether there is no such model or endpoint, so that nothing can succeed."""
        return trouble.status == 404 and not self._has_answered

    async def _refused(self, trouble: Trouble) -> None:
        """End the run: no request can succeed. The first one that shows it says why."""
        if self._is_ending:
            return
        self._is_ending = True
        said = refusal(self._address, trouble)
        if trouble.status == 404:
            said += await self._looked_for()
        self._stop(UsageError(said))

    async def _looked_for(self) -> str:
        """What may have been meant, where there is no such model or endpoint."""
        known = await look(self._client)
        if known:
            names = [self._address.told(each) for each in known]
            return suggestion(self._writing.model, names)
        base = await base_of(self._address)
        if base:
            return f". It is at {base}: --base-url {base}"
        if VERSION.search(self._address.url):
            return ""
        return f". Most servers are at URLs such as {self._address.url}/v1"

    def _try_later(self, entry: Entry, trouble: Trouble) -> None:
        """Let a request rest, unless it has been tried or has waited long enough."""
        if trouble.kind is Kind.CROWDED:
            entry.put_off += 1
        else:
            entry.failed += 1
        pause = trouble.wait
        if pause is None:
            doubled = min(entry.failed + entry.put_off - 1, 16)
            pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**doubled))
        entry.waited += pause
        if entry.failed >= self._limits.tries:
            why = f"{trouble} (the last of {self._limits.tries} tries)"
            self._fail(entry, why, trouble.failure)
        elif entry.waited > self._limits.patience:
            why = f"{trouble} (for {self._limits.patience:g} s)"
            self._fail(entry, why, trouble.failure)
        else:
            self._rest(entry, pause, trouble)

    def _rest(self, entry: Entry, pause: float, trouble: Trouble) -> None:
        self._again[f"status {trouble.status}" if trouble.status else trouble.why] += 1
        loop = asyncio.get_running_loop()
        if trouble.wait is not None and trouble.kind is Kind.CROWDED:
            self._paused_until = max(self._paused_until, self._time() + pause)
        self._resting.add(entry)
        loop.call_later(pause, self._rested, entry)

    def _rested(self, entry: Entry) -> None:
        """Queue a request again, before those that were never tried."""
        if entry in self._resting:
            self._resting.discard(entry)
            self._queue.appendleft(entry)
        self._fill()

    def _stop(self, why: Exception) -> None:
        """End the run: the next step that has nothing to hand out raises this."""
        self._is_ending = True
        self._final = self._final or why
        self._tell()

    def _fail(self, entry: Entry, why: str, kind: Failure) -> None:
        self._hand_out(entry.request.failure(why, kind))

    def _hand_out(self, completion: Completion) -> None:
        self._done.append(completion)
        self._tell()
