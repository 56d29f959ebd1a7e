"""The openai client, with what would be done anew for each request done once.

Requests and answers pass through the client's own methods. It is given prepared headers
and, where a server has neither TLS nor a proxy before it, connections that cost less
than the general ones; JSON is read by whoever asked. It tries nothing twice by itself.
"""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, cast

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError
from openai._models import FinalRequestOptions  # what AsyncOpenAI.request() takes

from evalkit_backends._api.address import Address
from evalkit_backends._api.lines import lines_to
from evalkit_backends._api.parsing import BODY_LIMIT, ProtocolError, TooLarge
from evalkit_backends._api.trouble import Kind, Trouble, refused

NO_KEY = "none"
NEEDLESS = re.compile(rb"x-stainless-.*|content-length|accept-encoding|user-agent")
"""Headers that say nothing about a request, or are set for each one."""


class Answered(httpx2.Response):
    """An answer whose bytes have been read, and counted while they were."""

    def __init__(
        self,
        status: int,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        request: httpx2.Request,
    ) -> None:
        super().__init__(
            status, headers=headers, stream=httpx2.ByteStream(body), request=request
        )
        self.body = body


class Transport(httpx2.AsyncClient):
    """Sends requests over lean connections where that can be done, and never goes
    where it is redirected to."""

    def __init__(self, base_url: str, most: int) -> None:
        self._lines = lines_to(base_url)
        if self._lines is not None:
            # No certificates are read: nothing is ever sent over this transport.
            super().__init__(transport=httpx2.AsyncBaseTransport(), trust_env=False)
        else:
            limits = httpx2.Limits(max_keepalive_connections=most)
            super().__init__(limits=limits, timeout=None)

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        if self._lines is None:
            return await self._send_generally(request, **how)
        try:
            answer = await self._lines.ask(written(request))
        except (OSError, ProtocolError) as exc:
            raise translated(exc) from exc
        return Answered(answer.status, answer.headers, answer.body, request)

    async def _send_generally(
        self, request: httpx2.Request, **how: Any
    ) -> httpx2.Response:
        how |= {"stream": True, "follow_redirects": False}
        response = await super().send(request, **how)
        try:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > BODY_LIMIT:
                    raise translated(TooLarge(f"more than {BODY_LIMIT >> 20} MB"))
        finally:
            await response.aclose()
        headers = [
            (name.lower(), value)
            for name, value in response.headers.raw
            if name.lower() not in {b"content-encoding", b"content-length"}
        ]
        return Answered(response.status_code, headers, bytes(body), request)

    async def aclose(self) -> None:
        if self._lines is not None:
            self._lines.end()
        await super().aclose()


def translated(exc: Exception) -> httpx2.HTTPError:
    """An error of the lean connections as one that the openai client knows."""
    if isinstance(exc, OSError):
        return httpx2.NetworkError(str(exc))
    if isinstance(exc, TooLarge):
        return httpx2.DecodingError(str(exc))
    return httpx2.RemoteProtocolError(str(exc))


def written(request: httpx2.Request) -> bytes:
    """A request as it goes over a connection."""
    start = b"%s %s HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)
    headers = b"".join([b"%s: %s\r\n" % each for each in request.headers.raw])
    stream = cast(httpx2.ByteStream, request.stream)
    return b"".join((start, headers, b"\r\n", *stream))


class Client(AsyncOpenAI):
    """An openai client that makes a request's headers once for each path."""

    def __init__(self, address: Address, most: int) -> None:
        super().__init__(
            api_key=address.key or NO_KEY,
            base_url=address.url,
            timeout=None,
            max_retries=0,
            http_client=Transport(address.url, most),
        )
        self._address = address
        self._options: dict[str, FinalRequestOptions] = {}
        self._prepared: dict[str, tuple[httpx2.URL, list[tuple[bytes, bytes]]]] = {}

    async def ask(self, path: str, body: bytes) -> bytes:
        """What the server answers to a body of JSON; raise Trouble for an error."""
        if path not in self._options:
            self._options[path] = options_of("post", path)
        options = self._options[path].model_copy()
        options.content = body
        return await self._answer(options)

    async def look(self, path: str) -> bytes:
        """What the server has at a path; raise Trouble if nothing."""
        return await self._answer(options_of("get", path))

    async def _answer(self, options: FinalRequestOptions) -> bytes:
        try:
            response = await self.request(httpx2.Response, options)
        except APIStatusError as exc:
            headers: Mapping[str, str] = exc.response.headers
            body = exc.response.content
            raise refused(exc.status_code, headers, body) from None
        except APIConnectionError as exc:
            raise unconnected(exc.__cause__ or exc) from None
        except (OpenAIError, httpx2.HTTPError) as exc:
            raise Trouble(f"{type(exc).__name__}: {exc}") from None
        assert isinstance(response, Answered)
        return response.body

    def _build_request(
        self, options: FinalRequestOptions, **how: Any
    ) -> httpx2.Request:
        content = options.content if isinstance(options.content, bytes) else b""
        if options.url not in self._prepared:
            made = super()._build_request(options, **how)
            self._prepared[options.url] = (made.url, self._headers(made))
        url, headers = self._prepared[options.url]
        length = (b"Content-Length", b"%d" % len(content))
        request = httpx2.Request(
            options.method,
            url,
            headers=[*headers, length] if content else headers,
            stream=httpx2.ByteStream(content),
        )
        request.headers.encoding = "ascii"
        return request

    def _headers(self, made: httpx2.Request) -> list[tuple[bytes, bytes]]:
        """What every request to a path says, however long it is."""
        kept = [
            (name, value)
            for name, value in made.headers.raw
            if not NEEDLESS.fullmatch(name.lower())
            and (self._address.key or name.lower() != b"authorization")
        ]
        agent = f"evalkit openai/{version('openai')}".encode()
        return [*kept, (b"User-Agent", agent), (b"Accept-Encoding", b"identity")]


def options_of(method: str, path: str) -> FinalRequestOptions:
    """A request's options for the openai client; the key to idempotency is not sent,
    but would be drawn anew for each request."""
    return FinalRequestOptions.construct(method=method, url=path, idempotency_key=path)


def unconnected(cause: BaseException) -> Trouble:
    """What it means that no whole answer came over a connection."""
    said = " ".join(str(cause).split()) or type(cause).__name__
    if isinstance(cause, httpx2.DecodingError):
        return Trouble(f"the answer cannot be read: {said}")
    return Trouble(f"the connection failed: {said}", Kind.PASSING)
