"""Reading one HTTP/1.1 answer from bytes as they come, within limits.

Only what servers of JSON send is understood: a length, chunks, or all until the
connection ends. Whatever else comes is a ProtocolError.
"""

import re
from typing import Literal, TypeAlias

HEAD_LIMIT = 64 << 10
"""Most bytes of a status line with its headers."""
BODY_LIMIT = 32 << 20
"""Most bytes of an answer."""
LINE_LIMIT = 4 << 10
"""Most bytes of the line before a chunk, or of a trailer."""
STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: .*)?")
DIGITS = re.compile(rb"\d{1,15}")
HEX = re.compile(rb"[0-9a-fA-F]{1,12}")

Headers: TypeAlias = list[tuple[bytes, bytes]]
Stage: TypeAlias = Literal["head", "length", "chunks", "trailers", "end", "done"]
CHUNKED = frozenset({"chunks", "trailers"})


class ProtocolError(Exception):
    """What came is no answer that could be read."""


class Unreadable(ProtocolError):
    """An answer that will be no better the next time."""


class TooLarge(Unreadable):
    """An answer with more bytes than are taken from a server."""


class Answer:
    """One answer, of which parts are fed until it is `done`."""

    def __init__(self, most: int = BODY_LIMIT) -> None:
        self.status = 0
        self.headers: Headers = []
        self.body = b""
        self.keeps_open = False
        """Whether the connection can be used again."""
        self._stage: Stage = "head"
        self._buffer = bytearray()
        self._parts = bytearray()
        self._left = 0
        self._most = most
        """Bytes that the body may have."""

    @property
    def done(self) -> bool:
        return self._stage == "done"

    @property
    def surplus(self) -> bool:
        """Whether more came than the answer has."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take what came; raise ProtocolError if it is no answer."""
        self._buffer += data
        if self._stage == "head":
            self._read_head()
        if self._stage == "length":
            self._read_length()
        elif self._stage in CHUNKED:
            self._read_chunks()
        elif self._stage == "end" and len(self._buffer) > self._most:
            raise TooLarge(too_large(self._most))

    def end(self) -> None:
        """Take note that no more will come; raise ProtocolError if more should."""
        if self._stage == "end":
            self._finish(bytes(self._buffer), keeps_open=False)
            self._buffer.clear()
        elif not self.done:
            begun = self.status or self._buffer
            raise ProtocolError(
                "the connection ended within an answer"
                if begun
                else "the connection ended before an answer"
            )

    def _read_head(self) -> None:
        while self._stage == "head":
            end = self._buffer.find(b"\r\n\r\n")
            if max(end, len(self._buffer) if end < 0 else 0) > HEAD_LIMIT:
                raise TooLarge(f"headers of more than {HEAD_LIMIT >> 10} KB")
            if end < 0:
                return
            lines = bytes(self._buffer[:end]).split(b"\r\n")
            del self._buffer[: end + 4]
            self._take_head(lines)

    def _take_head(self, lines: list[bytes]) -> None:
        matched = STATUS.fullmatch(lines[0])
        if not matched:
            raise ProtocolError("no HTTP/1.1 answer")
        status = int(matched[2])
        if 100 <= status < 200:  # something to come before the answer
            return
        self.status = status
        self.headers = [header(line) for line in lines[1:]]
        self.keeps_open = matched[1] == b"1"
        self._choose_stage()

    def _choose_stage(self) -> None:
        """Find out where the body ends, and what comes after it."""
        lengths = {value for name, value in self.headers if name == b"content-length"}
        coding = self._joined(b"transfer-encoding")
        if b"close" in self._joined(b"connection"):
            self.keeps_open = False
        if coding not in {b"", b"chunked"}:
            raise ProtocolError("an encoding that was not asked for")
        if len(lengths) > 1 or not all(map(DIGITS.fullmatch, lengths)):
            raise ProtocolError("a length that is none")
        if coding:
            self._stage = "chunks"
        elif lengths or self.status in {204, 304}:
            self._stage, self._left = "length", int(lengths.pop() if lengths else 0)
        else:
            self._stage = "end"
        if self._left > self._most:
            raise TooLarge(too_large(self._most))

    def _joined(self, wanted: bytes) -> bytes:
        """A header's values, in small letters; empty if it is not there."""
        return b",".join(
            [value for name, value in self.headers if name == wanted]
        ).lower()

    def _read_length(self) -> None:
        if len(self._buffer) >= self._left:
            body = bytes(self._buffer[: self._left])
            del self._buffer[: self._left]
            self._finish(body, keeps_open=self.keeps_open)

    def _read_chunks(self) -> None:
        """Take whole lines and chunks; `_left` counts a chunk with its line end."""
        while self._stage in CHUNKED:
            if self._left:
                if len(self._buffer) < self._left:
                    return
                self._take_chunk()
                continue
            end = self._buffer.find(b"\r\n")
            if max(end, len(self._buffer) if end < 0 else 0) > LINE_LIMIT:
                raise ProtocolError("a chunk of unknown size")
            if end < 0:
                return
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._take_line(line)

    def _take_chunk(self) -> None:
        if not self._buffer.startswith(b"\r\n", self._left - 2):
            raise ProtocolError("a chunk of another size than was said")
        self._parts += self._buffer[: self._left - 2]
        del self._buffer[: self._left]
        self._left = 0

    def _take_line(self, line: bytes) -> None:
        """Read the line before a chunk, or one of those behind the last."""
        if self._stage == "trailers":
            if not line:
                self._finish(bytes(self._parts), keeps_open=self.keeps_open)
            return
        size = line.split(b";", 1)[0].strip()
        if not HEX.fullmatch(size):
            raise ProtocolError("a chunk of unknown size")
        count = int(size, 16)
        if len(self._parts) + count > self._most:
            raise TooLarge(too_large(self._most))
        if count:
            self._left = count + 2
        else:
            self._stage = "trailers"

    def _finish(self, body: bytes, *, keeps_open: bool) -> None:
        self.body = body
        self.keeps_open = keeps_open
        self._stage = "done"


def too_large(most: int) -> str:
    """What is said of an answer that is longer than one to its request can be."""
    size = f"{most >> 20} MB" if most >= 4 << 20 else f"{most >> 10} KB"
    return f"an answer of more than {size}, which none to this request can have"


def header(line: bytes) -> tuple[bytes, bytes]:
    """A line of the head as a name, in small letters, and a value."""
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise ProtocolError("a header that is none")
    return name.lower(), value.strip()
