"""Answers and a backend for tests of `--replicas`, which run in the copies."""

import os
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from evalkit import Backend, BatchEngine, Completion, Engine, Model, Rank, Request

FATAL = "fatal"


def process(request: Request) -> str:
    """Which process answered."""
    return str(os.getpid())


def echo(request: Request) -> str:
    """The prompt, from any process that did not have to die for it."""
    if FATAL in str(request.prompt):
        os.kill(os.getpid(), signal.SIGKILL)
    return f"echo of {request.prompt}"


def failing(request: Request) -> str:
    raise ValueError(f"cannot answer {request.prompt}")


@dataclass(frozen=True, kw_only=True)
class Wandering(Backend):
    """A model that is what a file says when one looks, and lies nowhere."""

    name: ClassVar[str] = "wandering"

    def prepare(self) -> Model:
        identity = {"revision": Path(self.model).read_text()}
        return Model(name="wanderer", location="/no/such/place", identity=identity)

    def load(self, model: Model) -> Engine:
        return Telling(model.identity["revision"])


class Telling(BatchEngine):
    """Says the same to everyone."""

    def __init__(self, text: str) -> None:
        super().__init__(capacity=4)
        self._text = text

    def complete(self, batch: Sequence[Request]) -> Iterable[Completion]:
        for request in batch:
            assert not isinstance(request, Rank)
            yield request.completion(self._text)


@dataclass(frozen=True, kw_only=True)
class Uneven(Backend):
    """An engine that is slow in the first process to load it, and says which it is.

    Processes agree on the first by a file in the folder that is the model.
    """

    name: ClassVar[str] = "uneven"

    capacity: int = 4

    def load(self, model: Model) -> Engine:
        claim = Path(self.model, f"claim {os.getpid()}")
        claim.write_text(str(os.getpid()))
        with suppress(FileExistsError):
            os.link(claim, Path(self.model, "slow"))
        slow = Path(self.model, "slow").read_text() == str(os.getpid())
        return OneByOne(self.capacity, 0.05 if slow else 0.005)

    def at_once(self) -> int:
        return self.capacity


class OneByOne(Engine):
    """Answers one request in each step, and has begun no other."""

    def __init__(self, capacity: int, seconds: float) -> None:
        self.capacity = capacity
        self._seconds = seconds
        self._waiting: list[Request] = []

    def submit(self, requests: Sequence[Request]) -> None:
        self._waiting += requests

    def step(self) -> Sequence[Completion]:
        time.sleep(self._seconds)
        request = self._waiting.pop(0)
        self.generated_tokens += 1
        return [Completion(request_id=request.id, text=str(os.getpid()))]

    def withdraw(self) -> Sequence[str]:
        ids = [request.id for request in self._waiting]
        self._waiting.clear()
        return ids
