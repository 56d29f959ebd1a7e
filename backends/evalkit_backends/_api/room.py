"""How many bytes of answers may be under way; beyond that one answer after another."""

from collections import deque
from typing import Protocol

MOST = 64 << 20
"""Bytes of answers that are not whole yet, all connections together."""


class Reader(Protocol):
    """A connection that an answer is being read from."""

    def pause(self) -> None:
        """Read nothing more for now."""

    def resume(self) -> None:
        """Read on."""


class Room:
    """Lets all read while there is room, and always one."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._used = 0
        self._first: Reader | None = None
        """Whoever may go on though there is no room."""
        self._waiting: deque[Reader] = deque()

    def take(self, reader: Reader, count: int) -> None:
        """Note bytes that were read; whoever read them may have to wait."""
        self._used += count
        if self._used <= self._most or self._first is reader:
            return
        if self._first is None:
            self._first = reader
        elif reader not in self._waiting:
            reader.pause()
            self._waiting.append(reader)

    def give_back(self, reader: Reader, count: int) -> None:
        """Note that an answer is no longer under way, and let others read on."""
        self._used -= count
        if reader in self._waiting:
            self._waiting.remove(reader)
        if self._first is reader:
            self._first = None
        while self._waiting and (self._used <= self._most or self._first is None):
            following = self._waiting.popleft()
            if self._used > self._most:
                self._first = following
            following.resume()
