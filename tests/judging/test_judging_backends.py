"""Judges on real backends: a server on loopback, and a small real model."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backends.api_server import Asked, Reaction, Server, chat, error, models
from tests.backends.conftest import tiny_llama as tiny_llama
from tests.conftest import Evalkit

MODEL = ("run", "--tasks=doubling", "--model=scripted:doubling:sit")
NO_PROXY = {"OPENAI_API_KEY": "sk-1", "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}


def verdict(asked: Asked) -> str:
    """Full marks, in the form that was asked for."""
    task = "\n".join(each["content"] for each in asked.body["messages"])
    (key,) = set(re.findall(r"^===== .*, key (\w+) =====$", task, re.MULTILINE))
    worths = re.findall(r"^step \d+ \(worth ([\d.]+)", task, re.MULTILINE)
    steps = [
        {"step": number, "reason": "as it should be", "points": float(worth)}
        for number, worth in enumerate(worths, start=1)
    ]
    return json.dumps({"key": key, "steps": steps})


def judges(asked: Asked) -> Reaction:
    if asked.method == "GET":
        return Reaction(body=models("judge-1"))
    return Reaction(body=chat(verdict(asked)))


def knows_no_schema(asked: Asked) -> Reaction:
    if "response_format" in asked.body:
        return Reaction(
            status=400, body=error("This response_format type is unavailable")
        )
    return judges(asked)


@pytest.fixture
def words(evalkit: Evalkit) -> Iterator[Any]:
    pytest.importorskip("openai", reason="the package openai is not installed")

    def call(server: Server, *more: str) -> Any:
        return evalkit(
            *MODEL,
            "--judge=api:judge-1",
            f"--judge-set=base_url={server.url}",
            *more,
            **NO_PROXY,
        )

    return call


def stored(root: Path) -> Any:
    (path,) = root.glob("runs/doubling/*/marks/judge.json")
    return json.loads(path.read_text())


def test_a_judge_behind_a_server_is_held_to_the_schema(
    words: Any, tmp_path: Path
) -> None:
    with Server(judges) as server:
        done = words(server)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("judge api:judge-1: 12 of 12 points\n")
    assert len(server.questions) == 4
    for each in server.questions:
        form = each.body["response_format"]
        assert form["type"] == "json_schema"
        assert form["json_schema"]["schema"]["required"] == ["key", "steps"]
        assert [m["role"] for m in each.body["messages"]] == ["system", "user"]
        assert each.body["temperature"] == 0
    facts = stored(tmp_path)["facts"]
    assert facts["tokens read"] == "44"
    assert facts["tokens written"] == "12"
    assert "sk-1" not in json.dumps(facts)


def test_a_server_that_knows_no_schema_is_asked_without(
    words: Any, tmp_path: Path
) -> None:
    with Server(knows_no_schema) as server:
        done = words(server)
    assert done.returncode == 0, done.stderr
    assert "the server refuses 'response_format', which is left out" in done.stderr
    assert stored(tmp_path)["facts"]["engine refused by the server"] == (
        "response_format"
    )
    assert sum("response_format" not in each.body for each in server.questions) == 4


def test_a_schema_can_be_left_out_by_an_option(words: Any) -> None:
    with Server(judges) as server:
        done = words(server, "--judge-set=omit=response_format")
    assert done.returncode == 0, done.stderr
    assert not any("response_format" in each.body for each in server.questions)


def test_a_real_models_nonsense_is_refused_and_counted(
    evalkit: Evalkit, tmp_path: Path, tiny_llama: Path
) -> None:
    from tests.backends import tiny

    folder = tmp_path / "long-llama"
    size = tiny.write_tokenizer(folder)
    tiny.write_model(folder, tiny.llama(size, max_position_embeddings=16384))
    done = evalkit(
        *MODEL,
        "--set=n=2",
        f"--judge=hf:{folder}",
        "--judge-set=max_tokens=24",
        "--judge-set=system=false",
        timeout=240,
        OMP_NUM_THREADS="1",
    )
    assert done.returncode == 1, done.stderr
    assert "0 of 6 points; 2 answers could not be judged" in done.stdout
    marks = stored(tmp_path)
    assert marks["facts"]["failed votes"] == "2"
    assert marks["facts"]["requests"] == "6"
    assert int(marks["facts"]["tokens read"]) > 3000
    for each in marks["answers"]:
        assert "no usable reply in 3 tries" in each["error"]
        assert each["points"] == 0
        assert each["marks"] == []


def test_a_template_without_system_turns_fails_by_name(
    evalkit: Evalkit, tmp_path: Path, tiny_llama: Path
) -> None:
    done = evalkit(
        *MODEL,
        "--set=n=1",
        f"--judge=hf:{tiny_llama}",
        timeout=240,
        OMP_NUM_THREADS="1",
    )
    assert done.returncode == 1
    (answer,) = stored(tmp_path)["answers"]
    assert "System role not supported" in answer["error"]
