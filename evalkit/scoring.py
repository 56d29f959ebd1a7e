"""Scoring answers in other processes, while the model goes on generating."""

import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec

from evalkit.errors import TaskError
from evalkit.scoring_worker import Job, Orders, Result, TaskRef, failed, resolve
from evalkit.task import Task

DECODER = msgspec.json.Decoder(Result)
ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one answer may cost, and how many are scored at once."""

    seconds: float = 20.0
    memory: int = 4 << 30
    """Bytes of address space per worker."""
    workers: int = max(1, min(4, (os.cpu_count() or 2) - 1))


class Worker:
    """One scoring process and the jobs it has been given, first in, first out."""

    QUEUE = 32

    def __init__(self, orders: bytes) -> None:
        self.jobs: deque[Job] = deque()
        self._out = bytearray(orders)
        self._in = bytearray()
        self.process = subprocess.Popen(
            (sys.executable, "-m", "evalkit.scoring_worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for the parent to deal with
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        os.set_blocking(self.stdin.fileno(), False)
        os.set_blocking(self.stdout.fileno(), False)
        self.write()

    @property
    def has_room(self) -> bool:
        return len(self.jobs) < self.QUEUE

    @property
    def is_writing(self) -> bool:
        return bool(self._out)

    def give(self, job: Job) -> None:
        self.jobs.append(job)
        self._out += ENCODER.encode(job) + b"\n"

    def write(self) -> None:
        """Write as much as the pipe takes."""
        try:
            while self._out:
                del self._out[: os.write(self.stdin.fileno(), self._out[: 1 << 16])]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it died; reading will tell
            self._out.clear()

    def read(self) -> tuple[list[Result], bool]:
        """The results that have arrived, and whether the process has ended."""
        ended = False
        try:
            while chunk := os.read(self.stdout.fileno(), 1 << 16):
                self._in += chunk
            ended = True
        except BlockingIOError:
            pass
        *lines, rest = self._in.split(b"\n")
        self._in = bytearray(rest)
        results = [DECODER.decode(line) for line in lines]
        for _ in results:
            self.jobs.popleft()
        return results, ended

    def close(self) -> None:
        self.stdin.close()
        self.stdout.close()
        self.process.kill()
        self.process.wait()


class ScoringPool:
    """Workers that score answers under hard limits, replaced when they die."""

    def __init__(
        self, tasks: Sequence[tuple[type[Task], dict[str, str]]], limits: Limits
    ) -> None:
        self.limits = limits
        orders = Orders(
            tasks=[reference(cls, options) for cls, options in tasks],
            path=[each or os.getcwd() for each in sys.path],
            seconds=limits.seconds,
            memory=limits.memory,
        )
        self._orders = ENCODER.encode(orders) + b"\n"
        self._workers = [Worker(self._orders) for _ in range(limits.workers)]
        self._waiting: deque[Job] = deque()
        self._answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.close()

    @property
    def pending(self) -> int:
        """Answers that have been submitted and not been scored."""
        return len(self._waiting) + sum(len(each.jobs) for each in self._workers)

    def submit(self, job: Job) -> None:
        self._waiting.append(job)

    def poll(self, timeout: float | None = 0) -> list[Result]:
        """Move jobs and results; wait up to `timeout` seconds (None: for ever)
        until at least one worker has something to say."""
        self._distribute()
        results: list[Result] = []
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.stdout, selectors.EVENT_READ, worker)
                if worker.is_writing:
                    selector.register(worker.stdin, selectors.EVENT_WRITE, worker)
            ready = {key.data for key, _ in selector.select(timeout)}
        for worker in ready:
            worker.write()
            arrived, ended = worker.read()
            self._answered = self._answered or bool(arrived)
            results += arrived
            if ended:
                results += self._bury(worker)
        self._distribute()
        return results

    def _distribute(self) -> None:
        """Fill the workers evenly, those with the fewest jobs first."""
        while self._waiting:
            worker = min(self._workers, key=lambda each: len(each.jobs))
            if not worker.has_room:
                return
            worker.give(self._waiting.popleft())
            worker.write()

    def _bury(self, worker: Worker) -> list[Result]:
        """Replace a dead worker; the job it died of is an error, the rest go on."""
        code = worker.process.wait()
        worker.close()
        if not self._answered and code == 1:
            raise TaskError("a scoring worker could not start; its message is above")
        self._workers[self._workers.index(worker)] = Worker(self._orders)
        if not worker.jobs:
            return []
        killer, *rest = worker.jobs
        self._waiting.extendleft(reversed(rest))
        return [Result(id=killer.id, score=failed(self._cause(code)))]

    def _cause(self, code: int) -> str:
        if code == -signal.SIGALRM:
            return f"scoring took longer than {self.limits.seconds:g} s and was stopped"
        if code < 0:
            return f"the scoring process died of {signal.Signals(-code).name}"
        return f"the scoring process ended with status {code}"


def reference(cls: type[Task], options: dict[str, str]) -> TaskRef:
    """How a worker finds a task; TaskError if it could not."""
    ref = TaskRef(module=cls.__module__, qualname=cls.__qualname__, options=options)
    try:
        found = resolve(ref)
    except (ImportError, AttributeError):
        found = None
    if found is not cls or cls.__module__ == "__main__":
        raise TaskError(
            f"task {cls.name!r} must be a class at the top of an importable module "
            "for scoring processes to find it; it is "
            f"{cls.__module__}.{cls.__qualname__}"
        )
    return ref
