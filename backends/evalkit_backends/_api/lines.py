"""Connections over plain HTTP, kept open and used again: what a local server needs.

The general client spends half a millisecond of a processor on each request. Servers
without TLS and proxies can do with less.
"""

import asyncio
from collections import deque
from typing import cast
from urllib.parse import urlsplit

from evalkit_backends._api.parsing import Answer, ProtocolError
from evalkit_backends._api.proxies import proxy_for
from evalkit_backends._api.room import Room
from evalkit_backends._api.unreached import Unreached, why_unreached

IDLE = 2.0
"""Seconds after which a connection is not used again: some servers end it after five,
and may do so just when it is."""


class Line(asyncio.Protocol):
    """One connection, with one request under way at most."""

    def __init__(self, room: Room) -> None:
        self.used = 0.0
        """When it was last given back."""
        self.is_open = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._room = room
        self._read = 0
        """Bytes of the answer under way."""
        self._answer = Answer()
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, request: bytes, most: int) -> Answer:
        """Send a request and wait for its answer of at most so many bytes; OSError or
        ProtocolError if none comes. Whoever stops waiting ends the connection."""
        if self._transport is None or not self.is_open:
            raise ConnectionResetError("the connection ended before an answer")
        self._answer = Answer(most)
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        except BaseException:
            self.end()
            raise
        finally:
            self._waiting = None
            self._room.give_back(self, self._read)
            self._read = 0

    def end(self) -> None:
        """Close the connection at once."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

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
        waiting = self._waiting
        if waiting is None or waiting.done():  # nobody asked
            self.end()
            return
        try:
            self._answer.feed(data)
        except ProtocolError as exc:
            waiting.set_exception(exc)
            return
        if self._answer.done:
            self._deliver(waiting)
        else:
            self._read += len(data)
            self._room.take(self, len(data))

    def eof_received(self) -> None:
        self.is_open = False
        self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._finish(exc)

    def _finish(self, exc: Exception | None) -> None:
        """Tell whoever waits that the connection is at its end."""
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        try:
            if exc is not None:
                raise exc
            self._answer.end()
        except Exception as problem:
            waiting.set_exception(problem)
        else:
            self._deliver(waiting)

    def _deliver(self, waiting: "asyncio.Future[Answer]") -> None:
        if self._answer.surplus or not self._answer.keeps_open:
            self.is_open = False
        waiting.set_result(self._answer)


class Lines:
    """Connections to one host, opened as they are needed."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: deque[Line] = deque()
        self._room = Room()

    async def ask(self, request: bytes, most: int) -> Answer:
        """Send a request over a connection that is free, and wait for its answer."""
        line = self._free() or await self._opened()
        answer = await line.ask(request, most)
        if line.is_open:
            line.used = asyncio.get_running_loop().time()
            self._idle.append(line)
        else:
            line.end()
        return answer

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
                lambda: Line(self._room), self._host, self._port
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
