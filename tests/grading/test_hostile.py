"""No text can run code, hang the grader, exhaust memory or pass for an answer."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evalkit.grading import equal, grade
from tests.conftest import ROOT, wait_for
from tests.grading.hostile import hostile_texts
from tests.grading.spent import processor_seconds

SECONDS = 3.0
"""A text may cost so much processor time in each way that it can reach the grader."""
PATIENCE = 120.0
"""After so long a process counts as hanging; long enough to say what hangs."""
MEGABYTES = 1000
WATCH = """
import os, sys

def watch(event, arguments):
    if event == "compile" and not str(arguments[1]).strip("'b").endswith(".py"):
        if b"pwned" in source(arguments[0]):
            os.write(2, b"pwned: compiled " + source(arguments[0])[:200] + b"\\n")

def source(code):
    return code.encode("utf-8", "replace") if isinstance(code, str) else code or b""

sys.addaudithook(watch)
"""
"""Runs first in every process; tells of text that is about to be run as Python."""


class Grader:
    """A process that grades hostile texts, replaced when one hangs or kills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        (folder / "sitecustomize.py").write_text(WATCH)
        self.said = (folder / "stderr").open("wb")
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            (sys.executable, "-m", "tests.grading.hostile"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            bufsize=0,
            cwd=self.home,
            env={**os.environ, "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}"},
            start_new_session=True,
        )

    def reports(self, name: str) -> Iterator[dict[str, Any]]:
        """What became of a text in each way; fails if nothing is heard."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n".encode())
        while True:
            line = self.line()
            if not line.endswith(b"\n"):
                self.stop()
                self.process = self.start()
                pytest.fail(f"{name}: no answer in time, or the process died")
            report: dict[str, Any] = json.loads(line)
            if report["way"] == "end":
                return
            yield report

    def line(self) -> bytes:
        """A line from the process, or the beginning of one when time is up."""
        assert self.process.stdout is not None
        end = time.monotonic() + PATIENCE
        line = b""
        while not line.endswith(b"\n"):
            left = max(0.0, end - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                break
            piece = os.read(self.process.stdout.fileno(), 1)
            if not piece:
                break
            line += piece
        return line

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    started = Grader(tmp_path_factory.mktemp("hostile"))
    yield started
    started.stop()
    started.said.close()


@pytest.mark.parametrize("name", [name for name, _ in hostile_texts()])
def test_a_hostile_text_costs_little_and_is_not_the_answer(
    grader: Grader, name: str
) -> None:
    before = (grader.folder / "stderr").stat().st_size
    reports = list(grader.reports(name))
    assert reports
    for report in reports:
        assert not report["failure"], report
        assert not report["accepted"], report
        assert report["seconds"] < SECONDS, report
        assert report["megabytes"] < MEGABYTES, report
    said = (grader.folder / "stderr").read_bytes()[before:]
    assert b"pwned" not in said, said
    assert not list(grader.home.iterdir()), "the text was run"


def test_there_are_many_hostile_texts() -> None:
    assert len(dict(hostile_texts())) >= 100


EASY = (
    (r"\sec^2(y)", r"\tan^2(y)+1", True),
    (r"\frac{\sin 2x}{2\cos x}", r"\sin x", True),
    ("x^2+2x+1", "(x+1)^2", True),
    ("x^2+2x+1", "(x-1)^2", False),
    (r"\sqrt{3+2\sqrt{2}}", r"1+\sqrt{2}", True),
)
HARD = (
    (
        r"\int_0^1 x^{x^{x^{x}}} \sin(x^x) \, dx",
        r"\int_0^1 x^{x^{x^{x}}} \sin(x^{2x}) \, dx",
        False,
    ),
    (r"\sum_{k=1}^{10^9} \frac{1}{k^3}", r"\sum_{k=2}^{10^9} \frac{1}{k^3}", False),
    (r"\prod_{k=1}^{10^7} (k^2+1)", r"\prod_{k=1}^{10^7} (k^2+2)", False),
    ("(a+b+c+d+e)^{300}", "(a+b+c+d+e)^{298}(a+b+c+d+e)^2+abcde", False),
    ("(a+b+c+d+e)^{300}", "(a+b+c+d+e)^{150}(e+d+c+b+a)^{150}", True),
    (r"\sum_{k=1}^{10^9} k^{-k}", r"\sum_{k=1}^{10^9} \frac{1}{k^k}", True),
    ("(x+y+z+w)^{60}-(x+y-z+w)^{60}", "(w+x+y+z)^{60}-(w+x+y-z)^{60}", True),
    (r"\zeta(\frac{1}{2} + 10^{12} i)", r"\zeta(\frac{1}{2} - 10^{12} i)", False),
)


INTEGRAL = r"\int_0^1 x^{{x^{{x+{0}}}}} \sin(x^x) \, dx"
MANY = (
    "({})",
    r"\{{{}\}}",
    "{}",
    r"\begin{{pmatrix}} {} \end{{pmatrix}}",
)


@pytest.mark.parametrize("template", MANY)
def test_many_hard_parts_take_no_longer_than_one(template: str) -> None:
    """All parts of an answer share the time that there is for one answer."""
    separator = " & " if "matrix" in template else ", "
    parts = [INTEGRAL.format(number) for number in range(20)]
    reference = template.format(separator.join(parts[:10]))
    answer = template.format(separator.join(parts[10:]))
    begun = processor_seconds()
    assert not equal(reference, answer)
    assert processor_seconds() - begun < SECONDS


def test_an_overrun_is_undecided_and_what_comes_next_is_judged() -> None:
    undecided: list[tuple[str, str]] = []
    for reference, answer, truth in HARD:
        begun = processor_seconds()
        verdict = equal(reference, answer)
        assert processor_seconds() - begun < SECONDS, (reference, answer)
        assert truth or not verdict, (reference, answer)
        assert not (verdict.undecided and verdict.equal)
        if verdict.undecided:
            undecided.append((reference, answer))
        for innocent, its_answer, its_truth in EASY:
            innocent_verdict = equal(innocent, its_answer)
            assert innocent_verdict.equal == its_truth, (innocent, its_answer)
            assert not innocent_verdict.undecided
    assert undecided
    reference, answer = undecided[0]
    assert not grade(reference, rf"\boxed{{{answer}}}")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_process_that_gets_no_processor_for_a_while_still_decides() -> None:
    """On a machine that is busy with other things verdicts are the same."""
    reference, answer = r"\int_0^1 x^2 \, dx", r"\frac{1}{3}"
    assert equal(reference, answer).equal  # the process is there now
    ours = list(children(os.getpid()))
    with ThreadPoolExecutor(1) as pool:
        for each in ours:
            os.kill(each, signal.SIGSTOP)
        verdict = pool.submit(equal, reference, answer)
        with suppress(TimeoutError):
            verdict.result(timeout=3)
            pytest.fail("the process was not asked")
        for each in ours:
            os.kill(each, signal.SIGCONT)
        assert verdict.result().equal


PARENT = """
import json, os, sys, time
from tests.grading.test_hostile import EASY, HARD, children
from evalkit.grading import equal

for reference, answer, _ in EASY + HARD:
    equal(reference, answer)
    if found := list(children(os.getpid())):
        break
print(json.dumps(found), flush=True)
if sys.argv[1] == "waits":
    time.sleep(60)
while sys.argv[1] == "works":
    for reference, answer, _ in HARD:
        equal(reference, answer)
"""


def children(of: int) -> Iterator[int]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(words[1]) == of and words[0] != "Z":
            yield int(status.parent.name)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("end", ["exits", "waits", "works"])
def test_no_process_outlives_the_one_that_asked(end: str, tmp_path: Path) -> None:
    """Whether it comes to its end or is killed, idle or in the middle of work."""
    parent = subprocess.Popen(
        (sys.executable, "-c", PARENT, end),
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert parent.stdout is not None
        children: list[int] = json.loads(parent.stdout.readline())
        assert children, "no question needed a child process"
        if end == "works":
            time.sleep(0.3)
        if end == "exits":
            assert parent.wait(timeout=60) == 0
        else:
            assert all(alive(each) for each in children)
    finally:
        parent.kill()
        parent.communicate()
    wait_for(lambda: not any(alive(each) for each in children), patience=60)
