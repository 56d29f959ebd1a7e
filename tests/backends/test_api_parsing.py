"""Reading HTTP answers, in one piece and byte by byte, sound ones and others."""

import pytest

from evalkit_backends._api.parsing import (
    BODY_LIMIT,
    HEAD_LIMIT,
    Answer,
    ProtocolError,
    TooLarge,
)

SOUND = {
    "a length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", True),
    "no reason": (b"HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", True),
    "a length that closes": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Close\r\n\r\nhello",
        False,
    ),
    "an old version": (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", False),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
        True,
    ),
    "something before": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        True,
    ),
}


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_sound_answers(name: str, size: int) -> None:
    data, keeps_open = SOUND[name]
    answer = Answer()
    for start in range(0, len(data), size):
        assert not answer.done
        answer.feed(data[start : start + size])
    assert answer.done
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.keeps_open == keeps_open
    assert not answer.surplus


def test_an_answer_until_the_end() -> None:
    answer = Answer()
    answer.feed(b"HTTP/1.1 200 OK\r\n\r\nhel")
    answer.feed(b"lo")
    assert not answer.done
    answer.end()
    assert answer.done
    assert (answer.body, answer.keeps_open) == (b"hello", False)


def test_an_answer_without_a_body() -> None:
    answer = Answer()
    answer.feed(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert answer.done


def test_more_than_the_answer() -> None:
    answer = Answer()
    answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhello")
    assert answer.body == b"h"
    assert answer.surplus


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 No\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
    ],
)
def test_answers_that_are_none(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        Answer().feed(data)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n"
        % (BODY_LIMIT + 1),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (BODY_LIMIT + 1),
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * HEAD_LIMIT,
    ],
)
def test_answers_that_are_too_large(data: bytes) -> None:
    with pytest.raises(TooLarge):
        Answer().feed(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "before an answer"),
        (b"HTTP/1.1 2", "within an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "within an answer"),
    ],
)
def test_an_end_that_comes_too_early(data: bytes, said: str) -> None:
    answer = Answer()
    answer.feed(data)
    with pytest.raises(ProtocolError, match=said):
        answer.end()
