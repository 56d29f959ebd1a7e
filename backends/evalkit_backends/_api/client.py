"""Asking a server: the openai client prepares requests, and they are sent as they are.

It knows the headers and where an endpoint is, which is asked of it once for each. What
is sent goes over connections that cost little where a server has neither TLS nor a
proxy before it, or else as httpx2 does it. Nothing is tried twice here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

import httpx2
from openai import AsyncOpenAI
from openai._models import FinalRequestOptions  # what AsyncOpenAI builds requests from

from evalkit_backends._api.address import Address
from evalkit_backends._api.causes import unconnected
from evalkit_backends._api.general import General
from evalkit_backends._api.lines import Line, lines_to
from evalkit_backends._api.parsing import BODY_LIMIT, Answer, Headers, ProtocolError
from evalkit_backends._api.trouble import Trouble, refused
from evalkit_backends._api.unpacking import unpacked

NO_KEY = "none"
NEEDLESS = re.compile(
    rb"x-stainless-.*|content-length|accept-encoding|user-agent|authorization"
)
"""Headers that say nothing about a request, or are set here."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request to an endpoint, but for its content."""

    method: str
    url: httpx2.URL
    headers: tuple[tuple[bytes, bytes], ...]
    start: bytes
    """As it goes over a connection: all up to the length of the content."""

    def whole(self, content: bytes) -> bytes:
        """All of it as it goes over a connection."""
        if not content:
            return b"%b\r\n" % self.start
        return b"%bContent-Length: %d\r\n\r\n%b" % (self.start, len(content), content)

    def request(self, content: bytes) -> httpx2.Request:
        """All of it for httpx2."""
        length = ((b"Content-Length", b"%d" % len(content)),) if content else ()
        return httpx2.Request(
            self.method,
            self.url,
            headers=[*self.headers, *length],
            stream=httpx2.ByteStream(content),
        )


class Preparing(AsyncOpenAI):
    """The openai client, as far as it makes requests."""

    def made(self, method: str, path: str) -> httpx2.Request:
        """A request to an endpoint, without content."""
        return self._build_request(
            FinalRequestOptions.construct(method=method, url=path)
        )


class Client:
    """Asks one server."""

    def __init__(self, address: Address, most: int) -> None:
        self._address = address
        self._openai = Preparing(
            api_key=address.key or NO_KEY,
            base_url=address.url,
            default_query=dict(parse_qsl(address.query, keep_blank_values=True)),
            http_client=httpx2.AsyncClient(
                # No certificates are read: nothing is ever sent over this transport.
                transport=httpx2.AsyncBaseTransport(),
                trust_env=False,
            ),
        )
        self._lines = lines_to(address.url)
        self._general = None if self._lines is not None else General(most)
        self._prepared: dict[str, Prepared] = {}

    async def ask(self, path: str, body: bytes, most: int = BODY_LIMIT) -> bytes:
        """What the server answers to a body of JSON, in at most so many bytes; raise
        Trouble for an error."""
        prepared = self._prepared.get(path) or self._prepare("post", path)
        return await self._answer(prepared, body, most)

    def send(
        self,
        path: str,
        body: bytes,
        most: int,
        heard: Callable[[bytes | Trouble], None],
    ) -> Line | None:
        """Ask as `ask` does, if that can be done at once, and have told what comes. To
        end the connection, which is given then, ends the asking."""
        if self._lines is None:
            return None
        prepared = self._prepared.get(path) or self._prepare("post", path)

        def came(answer: Answer | Exception) -> None:
            try:
                body = self._body_of(answer, most)
            except Trouble as trouble:
                heard(trouble)
            else:
                heard(body)

        return self._lines.send(prepared.whole(body), most, came)

    def _body_of(self, answer: Answer | Exception, most: int) -> bytes:
        """The body of an answer; raise Trouble for an error."""
        if isinstance(answer, Exception):
            raise unconnected(answer, self._address) from None
        try:
            body = unpacked(answer.headers, answer.body, most)
        except ProtocolError as exc:
            raise unconnected(exc, self._address) from None
        return checked(answer.status, answer.headers, body)

    async def look(self, path: str) -> bytes:
        """What the server has at a path; raise Trouble if nothing."""
        return await self._answer(self._prepare("get", path), b"", BODY_LIMIT)

    async def _answer(self, prepared: Prepared, content: bytes, most: int) -> bytes:
        try:
            if self._lines is not None:
                answer = await self._lines.ask(prepared.whole(content), most)
                return self._body_of(answer, most)
            assert self._general is not None
            received = await self._general.ask(prepared.request(content), most)
        except TimeoutError:  # an OSError too
            raise
        except (OSError, ProtocolError) as exc:
            raise unconnected(exc, self._address) from None
        return checked(received.status, received.headers, received.body)

    def _prepare(self, method: str, path: str) -> Prepared:
        made = self._openai.made(method, path)
        url = made.url
        headers = tuple(self._headers(made))
        target = b"%b %b HTTP/1.1\r\n" % (made.method.encode(), url.raw_path)
        lines = b"".join([b"%b: %b\r\n" % each for each in headers])
        prepared = Prepared(made.method, url, headers, target + lines)
        if method == "post":
            self._prepared[path] = prepared
        return prepared

    def _headers(self, made: httpx2.Request) -> list[tuple[bytes, bytes]]:
        """What every request to a path says, however long it is."""
        kept = [
            (name, value)
            for name, value in made.headers.raw
            if not NEEDLESS.fullmatch(name.lower())
        ]
        if self._address.key:
            name, value = self._address.key_header
            kept.append((name.encode(), value.encode()))
        agent = f"evalkit openai/{version('openai')}".encode()
        return [*kept, (b"User-Agent", agent), (b"Accept-Encoding", b"identity")]

    async def close(self) -> None:
        """Close what is open."""
        if self._lines is not None:
            self._lines.end()
        if self._general is not None:
            await self._general.close()
        await self._openai.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def checked(status: int, headers: Headers, body: bytes) -> bytes:
    """A body; raise Trouble if it came with the status of an error."""
    if status >= 300:
        raise refused(status, texts(headers), body)
    return body


def texts(headers: Headers) -> Mapping[str, str]:
    """Headers by their names."""
    return {n.decode("latin-1"): value.decode("latin-1") for n, value in headers}
