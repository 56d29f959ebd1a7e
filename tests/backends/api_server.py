"""A server of OpenAI's protocol that does what a test tells it to, on loopback.

    with Server(lambda asked: Reaction(status=500)) as server: ... server.url ...

Each request is noted in `asked`. What is done about it is for the test's function to
say: a good answer, a bad one, half of one, or none.
"""

import asyncio
import json
import re
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Any, Self, TypeAlias

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    time: int = 0
    """How often the same question had come before."""

    @property
    def prompt(self) -> str:
        """The words of the last message, or the text to be completed."""
        if "messages" in self.body:
            return str(self.body["messages"][-1]["content"])
        return str(self.body["prompt"])

    @property
    def number(self) -> int:
        """The last number of the question."""
        return int(re.findall(r"\d+", self.prompt)[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What the server does about a request."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON))
    delay: float = 0.0
    """Seconds before anything is sent."""
    drip: float = 0.0
    """Seconds between one byte and the next."""
    keep: int = 0
    """Bytes at the end that are promised and never sent."""
    reset: bool = False
    """Whether the connection is torn down in place of an answer."""
    chunked: bool = False
    """Whether the body comes in chunks of unannounced length."""

    def head(self) -> bytes:
        length = (
            {"Transfer-Encoding": "chunked"}
            if self.chunked
            else {"Content-Length": str(len(self.body))}
        )
        lines = [
            f"{name}: {value}" for name, value in ({**self.headers, **length}).items()
        ]
        return "\r\n".join([f"HTTP/1.1 {self.status} So", *lines, "", ""]).encode()

    def sent(self) -> bytes:
        """The body as it goes over the connection."""
        if not self.chunked:
            return self.body[: len(self.body) - self.keep]
        half = len(self.body) // 2
        parts = [self.body[:half], self.body[half:], b""]
        return b"".join(b"%x;x=y\r\n%b\r\n" % (len(each), each) for each in parts)


Behavior: TypeAlias = Callable[[Asked], Reaction]


def chat(content: object, *, finish: str | None = "stop", **message: object) -> bytes:
    """An answer of the chat endpoint."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish,
    }
    usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def text(content: object, *, finish: str = "stop") -> bytes:
    """An answer of the completions endpoint."""
    choice = {"index": 0, "text": content, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def models(*names: str) -> bytes:
    """What the server has."""
    return json.dumps({"object": "list", "data": [{"id": n} for n in names]}).encode()


def error(message: str, **more: object) -> bytes:
    """An error in OpenAI's form."""
    return json.dumps({"error": {"message": message, **more}}).encode()


def counts(asked: Asked) -> Reaction:
    """The right answer to the task `counting`, by either endpoint."""
    if asked.method == "GET":
        return Reaction(body=models("counter"))
    answer = f"That is {asked.number + 1}"
    return Reaction(body=chat(answer) if "messages" in asked.body else text(answer))


class Server:
    """Listens on a port of its own, in a thread, until the block ends."""

    def __init__(self, behavior: Behavior = counts, port: int = 0) -> None:
        self.behavior = behavior
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.connections = 0
        self.at_once = 0
        self._port = port
        self._times: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def questions(self) -> Sequence[Asked]:
        """The requests for answers."""
        return [each for each in self.asked if each.method == "POST"]

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(
            self._serve, "127.0.0.1", self._port, limit=1 << 24
        )
        self._server = self._wait(listening)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _end(self) -> None:
        self._server.close()
        for each in tuple(self._tasks):
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the requests of one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._answer(reader, writer):
                    pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(Exception):
                await writer.wait_closed()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether there may be another."""
        start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = start.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        reaction = self.behavior(self._note(method, path, headers, content))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._react(writer, reaction)
        finally:
            self.at_once -= 1

    def _note(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> Asked:
        body: Any = json.loads(content) if content else {}
        question = json.dumps([body.get("messages"), body.get("prompt")])
        asked = Asked(method, path, headers, body, self._times[question])
        self._times[question] += 1
        self.asked.append(asked)
        return asked

    async def _react(self, writer: asyncio.StreamWriter, reaction: Reaction) -> bool:
        await asyncio.sleep(reaction.delay)
        if reaction.reset:
            linger = struct.pack("ii", 1, 0)  # a RST in place of a FIN
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
            writer.transport.abort()
            return False
        writer.write(reaction.head())
        if not reaction.drip:
            writer.write(reaction.sent())
        for byte in reaction.sent() if reaction.drip else b"":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reaction.drip)
        await writer.drain()
        return not reaction.keep
