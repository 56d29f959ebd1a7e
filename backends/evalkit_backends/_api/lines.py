"""Connections over plain HTTP, kept open and used again: what a local server needs.

The general client spends half a millisecond of a processor on each request. Servers
without TLS and proxies can do with less.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from evalkit_backends._api.parsing import Answer, ProtocolError
from evalkit_backends._api.proxies import proxy_for
from evalkit_backends._api.room import Room
from evalkit_backends._api.unreached import Unreached, why_unreached

IDLE = 2.0
"""Seconds after which a connection is not used again: some servers end it after five,
and may do so just when it is."""


Heard: TypeAlias = Callable[[Answer | Exception], None]
"""Is told what came of a request."""


class Line(asyncio.Protocol):
    """One connection, with one request under way at most."""

    def __init__(self, lines: "Lines") -> None:
        self.used = 0.0
        """When it was last given back."""
        self.is_open = False
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self._read = 0
        """Bytes of the answer under way."""
        self._answer = Answer()
        self._heard: Heard | None = None

    def send(self, request: bytes, most: int, heard: Heard) -> None:
        """Send a request; `heard` is told its answer of at most so many bytes, or the
        OSError or ProtocolError that came in its place."""
        assert self._transport is not None
        self._answer = Answer(most)
        self._heard = heard
        self._transport.write(request)

    def end(self) -> None:
        """Close the connection at once; who waits for an answer is told nothing."""
        self.is_open = False
        self._stop_hearing()
        if self._transport is not None:
            self._transport.abort()

    def _stop_hearing(self) -> Heard | None:
        heard, self._heard = self._heard, None
        self._lines.room.give_back(self, self._read)
        self._read = 0
        return heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def pause(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._heard is None:  # nobody asked
            self.end()
            return
        try:
            self._answer.feed(data)
        except ProtocolError as exc:
            self._fail(exc)
            return
        if self._answer.done:
            self._deliver()
        else:
            self._read += len(data)
            self._lines.room.take(self, len(data))

    def eof_received(self) -> None:
        self.is_open = False
        self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._finish(exc)

    def _finish(self, exc: Exception | None) -> None:
        """Tell whoever waits that the connection is at its end."""
        if self._heard is None:
            return
        try:
            if exc is not None:
                raise exc
            self._answer.end()
        except Exception as problem:
            self._fail(problem)
        else:
            self._deliver()

    def _fail(self, problem: Exception) -> None:
        heard = self._stop_hearing()
        self.end()
        if heard is not None:
            heard(problem)

    def _deliver(self) -> None:
        answer, heard = self._answer, self._stop_hearing()
        if answer.surplus or not answer.keeps_open or not self.is_open:
            self.end()
        else:
            self._lines.take_back(self)
        if heard is not None:
            heard(answer)


class Lines:
    """Connections to one host, opened as they are needed."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: deque[Line] = deque()
        self.room = Room()

    async def ask(self, request: bytes, most: int) -> Answer:
        """Send a request over a connection that is free, or else a new one, and wait
        for its answer. Whoever stops waiting ends the connection."""
        line = self._free() or await self._opened()
        if not line.is_open:
            raise ConnectionResetError("the connection ended before an answer")
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def heard(what: Answer | Exception) -> None:
            if waiting.done():
                return
            if isinstance(what, Exception):
                waiting.set_exception(what)
            else:
                waiting.set_result(what)

        line.send(request, most, heard)
        try:
            return await waiting
        except asyncio.CancelledError:
            line.end()
            raise

    def send(self, request: bytes, most: int, heard: Heard) -> Line | None:
        """Send a request if a connection is free, which is given then. It costs less
        than to wait for the answer: `heard` is told of that at once."""
        line = self._free()
        if line is not None:
            line.send(request, most, heard)
        return line

    def take_back(self, line: Line) -> None:
        """Have a connection that is free used again."""
        line.used = asyncio.get_running_loop().time()
        self._idle.append(line)

    def end(self) -> None:
        """Close all connections that are free; the others go with their requests."""
        while self._idle:
            self._idle.pop().end()

    def _free(self) -> Line | None:
        """The connection that was used last; those that were not for long are ended."""
        oldest = asyncio.get_running_loop().time() - IDLE
        while self._idle and (self._idle[0].used < oldest or not self._idle[0].is_open):
            self._idle.popleft().end()
        while self._idle:
            line = self._idle.pop()
            if line.is_open:
                return line
        return None

    async def _opened(self) -> Line:
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(
                lambda: Line(self), self._host, self._port
            )
        except OSError as exc:
            raise Unreached(why_unreached(exc)) from exc
        return line


def lines_to(url: str) -> Lines | None:
    """Connections to the host of a URL; None where they need TLS or a proxy."""
    parts = urlsplit(url)
    if parts.scheme != "http" or proxy_for(url) is not None:
        return None
    return Lines(parts.hostname or "", parts.port or 80)
