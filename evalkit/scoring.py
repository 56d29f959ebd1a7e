"""Scoring answers in other processes, while the model goes on generating."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec

from evalkit.errors import TaskError
from evalkit.failures import Failure
from evalkit.scoring_worker import (
    READY,
    Job,
    Orders,
    Result,
    TaskRef,
    failed,
    resolve,
)
from evalkit.task import Task, task_label
from evalkit.types import Score

DECODER = msgspec.json.Decoder(Result)
ENCODER = msgspec.json.Encoder()

BUSY = 4.0
GRACE = 3.0
"""By the clock a worker may take BUSY times the limit and GRACE seconds: it may have to
wait for a processor. Then the parent kills it, whether it waits, or has undone its own
alarm."""
PAUSE = 0.002
"""Seconds between two looks at the workers, unless they are waited for."""
START = 60.0
"""Seconds that a worker may take to import its tasks."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one answer may cost, and how many are scored at once."""

    seconds: float = 20.0
    """Of processor time for one answer: what else the machine does changes no score."""
    memory: int = 4 << 30
    """Bytes of address space per worker."""
    workers: int = max(1, min(4, (os.cpu_count() or 2) - 1))


class Worker:
    """One scoring process and the jobs it has been given, first in, first out."""

    QUEUE = 32

    def __init__(self, orders: bytes, limits: Limits) -> None:
        self.jobs: deque[Job] = deque()
        self.is_ready = False
        self._limits = limits
        self._out = bytearray(orders)
        self._in = bytearray()
        self._since = time.monotonic()
        # -P: the user's folder is no place to import from.
        self.process = subprocess.Popen(
            (sys.executable, "-P", "-m", "evalkit.scoring_worker"),
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

    @property
    def seconds_left(self) -> float:
        """Until the job at the head must be done; endless without a job.

        The clock starts anew when the parent hears of a result, which may be long
        after the worker went on: the limit is exceeded at times, never cut short.
        """
        if self.is_ready and not self.jobs:
            return float("inf")
        slowly = self._limits.seconds * BUSY + GRACE
        allowed = slowly if self.is_ready else START
        return self._since + allowed - time.monotonic()

    def give(self, job: Job) -> None:
        if not self.jobs and self.is_ready:
            self._since = time.monotonic()
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

    def read(self) -> list[Result]:
        """The results that have arrived."""
        with suppress(BlockingIOError):
            while chunk := os.read(self.stdout.fileno(), 1 << 16):
                self._in += chunk
        *lines, rest = self._in.split(b"\n")
        self._in = bytearray(rest)
        if lines:
            self._since = time.monotonic()
        if lines and not self.is_ready:
            self.is_ready = bytes(lines.pop(0)) == READY.strip()
        results = [DECODER.decode(line) for line in lines]
        for result in results:
            if self.jobs.popleft().id != result.id:
                raise RuntimeError(f"scoring process answered {result.id} out of turn")
        return results

    def close(self) -> int:
        """End the process and whatever it started; its exit status."""
        code = self.process.poll()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.stdin.close()
        self.stdout.close()
        final = self.process.wait()
        return final if code is None else code


class ScoringPool:
    """Workers that score answers under hard limits, replaced when they die."""

    def __init__(
        self, tasks: Sequence[tuple[Task, dict[str, str]]], limits: Limits
    ) -> None:
        self.limits = limits
        orders = Orders(
            tasks=[reference(task, options) for task, options in tasks],
            path=[each or os.getcwd() for each in sys.path],
            seconds=limits.seconds,
            memory=limits.memory,
        )
        self._orders = ENCODER.encode(orders) + b"\n"
        self._workers = [Worker(self._orders, limits) for _ in range(limits.workers)]
        self._waiting: deque[Job] = deque()
        self._looked = 0.0

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

    def submit(self, job: Job) -> None:
        """Have an answer scored; its result comes from a later `poll`."""
        self._waiting.append(job)

    def poll(self, *, wait: bool = False) -> list[Result]:
        """Move jobs and results along; `wait` until there may be something new.

        Whoever asks at every moment gets an answer now and then: each look at a process
        costs more than the scoring of some answers.
        """
        now = time.monotonic()
        if now < self._looked + PAUSE and not wait:
            return []
        self._looked = now
        self._distribute()
        if wait:
            self._wait()
        results: list[Result] = []
        for worker in tuple(self._workers):
            # Asked before reading: what a dead process wrote has arrived by then.
            ended = worker.process.poll() is not None
            results += worker.read()
            if ended or worker.seconds_left <= 0:
                results += self._bury(worker)
        self._distribute()
        return results

    def _wait(self) -> None:
        """Until a worker has something to say, or takes more, or is late."""
        patience = min(worker.seconds_left for worker in self._workers)
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                selector.register(worker.stdout, selectors.EVENT_READ)
                if worker.is_writing:
                    selector.register(worker.stdin, selectors.EVENT_WRITE)
            selector.select(max(0.0, min(patience, 1.0)))

    def _distribute(self) -> None:
        """Fill the workers evenly, those with the fewest jobs first."""
        while self._waiting:
            worker = min(self._workers, key=lambda each: len(each.jobs))
            if not worker.has_room:
                break
            worker.give(self._waiting.popleft())
        for worker in self._workers:
            worker.write()

    def _bury(self, worker: Worker) -> list[Result]:
        """Replace a dead worker; the job it died of is an error, the rest go on."""
        overrun = worker.seconds_left <= 0
        code = worker.close()
        if not worker.is_ready:
            why = f"not ready after {START:g} s" if overrun else f"status {code}"
            raise TaskError(f"a scoring process could not start: {why}")
        self._workers[self._workers.index(worker)] = Worker(self._orders, self.limits)
        if not worker.jobs:
            return []
        killer, *rest = worker.jobs
        self._waiting.extendleft(reversed(rest))
        return [Result(id=killer.id, score=self._verdict(code, overrun=overrun))]

    def _verdict(self, code: int, *, overrun: bool) -> Score:
        """The score of an answer that a worker did not survive."""
        if overrun or code == -signal.SIGPROF:
            limit = f"{self.limits.seconds:g} s"
            return failed(
                f"scoring took longer than {limit} and was stopped",
                Failure.SCORING_LATE,
            )
        if code < 0:
            how = f"died of {signal.Signals(-code).name}"
        else:
            how = f"ended with status {code}"
        return failed(f"the scoring process {how}", Failure.SCORING_DIED)


def reference(task: Task, options: dict[str, str]) -> TaskRef:
    """How a worker finds a task; TaskError if it could not."""
    cls = type(task)
    ref = TaskRef(
        module=cls.__module__,
        qualname=cls.__qualname__,
        options=options,
        giver=task.giver,
    )
    try:
        found = resolve(ref)
    except (ImportError, AttributeError):
        found = None
    if found is not cls or cls.__module__ == "__main__":
        raise TaskError(
            f"{task_label(task)} must be a class at the top of an importable module "
            "for scoring processes to find it; it is "
            f"{cls.__module__}.{cls.__qualname__}"
        )
    return ref
