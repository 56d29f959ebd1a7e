"""Bodies as they were before a server packed them, within limits."""

import re
import zlib
from collections.abc import Iterable

from evalkit_backends._api.parsing import (
    Headers,
    ProtocolError,
    TooLarge,
    Unreadable,
    too_large,
)

PACKED = frozenset({b"gzip", b"x-gzip", b"deflate"})
CHARSET = re.compile(rb"charset\s*=\s*\"?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
UTF8 = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


def unpacked(headers: Headers, body: bytes, most: int) -> bytes:
    """A body without its packing, in UTF-8; ProtocolError if that cannot be had."""
    for coding in reversed(codings(headers)):
        if coding not in PACKED:
            name = coding.decode("ascii", "replace")[:40]
            raise Unreadable(f"an answer packed as {name!r}, which was not asked for")
        body = inflated(body, most)
    return in_utf8(headers, body)


def codings(headers: Headers) -> list[bytes]:
    """What a server did with the body, one thing after the other."""
    values = b",".join(values_of(headers, b"content-encoding")).lower()
    names = [each.strip() for each in values.split(b",")]
    return [each for each in names if each not in {b"", b"identity"}]


def values_of(headers: Headers, wanted: bytes) -> Iterable[bytes]:
    return [value for name, value in headers if name == wanted]


def inflated(body: bytes, most: int) -> bytes:
    """A body of gzip's or zlib's, or of a bare deflate stream."""
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        unpacker = zlib.decompressobj(window)
        try:
            plain = unpacker.decompress(body, most + 1)
        except zlib.error:
            continue
        if len(plain) > most:
            raise TooLarge(too_large(most))
        if not unpacker.eof:
            raise ProtocolError("the connection ended within an answer")
        return plain
    raise Unreadable("an answer that is not packed as it says")


def in_utf8(headers: Headers, body: bytes) -> bytes:
    """A body in UTF-8, from the encoding that its headers name."""
    for value in values_of(headers, b"content-type"):
        named = CHARSET.search(value)
        if named and named[1].lower() not in UTF8:
            try:
                return body.decode(named[1].decode("ascii")).encode()
            except (LookupError, ValueError):
                return body
    return body
