"""Whole runs on copies: what users see, what results are, and what is left running."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Evalkit, command, wait_for

pytest.importorskip("ray", reason="the package ray is not installed")

ANSWERS = '''"""Right answers, from processes that leave their names."""

import os
from pathlib import Path


def right(request):
    Path("processes", str(os.getpid())).touch()
    return f"That is {int(request.sample_id[1:]) + 1}"
'''
RUN = ("run", "--tasks=counting", "--model=scripted:answers:right")
SLOW = "--backend-set=delay=20"


@pytest.fixture(autouse=True)
def answers(tmp_path: Path) -> None:
    """A module in the folder in which evalkit is run, where copies find it too."""
    (tmp_path / "answers.py").write_text(ANSWERS)
    (tmp_path / "processes").mkdir()
    (tmp_path / "home").mkdir()


@pytest.fixture
def marked(environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """Variables by which all that a command started can be told from the rest."""
    # pytest's own folders have longer names than Ray's sockets may have.
    with tempfile.TemporaryDirectory(
        prefix="ek-", dir="/tmp", ignore_cleanup_errors=True
    ) as temporary:
        yield {
            **{name: environment[name] for name in environment if name[:4] != "RAY_"},
            "MARK": uuid.uuid4().hex,
            "HOME": str(tmp_path / "home"),
            "TMPDIR": temporary,
            "SECRET_TOKEN": "hunter" + "2" * 20,
        }


def started_by(marked: dict[str, str]) -> list[str]:
    """Command lines of processes that live and have a mark."""
    mark = f"MARK={marked['MARK']}".encode()
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found.append(words.decode(errors="replace")[:200])
        except OSError:  # it has just ended
            continue
    return found


@pytest.fixture
def nothing_left(marked: dict[str, str]) -> Iterator[None]:
    """Fails if a command leaves processes behind, or Ray's files."""
    yield
    wait_for(lambda: not started_by(marked), patience=60)
    assert not list(Path(marked["TMPDIR"]).glob("evalkit-*"))


def results(folder: Path) -> bytes:
    (path,) = folder.glob("counting/*/results.jsonl")
    return path.read_bytes()


def journaled(folder: Path) -> list[str]:
    """The ids of the requests whose answers were saved, in their order."""
    paths = list(folder.glob("counting/*/completions.jsonl"))
    if not paths:
        return []
    lines = paths[0].read_text().split("\n")[:-1]
    return [json.loads(line)["request_id"] for line in lines]


def begun(marked: dict[str, str], folder: Path, *words: str) -> "subprocess.Popen[str]":
    """A run under way, some of whose answers are there."""
    process = subprocess.Popen(
        command(*RUN, f"--output={folder}", SLOW, *words),
        env=marked,
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: len(journaled(folder)) >= 10 or process.poll() is not None, 60)
    assert process.poll() is None, process.communicate()
    return process


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc"
)


@needs_proc
@pytest.mark.usefixtures("nothing_left")
def test_copies_change_nothing_but_the_time_that_a_run_takes(
    marked: dict[str, str], evalkit: Evalkit, tmp_path: Path
) -> None:
    alone = evalkit(*RUN, "--output=alone")
    copied = evalkit(*RUN, "--output=copied", "--replicas=2", SLOW, **marked)
    assert copied.returncode == 0, copied.stderr
    assert results(tmp_path / "copied") == results(tmp_path / "alone")
    assert len(list((tmp_path / "processes").iterdir())) == 3
    folders = {path.name for path in tmp_path.glob("*/counting/*")}
    assert len(folders) == 1, "copies are no part of what a run is"

    said = copied.stdout + copied.stderr
    assert "ray" not in said.lower().replace("array", "")
    assert copied.stdout.replace("copied", "alone") == alone.stdout
    (record,) = tmp_path.glob("copied/counting/*/record.json")
    assert '"replicas": "2"' in json.dumps(json.loads(record.read_text()))
    assert not list((tmp_path / "home").rglob("*"))
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or marked["SECRET_TOKEN"] not in path.read_text()


@needs_proc
@pytest.mark.usefixtures("nothing_left")
def test_ctrl_c_lets_copies_finish_what_is_under_way(
    marked: dict[str, str], evalkit: Evalkit, tmp_path: Path
) -> None:
    process = begun(marked, tmp_path / "runs", "--set=n=400", "--replicas=2")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "finishing what is under way" in errors
    saved = journaled(tmp_path / "runs")
    assert len(saved) == len(set(saved)) < 400

    assert evalkit(*RUN, "--set=n=400").returncode == 0
    assert evalkit(*RUN, "--set=n=400", "--output=alone").returncode == 0
    assert results(tmp_path / "runs") == results(tmp_path / "alone")
    assert len(journaled(tmp_path / "runs")) == 400


@needs_proc
@pytest.mark.usefixtures("nothing_left")
def test_nothing_is_left_of_a_command_that_is_told_to_end(
    marked: dict[str, str], tmp_path: Path
) -> None:
    process = begun(marked, tmp_path / "runs", "--set=n=1000", "--replicas=2")
    assert any("raylet" in words for words in started_by(marked))
    process.terminate()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors


@needs_proc
def test_no_engine_is_left_of_a_command_that_is_killed(
    marked: dict[str, str], tmp_path: Path
) -> None:
    process = begun(marked, tmp_path / "runs", "--set=n=1000", "--replicas=2")
    assert sum("ray::Copy" in words for words in started_by(marked)) == 2
    process.kill()
    process.communicate(timeout=120)
    # Two small agents of Ray's may look for their parent only once a minute.
    wait_for(lambda: all("Agent" in words for words in started_by(marked)), patience=60)


# A cluster that is there already


CLUSTER = """
import sys
import ray
context = ray.init("local", num_cpus=8, include_dashboard=False, log_to_driver=False,
    logging_level="ERROR", object_store_memory=80 * 2**20, _temp_dir=sys.argv[1])
print(context.address_info["gcs_address"], flush=True)
sys.stdin.read()
"""
"""A program that holds a cluster until its input ends."""


@pytest.fixture(scope="module")
def credentials() -> dict[str, str]:
    """What a cluster of these tests asks those who join it for."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": uuid.uuid4().hex * 2}


@pytest.fixture(scope="module")
def cluster(credentials: dict[str, str]) -> Iterator[str]:
    """The address of a cluster of one node, which believes that it has eight CPUs."""
    with (
        tempfile.TemporaryDirectory(
            prefix="evalkit-joined-", dir="/tmp", ignore_cleanup_errors=True
        ) as folder,
        subprocess.Popen(
            (sys.executable, "-c", CLUSTER, folder),
            env=os.environ | credentials,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("", timeout=120)


def test_a_killed_copy_loses_nothing(
    marked: dict[str, str],
    evalkit: Evalkit,
    tmp_path: Path,
    cluster: str,
    credentials: dict[str, str],
) -> None:
    more = ("--set=n=300", "--replicas=3", f"--ray-address={cluster}")
    process = begun(marked | credentials, tmp_path / "killed", *more)
    processes = tmp_path / "processes"
    wait_for(lambda: len(list(processes.iterdir())) == 3)
    victim = next(processes.iterdir()).name
    os.kill(int(victim), signal.SIGKILL)
    assert len(journaled(tmp_path / "killed")) < 250
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "died" not in output + errors

    assert evalkit(*RUN, "--set=n=300", "--output=alone").returncode == 0
    assert results(tmp_path / "killed") == results(tmp_path / "alone")
    saved = Counter(journaled(tmp_path / "killed"))
    assert saved.keys() == set(journaled(tmp_path / "alone"))
    assert saved.total() == 300

    wait_for(lambda: not started_by(marked))  # the cluster is there for the next one
    again = evalkit(*RUN, "--output=again", *more[1:], **marked, **credentials)
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--replicas=9",), "--replicas 9: 8 fit on the cluster, which has 8 CPUs"),
        (("--replicas=2", "--backend-set=delay=x"), "delay"),
    ],
)
def test_a_mistake_is_one_line(
    marked: dict[str, str],
    evalkit: Evalkit,
    cluster: str,
    credentials: dict[str, str],
    words: tuple[str, ...],
    told: str,
) -> None:
    at = f"--ray-address={cluster}"
    done = evalkit(*RUN, at, *words, **marked, **credentials)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("evalkit:") == 1
    assert "Traceback" not in done.stderr
