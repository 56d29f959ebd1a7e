"""Whatever moment a run is killed at, the same command ends as if it had not been."""

import random
import signal
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conftest import Evalkit, command, kill_at_line, wait_for

RUN = (
    "run",
    "--tasks=counting",
    "--set=n=300",
    "--model=scripted:counting:right",
    "--backend-set=delay=5",
)


def results(folder: Path) -> bytes:
    (path,) = folder.glob("counting/*/results.jsonl")
    return path.read_bytes()


def asked(log: Path) -> Counter[str]:
    return Counter(log.read_text().split())


def test_a_run_killed_at_any_moment_goes_on_where_it_was(
    environment: dict[str, str], tmp_path: Path
) -> None:
    chance = random.Random(20230503)
    moments = [chance.randrange(0, 295) for _ in range(20)]

    def run(name: str, kill_at: int | None = None) -> int:
        log = tmp_path / f"{name}.log"
        words = command(*RUN, f"--output={tmp_path / name}")
        with subprocess.Popen(
            words,
            env=environment | {"COUNTING_LOG": str(log)},
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
            stdout=-3,
        ) as process:
            if kill_at is not None:
                kill_at_line(process, log, kill_at)
            return process.wait()

    def disturbed(number: int) -> tuple[int, bytes, Counter[str]]:
        name = f"killed{number}"
        first = run(name, kill_at=moments[number])
        assert run(name) == 0
        return first, results(tmp_path / name), asked(tmp_path / f"{name}.log")

    assert run("whole") == 0
    whole = results(tmp_path / "whole")
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(disturbed, range(20)))

    assert sum(code == -signal.SIGKILL for code, _, _ in outcomes) >= 15
    for _, got, log in outcomes:
        assert got == whole
        assert len(log) == 300
        assert log.total() <= 301  # the scripted engine has one request in hand


def test_a_half_written_last_line_is_cut_and_reported(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    run = ("run", "--tasks=counting", "--model=scripted:counting:right")
    evalkit(*run)
    (journal,) = tmp_path.glob("runs/counting/*/completions.jsonl")
    whole = results(tmp_path / "runs")
    journal.write_bytes(journal.read_bytes()[:-20])

    log = tmp_path / "log"
    again = evalkit(*run, COUNTING_LOG=str(log))

    assert again.returncode == 0
    assert "completions.jsonl: cut a half-written last line" in again.stderr
    assert asked(log) == {"q9": 1}
    assert results(tmp_path / "runs") == whole
    record = next(tmp_path.glob("runs/counting/*/record.json")).read_text()
    assert "cut a half-written last line" in record


def test_a_damaged_line_inside_the_journal_is_named(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    run = ("run", "--tasks=counting", "--model=scripted:counting:right")
    evalkit(*run)
    (journal,) = tmp_path.glob("runs/counting/*/completions.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join((*lines[:3], b"nonsense\n", *lines[4:])))

    again = evalkit(*run)

    assert again.returncode == 2
    assert "line 4, is damaged" in again.stderr
    assert len(again.stderr.splitlines()) == 1


def test_a_second_run_asks_nothing_and_loads_nothing(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    run = ("run", "--tasks=counting", "--model=scripted:counting:right")
    for _ in range(2):
        assert evalkit(*run, COUNTING_LOG=str(log)).returncode == 0
    assert asked(log).total() == 10
    (sessions,) = tmp_path.glob("runs/counting/*/sessions.jsonl")
    assert len(sessions.read_text().splitlines()) == 1


def test_a_larger_limit_extends_the_run(evalkit: Evalkit, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = ("run", "--tasks=counting", "--model=scripted:counting:right")
    evalkit(*run, "--limit=4", COUNTING_LOG=str(log))
    evalkit(*run, COUNTING_LOG=str(log))
    assert sorted(asked(log).values()) == [1] * 10
    assert len(results(tmp_path / "runs").splitlines()) == 10


def test_two_commands_on_one_folder_the_second_refuses(
    environment: dict[str, str], evalkit: Evalkit, tmp_path: Path
) -> None:
    words = command(*RUN)
    with subprocess.Popen(words, env=environment, cwd=tmp_path, stderr=-3) as first:
        wait_for(lambda: any(tmp_path.glob("runs/counting/*/completions.jsonl")))
        second = evalkit(*RUN)
        first.terminate()
    assert second.returncode == 2
    assert f"is in use by process {first.pid} on " in second.stderr
    assert evalkit(*RUN).returncode == 0
