"""Where an engine's thread meets those that bring it requests and fetch answers."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit import Completion, Request

MOMENT = 0.5
"""Seconds after which one who waits for answers is told that there are none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a copy says of itself once its model is loaded."""

    capacity: int
    facts: Mapping[str, str]
    evalkit: str
    """The version that it runs."""
    host: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What a copy has done since it was last asked."""

    completions: tuple[Completion, ...]
    generated_tokens: int
    facts: Mapping[str, str]
    """What it says of itself after that; empty while it has more to do."""


class Desk:
    """Requests on their way to one engine, and what comes of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._started: Started | None = None
        self._closed = False
        self._requests: list[Request] = []
        self._completions: list[Completion] = []
        self._tokens = 0
        self._facts: Mapping[str, str] = {}
        self._wanted_back = False
        self._given_back: list[str] = []

    # The engine's side.

    def open(self, started: Started) -> None:
        """Say that the engine is ready."""
        with self._changed:
            self._started = started
            self._changed.notify_all()

    def next(self, *, idle: bool) -> Sequence[Request] | None:
        """The requests that have come, None to close.

        An engine that has nothing to do waits here until something is wanted of it.
        """
        with self._changed:
            while idle and not (self._requests or self._wanted_back or self._closed):
                self._changed.wait()
            requests, self._requests = self._requests, []
            return None if self._closed else requests

    @property
    def wanted_back(self) -> bool:
        """Whether the engine is to give back what it has not begun."""
        return self._wanted_back

    def give_back(self, ids: Sequence[str]) -> None:
        with self._changed:
            self._given_back += ids
            self._wanted_back = False
            self._changed.notify_all()

    def put(
        self,
        completions: Sequence[Completion],
        tokens: int,
        facts: Mapping[str, str],
    ) -> None:
        """Lay down what the engine has done, and what it says of itself if that is
        all."""
        with self._changed:
            self._tokens = tokens
            self._completions += completions
            self._facts = facts
            self._changed.notify_all()

    # The other side, which may be several threads.

    def started(self) -> Started:
        """Wait for the engine to be ready."""
        with self._changed:
            while self._started is None:
                self._changed.wait()
            return self._started

    def bring(self, requests: Sequence[Request]) -> None:
        with self._changed:
            self._requests += requests
            self._changed.notify_all()

    def take(self) -> Progress:
        """What there is; waits a moment for it if that is nothing."""
        with self._changed:
            self._changed.wait_for(lambda: self._completions, MOMENT)
            done, self._completions = self._completions, []
            return Progress(tuple(done), self._tokens, self._facts)

    def take_back(self) -> list[str]:
        """The ids of requests that were not begun and now will not be."""
        with self._changed:
            self._wanted_back = True
            self._changed.notify_all()
            while self._wanted_back:
                self._changed.wait()
            ids, self._given_back = self._given_back, []
            return ids

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
