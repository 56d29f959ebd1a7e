"""Rendering messages through a model's chat template, in a process under limits.

A template may be written to never end, or to fill the memory: neither may hold up a
command, and both would where it is rendered within it.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from evalkit_backends._models import rendering_worker

START, BUSY, GRACE = 60.0, 4.0, 3.0
"""By the clock the process may take START seconds to begin, and BUSY times as long as
it may work and GRACE seconds: it may have to wait for a processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one rendering may take."""

    seconds: float = 5.0
    """Of processor time, of which it needs a thousandth of one."""
    memory: int = 512 << 20
    """Bytes."""
    most: int = 10_000_000
    """Characters: more than any model reads."""


Turns: TypeAlias = Sequence[Mapping[str, Any]]
"""Messages as templates have them."""


class NotRendered(ValueError):
    """A template that does not take some messages; `str` is what it says."""


class Runaway(NotRendered):
    """A template that had to be stopped."""


class Renderer(ABC):
    """Makes texts of messages as a chat template has them."""

    @abstractmethod
    def __call__(self, turns: Turns, answer: bool) -> str:
        """The text; `answer` opens the model's own turn.

        Raises NotRendered where the template does not take the turns, or worse.
        """

    def tokens(self, turns: Turns) -> list[int] | None:
        """The tokens of turns, the model's own being opened; None where they are those
        of their text."""
        return None


class Within(Renderer):
    """A tokenizer that renders its template in this process."""

    def __init__(self, tokenizer: Any, arguments: Mapping[str, Any]) -> None:
        self._tokenizer = tokenizer
        self._arguments = arguments

    def __call__(self, turns: Turns, answer: bool) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                list(turns),
                tokenize=False,
                add_generation_prompt=answer,
                **self._arguments,
            )
        )


class Own(Within):
    """A tokenizer that makes tokens of messages by itself. Its texts are for people:
    the tokens of a chat's frame are ordinary text in them."""

    def tokens(self, turns: Turns) -> list[int] | None:
        """What the tokenizer makes of turns."""
        found: Sequence[int] = self._tokenizer.apply_chat_template(
            list(turns),
            tokenize=True,
            return_dict=False,
            add_generation_prompt=True,
            **self._arguments,
        )
        return list(found)


class Apart(Renderer):
    """A process that renders, replaced when it had to be stopped."""

    def __init__(
        self, template: str, variables: Mapping[str, Any], limits: Limits | None = None
    ) -> None:
        self._limits = limits or Limits()
        orders = {
            "template": template,
            "variables": dict(variables),
            "path": [each or os.getcwd() for each in sys.path],
            **asdict(self._limits),
        }
        self._orders = encoded(orders)
        self._process = Process(self._orders, self._limits.seconds)

    def __call__(self, turns: Turns, answer: bool) -> str:
        asked = encoded({"messages": list(turns), "answer": answer})
        try:
            found = json.loads(self._process.ask(asked))
        except Ended as exc:
            self._process = Process(self._orders, self._limits.seconds)
            raise Runaway(f"its chat template {exc}") from None
        if "text" in found:
            return str(found["text"])
        if "runaway" in found:
            raise Runaway(f"its chat template {found['runaway']}")
        raise NotRendered(found["error"])


def try_out(render: Renderer) -> None:
    """Raise Runaway for a template that does not even end for the simplest of turns."""
    try:
        render([{"role": "user", "content": "?"}], True)
    except Runaway:
        raise
    except Exception:  # it takes no such turns; real ones will show which
        return


class Ended(Exception):
    """A process that gave no answer; `str` says what became of it."""


class Process:
    """A process that renders, with the pipes to it."""

    def __init__(self, orders: bytes, seconds: float) -> None:
        # -P: the user's folder is no place to import from.
        self._process = subprocess.Popen(
            (sys.executable, "-P", str(Path(rendering_worker.__file__))),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for the parent to deal with
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._seconds = seconds
        self._patience = START
        self._source = pipe(self._process.stdout).fileno()
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        weakref.finalize(self, end, self._process)
        self._write(orders)

    def ask(self, line: bytes) -> bytes:
        """The line that answers another one; Ended if there is none in time."""
        self._write(line)
        allowed = self._patience + self._seconds * BUSY + GRACE
        answer = self._read(time.monotonic() + allowed)
        if not answer.endswith(b"\n"):
            end(self._process)
            raise Ended(died(self._process.returncode, self._seconds))
        self._patience = 0.0
        return answer

    def _write(self, line: bytes) -> None:
        with suppress(BrokenPipeError):  # it died; reading will tell
            pipe(self._process.stdin).write(line)
            pipe(self._process.stdin).flush()

    def _read(self, deadline: float) -> bytes:
        """A line, or as much of it as came before the process or the time ended."""
        found = b""
        while not found.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not self._poll.poll(1000 * left):
                break
            chunk = os.read(self._source, 1 << 16)
            if not chunk:
                break
            found += chunk
        return found


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    """One of a process's pipes, which it was started with."""
    assert end is not None
    return end


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, if it has not ended, and close the pipes to it."""
    process.kill()
    with suppress(BrokenPipeError):
        pipe(process.stdin).close()
    pipe(process.stdout).close()
    process.wait()


def died(status: int, seconds: float) -> str:
    """What became of a process that gave no answer."""
    if status == -signal.SIGPROF:
        return f"was stopped after {seconds:g} s of processor time"
    if status == -signal.SIGKILL:
        return "was stopped: it did not come to an end"
    return f"ended the process that rendered it (status {status})"


def encoded(value: object) -> bytes:
    """A line of JSON."""
    return json.dumps(value, default=str).encode() + b"\n"
