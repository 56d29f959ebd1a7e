"""Streams that are closed, full, gone or narrow, and signals that are not to count."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.conftest import command, wait_for

RUN = ("run", "--tasks=counting", "--set=n=40", "--model=scripted:counting:right")
SLOW = (*RUN, "--backend-set=delay=25")


@pytest.fixture
def silent(tmp_path: Path) -> Sequence[str]:
    """A run whose table has signs that few encodings hold: no answer can be read."""
    rows = [{"id": f"q{i}", "text": "naïve"} for i in range(10)]
    (tmp_path / "none.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return ("run", "--tasks=counting", "--model=scripted:none.jsonl")


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_what_a_stream_cannot_hold_is_replaced(
    environment: dict[str, str],
    tmp_path: Path,
    silent: Sequence[str],
    variables: dict[str, str],
) -> None:
    done = subprocess.run(
        command(*silent),
        env=environment | variables,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"10 no answer" in done.stdout


Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(environment: dict[str, str], tmp_path: Path) -> Shell:
    """Have a shell call evalkit, with its streams redirected somewhere."""

    def call(words: Sequence[str], redirected: str) -> subprocess.CompletedProcess[str]:
        line = f'"$@" {redirected}'
        return subprocess.run(
            ("bash", "-c", line, "bash", *command(*words)),
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return call


@pytest.mark.parametrize(
    ("redirected", "status", "complaint"),
    [
        (">/dev/full", 2, "cannot write to standard output: No space left on device"),
        (">/dev/full 2>/dev/full", 2, ""),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_a_run_goes_on_without_its_streams(
    shell: Shell, tmp_path: Path, redirected: str, status: int, complaint: str
) -> None:
    done = shell(RUN, redirected)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("cannot write") == (complaint != "")
    assert complaint in done.stderr
    (folder,) = tmp_path.glob("runs/counting/*")
    journal = (folder / "completions.jsonl").read_text().splitlines()
    assert len(journal) == 40
    assert all(json.loads(line) for line in journal)  # nothing was printed into it
    assert (folder / "card.md").exists()


def test_whoever_has_read_enough_is_not_told(shell: Shell) -> None:
    done = shell(("tasks", "--all"), "| head -n 1")
    assert (done.returncode, done.stderr) == (0, "")


IGNORING = """
import os, signal, sys
ignored, how = sys.argv[1:3]
for each in filter(None, ignored.split(",")):
    signal.signal(int(each), signal.SIG_IGN)
os.setsid()
if how == "controlled":
    import fcntl, termios
    fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.argv[3], sys.argv[3:])
"""


def begun(
    environment: dict[str, str],
    folder: Path,
    ignored: Sequence[int],
    stderr: int,
    how: str = "free",
) -> "subprocess.Popen[str]":
    """A run in a session of its own that ignores some signals from its beginning."""
    numbers = ",".join(str(int(each)) for each in ignored)
    words = (sys.executable, "-c", IGNORING, numbers, how, *command(*SLOW))
    return subprocess.Popen(
        words,
        env=environment | {"TERM": "xterm", "COUNTING_LOG": str(folder / "asked.log")},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def wait_until_asked(folder: Path, count: int) -> None:
    log = folder / "asked.log"
    wait_for(lambda: log.exists() and len(log.read_text().split()) >= count)


def test_signals_that_were_to_be_ignored_stay_so(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ignored = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    with begun(environment, tmp_path, ignored, subprocess.PIPE) as process:
        wait_until_asked(tmp_path, 3)
        for number in (*ignored, *ignored):
            process.send_signal(number)
        out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "accuracy: 100.0 %" in out
    assert "Ctrl-C" not in errors


def on_a_terminal_that_goes(
    environment: dict[str, str], folder: Path, ignored: Sequence[int], how: str
) -> tuple[int, str]:
    """Begin a run on a terminal, and close the terminal; how the run ended."""
    leader, follower = pty.openpty()
    with begun(environment, folder, ignored, follower, how) as process:
        os.close(follower)
        wait_until_asked(folder, 3)
        os.close(leader)
        out, _ = process.communicate(timeout=120)
    return process.returncode, out


def test_a_run_outlives_its_terminal(
    environment: dict[str, str], tmp_path: Path
) -> None:
    status, out = on_a_terminal_that_goes(environment, tmp_path, (), "free")
    assert status == 0
    assert "accuracy: 100.0 %" in out


def test_with_nohup_it_outlives_the_terminal_that_controls_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ignored = (signal.SIGHUP,)
    status, out = on_a_terminal_that_goes(environment, tmp_path, ignored, "controlled")
    assert status == 0
    assert "accuracy: 100.0 %" in out


def test_without_it_ends_and_can_go_on(
    environment: dict[str, str], tmp_path: Path
) -> None:
    status, out = on_a_terminal_that_goes(environment, tmp_path, (), "controlled")
    assert (status, out) == (130, "")
    (journal,) = tmp_path.glob("runs/counting/*/completions.jsonl")
    assert len(journal.read_text().splitlines()) >= 3
