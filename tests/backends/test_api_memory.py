"""Answers that are too long cost nothing but their request, and no memory."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.backends.api_server import Asked, Reaction, Server, chat, counts
from tests.conftest import ROOT

pytest.importorskip("openai", reason="the package openai is not installed")

PROGRAM = r"""
import re, sys
import counting
from evalkit import Experiment, Plugins, run
url, output, n, most, *words = sys.argv[1:]
more = [word.split("=") for word in words]
wanted = Experiment(
    tasks=("counting",), model="api:m", task_options={"n": n}, output=output,
    backend_options={"base_url": url, **dict(more)}, sampling={"max_tokens": int(most)},
)
(record,) = run(wanted, Plugins(counting, third_party=False))
# What getrusage tells counts the process that this one was forked from.
with open("/proc/self/status") as status:
    print(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1], record.counts.failed)
"""
MB = 1 << 20


def peak(
    reaction: Reaction, output: Path, n: int, most: int, **options: str
) -> tuple[float, int]:
    """The most memory that a run takes, in megabytes, and how many requests failed."""

    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET" or asked.number % 5 == 0:
            return counts(asked)
        return reaction

    variables = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "plugins")}
    variables.pop("http_proxy", None)
    with Server(behavior) as server:
        words = (sys.executable, "-c", PROGRAM, server.url, str(output))
        done = subprocess.run(
            (*words, str(n), str(most), *map("=".join, options.items())),
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
    kilobytes, failed = done.stdout.split()
    return int(kilobytes) / 1024, int(failed)


LONG = chat("1 " * (8 * MB))
FORMS: Mapping[str, Reaction] = {
    "with their length": Reaction(body=LONG),
    "in chunks": Reaction(body=LONG, chunked=True),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> float:
    """What a run takes whose answers are short."""
    output = tmp_path_factory.mktemp("small")
    return peak(Reaction(body=chat("1")), output, 64, 1024)[0]


@pytest.mark.parametrize("form", FORMS)
def test_answers_that_cannot_be_so_long_are_not_read(
    form: str, small: float, tmp_path: Path
) -> None:
    """80 of 16 MB, to at most 1024 tokens; the other 20 are short."""
    memory, failed = peak(FORMS[form], tmp_path, 100, 1024)
    assert failed == 80
    assert memory - small < 160
    (results,) = tmp_path.glob("counting/*/results.jsonl")
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    turns = [each["attempts"][0]["turns"][0] for each in lines]
    assert [each["failure"] for each in turns] == [None, *["unreadable"] * 4] * 20
    assert "more than 2048 KB" in turns[1]["error"]


def test_answers_that_may_be_long_wait_within_bounds(
    small: float, tmp_path: Path
) -> None:
    """32 of 6 MB, which come faster than they are scored."""
    long = Reaction(body=chat("x" * 6 * MB))
    memory, failed = peak(long, tmp_path, 40, 30_000, max_concurrency="8")
    assert failed == 0
    assert memory - small < 380
