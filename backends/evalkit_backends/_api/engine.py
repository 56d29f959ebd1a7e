"""The engine: keeps as many requests under way as do the server good."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

from evalkit import Completion, Engine, Failure, Generate, Rank, Request, UsageError
from evalkit_backends._api.address import Address
from evalkit_backends._api.asking import LOG, Put, Writing
from evalkit_backends._api.client import Client
from evalkit_backends._api.entry import Entry, Limits
from evalkit_backends._api.finding import meant, refusal
from evalkit_backends._api.lines import Line
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
AT_A_TIME = 16
"""Completions that a step gives: while they are dealt with, nothing is read or sent."""


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
        """Tries that take more than to send something and to hear what comes."""
        self._flights: dict[Entry, Line] = {}
        """The other tries under way, in the order in which they were sent."""
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
        return len(self._flights) + len(self._tasks)

    def submit(self, requests: Sequence[Request]) -> None:
        self._inbox.extend(requests)
        self._open += len(requests)

    def step(self) -> Sequence[Completion]:
        if self._open:
            self._loop.run(self._until_news())
        completions: list[Completion] = []
        while self._done and len(completions) < AT_A_TIME:
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
        if self._writing.hint:
            LOG.warning("evalkit: warning: %s", self._writing.hint)
        self._loop.run(self._end())
        self._loop.close()

    async def _end(self) -> None:
        for line in self._flights.values():
            line.end()
        await self._client.close()

    async def _until_news(self) -> None:
        """Send what can be sent, and wait a moment for something to hand out."""
        while self._inbox:
            self._queue.append(Entry(self._inbox.popleft()))
        self._look_for_late()
        self._fill()
        if self._done or self._final is not None:
            await asyncio.sleep(0)  # what has come meanwhile is read, and more is sent
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
        while self._queue and self.at_work < self._pace.limit:
            self._begin(self._queue.popleft())

    def _begin(self, entry: Entry) -> None:
        """Send a request, over a connection that is free if there is one."""
        entry.sent, entry.put = self._time(), None
        try:
            put = entry.put = self._put(entry.request)
            heard = partial(self._hear, entry)
            line = self._client.send(put.path, put.body, put.most, heard)
        except Trouble as trouble:
            self._spawn(self._troubled(entry, trouble))
        except Exception as bug:
            self._stop(bug)
        else:
            if line is None:
                self._spawn(self._try(entry, put))
            else:
                self._flights[entry] = line

    def _hear(self, entry: Entry, what: bytes | Trouble) -> None:
        """See what came of a try, and give its place to another one."""
        del self._flights[entry]
        if isinstance(what, Trouble):
            self._spawn(self._troubled(entry, what))
        else:
            self._take(entry, what)
        self._fill()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes longer, which holds a place as long."""
        task = asyncio.get_running_loop().create_task(work)
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

    async def _try(self, entry: Entry, put: Put) -> None:
        """Ask once, and see what came of it."""
        try:
            async with asyncio.timeout(self._limits.timeout):
                body = await self._client.ask(put.path, put.body, put.most)
        except Trouble as trouble:
            await self._troubled(entry, trouble)
        except TimeoutError:
            self._be_late(entry)
        else:
            self._take(entry, body)

    def _take(self, entry: Entry, body: bytes) -> None:
        """Read an answer and hand it out."""
        try:
            completion = self._read(body, entry.request)
        except Trouble as trouble:
            self._spawn(self._troubled(entry, trouble))
        except Exception as bug:
            self._stop(bug)
        else:
            self._has_answered = True
            self._pace.answered(entry.sent, self._time())
            self._hand_out(completion)

    def _look_for_late(self) -> None:
        """Give up tries that take too long; those that were sent first come first."""
        while self._flights:
            entry, line = next(iter(self._flights.items()))
            if self._time() < entry.sent + self._limits.timeout:
                return
            del self._flights[entry]
            line.end()
            self._be_late(entry)

    def _be_late(self, entry: Entry) -> None:
        self._pace.refused(entry.sent, self._time())
        why = f"no answer within {self._limits.timeout:g} s"
        self._fail(entry, why, Failure.LATE)

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

    async def _troubled(self, entry: Entry, trouble: Trouble) -> None:
        """See what is to be done about a try that brought no answer."""
        trouble.why = self._address.told(trouble.why)
        if trouble.kind is Kind.CROWDED:
            self._pace.refused(entry.sent, self._time())
        if self._learn(entry.request, trouble, entry.put):
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
            said += await meant(self._client, self._address, self._writing.model)
        self._stop(UsageError(said))

    def _try_later(self, entry: Entry, trouble: Trouble) -> None:
        """Let a request rest, unless it has been tried or has waited long enough."""
        pause = entry.put_back(trouble)
        enough = entry.enough(self._limits)
        if enough:
            self._fail(entry, f"{trouble} ({enough})", trouble.failure)
            return
        self._again[f"status {trouble.status}" if trouble.status else trouble.why] += 1
        if trouble.wait is not None and trouble.kind is Kind.CROWDED:
            self._paused_until = max(self._paused_until, self._time() + pause)
        self._resting.add(entry)
        self._loop.loop.call_later(pause, self._rested, entry)

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
