"""Requests per second through the backend `api`, and the start of a small run.

    python tests/bench/api.py [rounds] [--data DIR]

Whole runs: prompts, scheduler, openai client, journal, scoring, results. The server is
another process that answers with the same bytes every time, at once or 50 ms later; its
own processor time, and what a bare loop over sockets gets out of it, tell whether it is
what is waited for. Two runs of different size in each round: their difference is free
of start-up. Wall-clock rates are those of the machine as it is; "per CPU second" is
what one processor would do that had nothing else to do.
"""

import argparse
import heapq
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
BODY = (
    b'{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":'
    b'0,"message":{"role":"assistant","content":"The answer is 42.","refusal":null},'
    b'"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":20,'
    b'"completion_tokens":6,"total_tokens":26}}'
)
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
)
ANSWER = HEAD % len(BODY) + BODY
QUESTION = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500\r\n"
    b"\r\n" + b"x" * 500
)
PROGRAM = """
import sys, resource
sys.argv = ["evalkit", "run", "--tasks=counting", "--model=api:m",
            "--base-url={url}", "--max-concurrency={at_once}", "--set=n={n}",
            "--output={output}"]
import counting
from evalkit.commands import command_line
from evalkit import Plugins
plugins = Plugins(counting, third_party=False)
command_line(plugins)(obj=plugins, standalone_mode=False)
used = resource.getrusage(resource.RUSAGE_SELF)
print("CPU", used.ru_utime + used.ru_stime, file=sys.stderr)
"""
SCRIPTED = """
def answer(request):
    return "The answer is 42."
"""
SMALL = 300


class Serving:
    """Answers requests over many connections, as lean as Python can."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._socket.setblocking(False)
        self._poll = select.epoll()
        self._poll.register(self._socket, select.EPOLLIN)
        self._open: dict[int, socket.socket] = {}
        self._data: dict[int, bytes] = {}
        self._due: list[tuple[float, int]] = []

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def serve(self) -> None:
        while True:
            wait = self._due[0][0] - time.monotonic() if self._due else -1
            for number, _ in self._poll.poll(max(0, wait) if self._due else -1):
                if number == self._socket.fileno():
                    self._accept()
                else:
                    self._read(number)
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                self._answer(heapq.heappop(self._due)[1])

    def _accept(self) -> None:
        try:
            while True:
                connection, _ = self._socket.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open[connection.fileno()] = connection
                self._data[connection.fileno()] = b""
                self._poll.register(connection, select.EPOLLIN)
        except BlockingIOError:
            return

    def _read(self, number: int) -> None:
        try:
            came = self._open[number].recv(1 << 16)
        except OSError:
            came = b""
        if not came:
            self._poll.unregister(number)
            self._open.pop(number).close()
            return
        data = self._data[number] + came
        while (rest := behind_request(data)) is not None:
            data = rest
            if self._delay:
                heapq.heappush(self._due, (time.monotonic() + self._delay, number))
            else:
                self._answer(number)
        self._data[number] = data

    def _answer(self, number: int) -> None:
        if number in self._open:
            self._open[number].send(ANSWER)


def behind_request(data: bytes) -> bytes | None:
    """What comes after the first whole request, None if there is none."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    _, found, rest = data[:end].lower().partition(b"content-length:")
    length = int(rest.split(b"\r\n", 1)[0]) if found else 0
    return data[end + 4 + length :] if len(data) >= end + 4 + length else None


@dataclass(frozen=True)
class Server:
    """The server's process."""

    port: int
    process: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def cpu(self) -> float:
        """Processor seconds that it has used."""
        fields = (
            Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(delay: float) -> Generator[Server]:
    """The server, for as long as the block lasts."""
    words = (sys.executable, __file__, "--serve", str(delay))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()), process.pid)
        finally:
            process.kill()


@dataclass(frozen=True)
class Cost:
    """What a run has taken."""

    seconds: float
    cpu: float
    server_cpu: float


def run(server: Server, n: int, at_once: int) -> Cost:
    """A whole run of n questions in a process of its own."""
    with tempfile.TemporaryDirectory() as output:
        program = PROGRAM.format(url=server.url, n=n, at_once=at_once, output=output)
        before, begun = server.cpu, time.monotonic()
        done = subprocess.run(
            (sys.executable, "-c", program),
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "plugins")},
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = time.monotonic() - begun
    cpu = float(done.stderr.rpartition("CPU ")[2].split()[0])
    return Cost(seconds, cpu, server.cpu - before)


def bare(server: Server, n: int, at_once: int) -> float:
    """Requests per second of a loop that only sends and receives bytes."""
    poll = select.epoll()
    connections: dict[int, socket.socket] = {}
    for _ in range(at_once):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections[connection.fileno()] = connection
        poll.register(connection, select.EPOLLIN)
    begun = time.monotonic()
    for connection in connections.values():
        connection.send(QUESTION)
    answered = 0
    while answered < n:
        for number, _ in poll.poll():
            answered += connections[number].recv(1 << 16).count(b"HTTP/1.1 ")
            connections[number].send(QUESTION)
    seconds = time.monotonic() - begun
    for connection in connections.values():
        connection.close()
    return answered / seconds


@dataclass(frozen=True)
class Case:
    """One way of loading the server."""

    name: str
    delay: float
    at_once: int
    n: int


CASES = (
    Case("at once, 64 in flight", 0.0, 64, 10_000),
    Case("after 50 ms, 256 in flight", 0.05, 256, 20_000),
)


def measure(case: Case) -> dict[str, float]:
    """One round of a case."""
    with served(case.delay) as server:
        raw = bare(server, case.n, case.at_once)
        small = run(server, SMALL, case.at_once)
        large = run(server, SMALL + case.n, case.at_once)
    seconds = large.seconds - small.seconds
    return {
        "requests/s": case.n / seconds,
        "requests per CPU second": case.n / (large.cpu - small.cpu),
        "share of a processor it got": (large.cpu - small.cpu) / seconds,
        "share that the server used": (large.server_cpu - small.server_cpu) / seconds,
        "bare loop, requests/s": raw,
    }


def start_up(data: Path, model: str, *more: str) -> tuple[float, float]:
    """Wall and processor seconds of a run of 200 questions."""
    with tempfile.TemporaryDirectory() as output:
        Path(output, "bench_answers.py").write_text(SCRIPTED)
        words = ("run", "--tasks=gsm8k", "--limit=200", f"--model={model}", *more)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.monotonic()
        subprocess.run(
            (sys.executable, "-m", "evalkit", *words, f"--data={data.resolve()}"),
            cwd=output,
            capture_output=True,
            check=True,
        )
        seconds = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu


def start_ups(data: Path) -> dict[str, tuple[float, float]]:
    """One round of starts: behind a server, and without any."""
    with served(0.0) as server:
        behind = start_up(data, "api:m", f"--base-url={server.url}")
    return {
        "api": behind,
        "scripted": start_up(data, "scripted:bench_answers:answer"),
    }


def main(rounds: int, data: Path | None) -> None:
    figures: dict[str, list[dict[str, float]]] = {case.name: [] for case in CASES}
    starts: list[dict[str, tuple[float, float]]] = []
    for _ in range(rounds):  # interleaved, so that a busy moment hits all alike
        for case in CASES:
            figures[case.name].append(measure(case))
        if data is not None:
            starts.append(start_ups(data))
    print(f"medians of {rounds}")
    for case in CASES:
        print(f"\n{case.name}")
        if case.delay:
            print(f"  {case.at_once / case.delay:8.0f}    ideal, requests/s")
        for name in figures[case.name][0]:
            value = median(each[name] for each in figures[case.name])
            print(f"  {value:8.{2 if value < 10 else 0}f}    {name}")
    for name in starts[0] if starts else ():
        seconds, cpu = (
            median(each[name][place] for each in starts) for place in range(2)
        )
        print(f"\n200 questions of gsm8k, {name}: {seconds:.2f} s, {cpu:.2f} CPU s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serving = Serving(float(sys.argv[2]))
        print(serving.port, flush=True)
        serving.serve()
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    main(given.rounds, given.data)
