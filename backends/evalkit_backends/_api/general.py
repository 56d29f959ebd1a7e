"""Requests over TLS or through a proxy: by httpx2, as the openai client has it."""

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager

import httpx2

from evalkit import UsageError
from evalkit_backends._api.parsing import (
    BODY_LIMIT,
    ProtocolError,
    TooLarge,
    Unreadable,
    too_large,
)
from evalkit_backends._api.proxies import broken_proxy
from evalkit_backends._api.room import Room
from evalkit_backends._api.unpacking import in_utf8
from evalkit_backends._api.unreached import Unreached, why_unreached

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class Reading:
    """An answer that waits while there is no room for it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._count = 0

    def pause(self) -> None:
        self._may_read.clear()

    def resume(self) -> None:
        self._may_read.set()

    async def body(self, response: httpx2.Response, most: int) -> bytes:
        """All bytes of an answer; TooLarge if they are too many."""
        body = bytearray()
        try:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > most:
                    raise TooLarge(too_large(most))
                self._count += len(part)
                self._room.take(self, len(part))
                await self._may_read.wait()
        finally:
            self._room.give_back(self, self._count)
        return bytes(body)


class Received:
    """A whole answer."""

    def __init__(self, response: httpx2.Response, body: bytes) -> None:
        self.status = response.status_code
        self.headers = [(name.lower(), value) for name, value in response.headers.raw]
        self.body = in_utf8(self.headers, body)


class General:
    """Sends requests as any client would, but never goes where it is sent to."""

    def __init__(self, most: int) -> None:
        check_proxies()
        with named_causes():
            self._client = httpx2.AsyncClient(
                limits=httpx2.Limits(max_keepalive_connections=most),
                timeout=None,
                follow_redirects=False,
            )
        self._room = Room()

    async def ask(self, request: httpx2.Request, most: int = BODY_LIMIT) -> Received:
        """Send a request and wait for its answer of at most so many bytes."""
        try:
            response = await self._client.send(request, stream=True)
            try:
                body = await Reading(self._room).body(response, most)
            finally:
                await response.aclose()
        except (httpx2.ConnectError, httpx2.ProxyError) as exc:
            raise Unreached(why_unreached(exc)) from exc
        except httpx2.DecodingError as exc:
            raise Unreadable(str(exc)) from exc
        except httpx2.HTTPError as exc:
            raise ProtocolError(str(exc) or type(exc).__name__) from exc
        return Received(response, body)

    async def close(self) -> None:
        await self._client.aclose()


def check_proxies() -> None:
    """Raise UsageError for a variable with a proxy that is none: a client cannot be
    made then, whatever it is to ask."""
    broken = broken_proxy()
    if broken is not None:
        raise UsageError(
            f"backend 'api': {broken.variable} names no proxy that can be used, "
            f"{broken.url!r}; it must look like http://localhost:3128"
        )


@contextmanager
def named_causes() -> Generator[None]:
    """Say what it is in the environment that a client cannot be made with."""
    try:
        yield
    except OSError as exc:
        raise UsageError(f"backend 'api': {certificate_problem(exc)}") from None
    except ImportError:
        raise UsageError(
            "backend 'api': a proxy of the environment needs a package: "
            "pip install 'httpx2[socks]'"
        ) from None


def certificate_problem(exc: OSError) -> str:
    """Which certificates cannot be read."""
    why = exc.strerror or exc
    for name in CERTIFICATES:
        if os.environ.get(name):
            given = os.environ[name]
            return f"{name} names {given!r}, where no certificates can be read: {why}"
    return f"this system's certificates cannot be read: {why}"
