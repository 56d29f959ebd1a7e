"""What a person sees while a run goes on."""

import io
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from evalkit.progress import LogDisplay, Speed, Tally, duration
from tests.conftest import Evalkit, command, install


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (75.4, "1:15"), (3599.6, "1:00:00")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_speed_and_time_left_count_from_the_first_step() -> None:
    times = iter([10.0, 14.0, 14.0])
    speed = Speed(lambda: next(times))
    assert speed.tokens_per_second == 0
    speed.count(1000)  # however long the first step and its prompts took
    speed.count(1200)
    speed.answered = 4
    assert speed.tokens_per_second == 50
    assert speed.left(8) == "0:08"
    assert speed.left(0) == ""


def test_a_log_gets_a_line_at_the_end_with_counts(evalkit: Evalkit) -> None:
    done = evalkit("run", "--tasks=counting", "--model=scripted:counting:odd_only")
    assert "counting: 10/10 done, 5 right, 0 tokens/s" in done.stderr


def test_what_failed_or_is_undecided_is_counted_apart(
    evalkit: Evalkit, site: Path, tmp_path: Path
) -> None:
    install(site, "marking", "marking")
    answers = [{"id": f"q{i}", "text": f"{i + 1}"} for i in range(8)]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    words = ("run", "--tasks=marking", "--model=scripted:answers.jsonl")
    done = evalkit(*words, MARKING_VERSION="2")
    assert done.returncode == 1
    assert "10/10 done, 7 right, 2 failed, 1 undecided, 0 tokens/s" in done.stderr
    assert "2 attempts failed, 1 answers could not be judged" in done.stdout


def test_a_log_is_not_flooded() -> None:
    log = io.StringIO()
    display = LogDisplay(log, every=3600)
    for _ in range(1000):
        display.evalkit_stepped(generated_tokens=1)
    assert log.getvalue() == ""


def test_a_terminal_gets_a_line_that_moves(
    environment: dict[str, str], tmp_path: Path
) -> None:
    words = ("run", "--tasks=counting", "--model=scripted:counting:right", "--set=n=40")
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command(*words, "--backend-set=delay=10"),
        env=environment | {"TERM": "xterm"},
        cwd=tmp_path,
        stderr=follower,
        stdout=subprocess.DEVNULL,
    ) as process:
        os.close(follower)
        shown = read_all(leader)
    assert process.returncode == 0
    assert "40/40 done, 40 right" in shown
    assert shown.count("/40 done") > 2
    assert " left" in shown


def read_all(descriptor: int) -> str:
    chunks: list[bytes] = []
    try:
        while chunk := os.read(descriptor, 4096):
            chunks.append(chunk)
    except OSError:  # Linux's way to say that the other end of a terminal closed
        pass
    os.close(descriptor)
    return b"".join(chunks).decode()


def test_many_runs_are_summed_up() -> None:
    log = io.StringIO()
    display = LogDisplay(log)
    for number in range(20):
        display.tallies[str(number)] = Tally(f"t{number}", samples=5, done=5, right=2)
    display.tallies["3"].done = 1
    display.close()
    lines = log.getvalue().splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "t3: 1/5 done",
        "all 20 runs: 96/100 done",
    ]


def test_runs_of_one_task_are_told_apart_by_their_protocol() -> None:
    log = io.StringIO()
    display = LogDisplay(log)
    for protocol in ("rank", "letter"):
        display.tallies[protocol] = Tally("quiz", samples=2, protocol=protocol)
    display.tallies["other"] = Tally("other", samples=2, protocol="chat")
    display.close()
    names = [line.partition(":")[0] for line in log.getvalue().splitlines()]
    assert names == ["quiz, rank", "quiz, letter", "other"]
