"""Datasets from a folder and from a Hub on this machine, or one clear line."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from quiz import Quiz

from evalkit import Data, DataError, DatasetRef
from evalkit.hub import complete, within
from tests.conftest import ROOT, Evalkit, install, shared
from tests.loopback_hub import serving

ROWS = [
    {"question": "What is 2+2?", "answer": "4"},
    {"question": "What is 2+3?", "answer": "5"},
]
RUN = ("run", "--tasks=quiz", "--model=scripted:quiz:parrot")


def lay_out(root: Path, rows: object = ROWS, name: str = "test.jsonl") -> Path:
    folder = root / "someone" / "quiz" / "main"
    folder.mkdir(parents=True)
    assert isinstance(rows, list)
    (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return root


@pytest.fixture
def evalkit(evalkit: Evalkit, site: Path) -> Evalkit:
    install(site, "quiz", "quiz")
    return evalkit


@pytest.fixture
def online(tmp_path: Path) -> dict[str, str]:
    """Variables that let the client out, into an empty cache."""
    home = str(tmp_path / "hf")
    return {"HF_HUB_OFFLINE": "0", "HF_HOME": home, "HF_HUB_DISABLE_TELEMETRY": "1"}


@pytest.fixture
def silent_port() -> Generator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_folder_shaped_like_the_hub(evalkit: Evalkit, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data")
    done = evalkit(*RUN, f"--data={data}")
    assert done.returncode == 0, done.stderr
    assert "1 right, 1 wrong" in done.stdout
    named_by_variable = evalkit(*RUN, EVALKIT_DATA=str(data))
    assert named_by_variable.returncode == 0
    assert len(list(tmp_path.glob("runs/quiz/*"))) == 1


def test_other_rows_are_another_run(evalkit: Evalkit, tmp_path: Path) -> None:
    evalkit(*RUN, f"--data={lay_out(tmp_path / 'one')}")
    evalkit(*RUN, f"--data={lay_out(tmp_path / 'two', ROWS[:1])}")
    assert len(list(tmp_path.glob("runs/quiz/*"))) == 2


def test_a_folder_without_the_dataset(evalkit: Evalkit, tmp_path: Path) -> None:
    done = evalkit(*RUN, f"--data={tmp_path}")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "has no file someone/quiz/main/test*" in line


def test_the_hub_is_asked_once_then_the_cache(
    evalkit: Evalkit, tmp_path: Path, online: dict[str, str]
) -> None:
    revision = Quiz.dataset.revision
    with serving(lay_out(tmp_path / "hub"), revision) as hub:
        first = evalkit(*RUN, HF_ENDPOINT=hub.url, **online)
    assert first.returncode == 0, first.stderr
    assert "1 right, 1 wrong" in first.stdout
    assert any(revision in each for each in hub.requests)
    offline = evalkit(*RUN, HF_ENDPOINT=hub.url, **online)
    assert offline.returncode == 0, offline.stderr
    record = json.loads(next(tmp_path.glob("runs/quiz/*/record.json")).read_text())
    assert record["data_origin"] == "hub"
    assert record["spec"]["dataset"]["revision"] == revision


def test_an_unreachable_hub_is_one_line_that_names_data(
    evalkit: Evalkit, online: dict[str, str]
) -> None:
    done = evalkit(*RUN, HF_ENDPOINT="http://127.0.0.1:9", **online)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "--data DIR" in line
    assert "someone/quiz" in line


def test_a_silent_hub_is_given_up_on(
    evalkit: Evalkit, silent_port: int, online: dict[str, str]
) -> None:
    endpoint = f"http://127.0.0.1:{silent_port}"
    done = evalkit(*RUN, HF_ENDPOINT=endpoint, **online, timeout=120)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "--data DIR" in line


def test_a_call_that_hangs_where_no_timeout_reaches_is_left_behind() -> None:
    never = threading.Event()
    problem = within(0.05, never.wait)
    never.set()
    assert problem == "the Hub did not answer within 0.05 seconds"
    assert within(5, lambda: None) is None


def test_a_dataset_that_the_hub_does_not_have(
    evalkit: Evalkit, tmp_path: Path, online: dict[str, str]
) -> None:
    with serving(tmp_path, Quiz.dataset.revision) as hub:
        done = evalkit(*RUN, HF_ENDPOINT=hub.url, **online)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "RepositoryNotFound" in line


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    data = Data(root=lay_out(tmp_path, [{"question": "?"}]))
    with pytest.raises(DataError, match=r"main/test.jsonl has no column 'answer'"):
        list(data.rows(Quiz.dataset, "test"))


def test_broken_json_is_named(tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "someone/quiz/main/test.jsonl").write_text("{not json}\n")
    with pytest.raises(DataError, match=r"someone/quiz/main/test.jsonl cannot be read"):
        list(Data(root=tmp_path).rows(Quiz.dataset, "test"))


def test_a_file_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    data = Data(root=lay_out(tmp_path, name="test.py"))
    with pytest.raises(DataError, match=r"found test\.py"):
        list(data.rows(Quiz.dataset, "test"))


@pytest.mark.parametrize(
    ("files", "whole"),
    [
        (["test.jsonl"], True),
        (["test-00000-of-00001.parquet"], True),
        (["test-00000-of-00002.parquet", "test-00001-of-00002.parquet"], True),
        (["test-00001-of-00002.parquet"], False),
        ([], False),
    ],
)
def test_a_cache_that_lacks_shards_is_not_used(
    tmp_path: Path, files: list[str], whole: bool
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert complete(tmp_path, ["test*"]) is whole


def test_real_rows_of_gsm8k() -> None:
    hub = shared("hub")
    ref = DatasetRef(
        id="openai/gsm8k",
        revision="740312add88f781978c0658806c59bc2815b9866",
        files={"train": "main/train*", "test": "main/test*"},
        columns=("question", "answer"),
    )
    rows = list(Data(root=hub).rows(ref, "test"))
    assert len(rows) == 1319
    assert all("####" in row["answer"] for row in rows)


def test_reading_a_folder_asks_nothing_of_the_network(tmp_path: Path) -> None:
    lay_out(tmp_path)
    code = (
        "import sys\n"
        "def refuse(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'):\n"
        "        sys.exit(f'{event} {args}')\n"
        "sys.addaudithook(refuse)\n"
        "from pathlib import Path\n"
        "from evalkit import Data\n"
        "from quiz import Quiz\n"
        f"rows = Data(root=Path({str(tmp_path)!r})).rows(Quiz.dataset, 'test')\n"
        "sys.exit(0 if list(rows) else 'no rows')\n"
    )
    plugins = {"PYTHONPATH": str(ROOT / "tests" / "plugins")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **plugins, "HF_HUB_OFFLINE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
