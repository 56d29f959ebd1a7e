"""Questions for computer algebra, answered by a process that may be killed.

sympy can take for ever, or all memory, on innocent input. It runs in a process of its
own, which kills itself at the time limit (an alarm that no handler catches) and is
refused memory beyond a limit; whatever becomes of it, the question is then undecided
and the next one goes to a new process. sympy never sees text: only trees that were
read here.

The limit is on processor time: what else the machine has to do changes no verdict.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from threading import Lock
from typing import Any, TypeAlias

from evalkit.grading.answers.meanings import Region
from evalkit.grading.comparing.findings import UNDECIDED, Finding, no, yes
from evalkit.grading.maths.encoding import Encoded, encode, numbering
from evalkit.grading.maths.nodes import Node, PlusMinus, walk

SECONDS = 2.0
"""Of processor time for one verdict, here and in the process together."""
PATIENCE = 8.0
"""By the clock, for one question: a process that got no processor is given up then."""
START = 20.0
"""For importing sympy, which is not the question's fault."""
MAX_NODES = 400


@dataclass
class Process:
    """One running process, and what it has written so far."""

    popen: "subprocess.Popen[bytes]"
    owner: int
    buffer: bytearray = field(default_factory=bytearray)

    ready: bool = False

    @classmethod
    def launch(cls) -> "Process":
        """Start a process; it gets ready while others work."""
        popen = subprocess.Popen(
            (sys.executable, "-P", "-m", "evalkit.grading.comparing.symbolic_worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return cls(popen, os.getpid())

    def ask(self, question: object, seconds: float) -> Any:
        """The answer to a question that may cost so much, None if there is none."""
        if not self.ready and self.line(START) is None:
            return None
        self.ready = True
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps([seconds, question]).encode() + b"\n")
            self.popen.stdin.flush()
        except BrokenPipeError:
            return None
        line = self.line(PATIENCE)
        return None if line is None else json.loads(line)

    def line(self, seconds: float) -> bytes | None:
        """The next line that the process writes, None at its end or too late."""
        assert self.popen.stdout is not None
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self.popen.stdout], [], [], left)[0]
            part = os.read(self.popen.stdout.fileno(), 1 << 16) if ready else b""
            if not part:
                return None
            self.buffer += part
        found, _, rest = bytes(self.buffer).partition(b"\n")
        self.buffer[:] = rest
        return found

    def end(self) -> None:
        """Kill the process, if it has not ended by itself."""
        self.popen.kill()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        self.popen.wait()


@dataclass(slots=True)
class Symbolic:
    """Asks on behalf of one verdict, for which all questions together have a time."""

    algebra: "Algebra"
    begun: float = field(default_factory=time.thread_time)
    asked: float = 0.0
    """Seconds of processor time that questions took in the other process."""

    @property
    def left(self) -> float:
        """Seconds of processor time for what remains to be decided."""
        return SECONDS - self.asked - (time.thread_time() - self.begun)

    def same(self, one: Node, other: Node) -> Finding:
        """Whether two expressions are equal."""
        if not all(manageable(each) for each in (one, other)):
            return UNDECIDED
        known = numbering((one, other))
        sides = encode(one, known), encode(other, known)
        return self.verdict({"ask": "same", "one": sides[0], "other": sides[1]})

    def same_solutions(self, one: "Solutions", other: "Solutions") -> Finding:
        """Whether two equations, inequalities or sets have the same real solutions."""
        nodes = [node for each in (one, other) for node in parts(each)]
        if not all(manageable(each) for each in nodes):
            return UNDECIDED
        known = numbering(nodes)
        sides = [encoded(each, known) for each in (one, other)]
        return self.verdict({"ask": "solutions", "one": sides[0], "other": sides[1]})

    def verdict(self, question: object) -> Finding:
        left = self.left
        answer = self.algebra.ask(question, left) if left > 0 else None
        if answer is None:
            self.asked = SECONDS
            return UNDECIDED
        self.asked += answer["seconds"]
        if "equal" not in answer:
            return UNDECIDED
        if answer["equal"]:
            return yes("equal by computer algebra")
        return no("not equal by computer algebra")


class Algebra:
    """Asks one process at a time; starts it with the first question."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._lock = Lock()

    def ask(self, question: object, seconds: float) -> Any:
        """The answer to a question, None if there was none in time."""
        with self._lock:
            return self._ask(question, seconds)

    def _ask(self, question: object, seconds: float) -> Any:
        process = self._process
        if process is None or process.owner != os.getpid():
            process = self._process = Process.launch()
        answer = process.ask(question, seconds)
        if answer is None:
            process.end()
            self._process = Process.launch()  # ready for the next question
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            if self._process is not None and self._process.owner == os.getpid():
                self._process.end()
            self._process = None


Solutions: TypeAlias = tuple[list[str], list[Node]] | Region
"""A relation (signs, and the sides around them), or the numbers that solve one."""


def parts(solutions: Solutions) -> list[Node]:
    """The expressions in a relation or set."""
    if isinstance(solutions, Region):
        return [node for each in solutions.spans for node in (each.low, each.high)]
    return solutions[1]


def encoded(solutions: Solutions, known: Mapping[str, str]) -> Encoded:
    if isinstance(solutions, Region):
        spans = [
            [encode(s.low, known), encode(s.high, known), not s.has_low, not s.has_high]
            for s in solutions.spans
        ]
        return ["set", spans]
    signs, nodes = solutions
    return ["relation", signs, [encode(each, known) for each in nodes]]


def manageable(node: Node) -> bool:
    """Whether an expression is small enough to be worth the question."""
    seen = list(islice(walk(node), MAX_NODES + 1))
    return len(seen) <= MAX_NODES and not any(isinstance(s, PlusMinus) for s in seen)


@cache
def algebra() -> Algebra:
    """The one that all comparisons of this process share."""
    return Algebra()
