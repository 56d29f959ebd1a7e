"""A disk without room: one line, whole lines in the journal, and the same command goes
on once there is room."""

import json
import resource
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from evalkit import run
from evalkit.folder import RunFolder
from tests.conftest import command
from tests.test_run import experiment, plugins

RUN = ("run", "--tasks=counting", "--set=n=80", "--model=scripted:counting:right")
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
SCRIPT = """
mount -t tmpfs -o size=24k tmpfs runs || exit 9
"$@"; echo $?
cat runs/counting/*/completions.jsonl > journal
mount -o remount,size=16m runs
"$@"; echo $?
cp runs/counting/*/results.jsonl results
"""
"""Run a command on a small disk, and again once it is larger."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The results where there is room."""
    root = tmp_path_factory.mktemp("whole")
    (record,) = run(experiment(root, task_options={"n": "80"}), plugins())
    return RunFolder.of(root, record.spec).results.read_bytes()


@pytest.mark.parametrize(
    ("most", "file"), [(6_000, "completions.jsonl"), (25_000, "results.jsonl.part")]
)
def test_a_file_that_may_not_grow_ends_the_run_in_a_line(
    environment: dict[str, str], tmp_path: Path, whole: bytes, most: int, file: str
) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    log = tmp_path / "log"
    words = command(*RUN)
    variables = environment | {"COUNTING_LOG": str(log)}
    full = subprocess.run(
        words,
        env=environment,
        cwd=tmp_path,
        preexec_fn=small,  # the log would be too large as well
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 2, full.stderr
    *_, last = full.stderr.splitlines()
    assert "Traceback" not in full.stderr
    assert last.startswith("evalkit: ")
    assert f"{file}': File too large" in last
    answered = [
        json.loads(line)["request_id"]
        for journal in tmp_path.glob("runs/counting/*/completions.jsonl")
        for line in journal.read_text().splitlines()
    ]
    assert len(set(answered)) == len(answered)
    done = subprocess.run(
        words, env=variables, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("runs/counting/*/results.jsonl")
    assert path.read_bytes() == whole
    asked = Counter(log.read_text().split()) if log.exists() else Counter()
    assert asked.total() == 80 - len(answered)


def test_a_full_disk_ends_the_run_in_a_line_and_it_goes_on_when_there_is_room(
    environment: dict[str, str], tmp_path: Path, whole: bytes
) -> None:
    if not shutil.which("unshare"):
        pytest.skip("needs unshare, on Linux")
    (tmp_path / "runs").mkdir()
    done = subprocess.run(
        (*NAMESPACE, "sh", "-c", SCRIPT, "sh", *command(*RUN)),
        env=environment,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode == 9 or "unshare: " in done.stderr:
        pytest.skip("no disk of one's own may be made here")
    statuses = [line for line in done.stdout.splitlines() if line in ("0", "2")]
    assert statuses == ["2", "0"], done.stderr
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    for line in (tmp_path / "journal").read_text().splitlines():
        json.loads(line)
    assert (tmp_path / "results").read_bytes() == whole
