"""A run that begins beside another because its model or data changed says so."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from evalkit import Experiment, Plugins
from evalkit.beside import notices
from evalkit.folder import RunFolder
from evalkit.plan import plan
from evalkit.record import DatasetFacts, RunSpec
from tests.conftest import Evalkit

IDENTITY = {"config": "c", "tokenizer": "t", "weights": "w"}
OLD = {
    "attempts": 1,
    "backend": "hf",
    "backend_options": {"device": "auto", "dtype": "auto", "max_length": None},
    "dataset": None,
    "limit": 3,
    "model": "./model",
    "model_identity": {"files": "c34782656aff97e5"},
    "protocol": "chat",
    "seed": 0,
    "task": "demo_exam",
    "task_options": {},
    "task_version": 1,
}
"""A spec as commit f84baea wrote it for a folder, but for the protocol's options."""


@pytest.fixture
def planned(tmp_path: Path) -> RunSpec:
    """The spec of a run that can start."""
    (tmp_path / "answers.jsonl").write_text("")
    wanted = Experiment(
        tasks=("demo_exam",),
        model=f"scripted:{tmp_path / 'answers.jsonl'}",
        output=tmp_path / "runs",
    )
    (run,) = plan(wanted, Plugins(third_party=False)).runs
    return replace(run.spec, model_identity=IDENTITY)


def said(root: Path, old: RunSpec, new: RunSpec) -> list[str]:
    """What is said of a run where another one lies already."""
    folder = RunFolder.of(root, old)
    folder.path.mkdir(parents=True)
    folder.write_spec(old)
    return [notice.replace(str(folder.path), "OLD") for notice in notices(root, [new])]


@pytest.mark.parametrize(
    ("before", "parts"),
    [
        ({**IDENTITY, "weights": "x"}, "weights"),
        ({**IDENTITY, "weights": "x", "tokenizer": "x"}, "tokenizer, weights"),
        ({**IDENTITY, "template": "x"}, "template"),
        ({**IDENTITY, "lora": "x"}, "lora"),
    ],
    ids=str,
)
def test_what_differs_is_named(
    tmp_path: Path, planned: RunSpec, before: dict[str, str], parts: str
) -> None:
    old = replace(planned, model_identity=before, limit=7)
    assert said(tmp_path, old, planned) == [
        f"'OLD' is the same run but for its {parts}; this one begins beside it."
    ]


def test_other_rows_are_named_too(tmp_path: Path, planned: RunSpec) -> None:
    rows = DatasetFacts(id="openai/gsm8k", revision="r", sha256="s")
    new = replace(planned, dataset=rows)
    old = replace(planned, dataset=replace(rows, sha256="x"))
    assert "but for its dataset;" in said(tmp_path, old, new)[0]
    elsewhere = replace(planned, dataset=replace(rows, id="other/rows"))
    assert said(tmp_path / "other", elsewhere, new) == []


@pytest.mark.parametrize("before", [{"files": "16"}, {"revision": "r"}], ids=str)
def test_a_model_that_an_older_version_told_otherwise_is_not_called_another(
    tmp_path: Path, planned: RunSpec, before: dict[str, str]
) -> None:
    new = replace(planned, model_identity={**IDENTITY, "revision": "r"})
    (line,) = said(tmp_path, replace(planned, model_identity=before), new)
    assert "may be the same run, by a version of evalkit that told models" in line


def test_a_folder_of_an_older_version_is_known_by_where_it_lies(
    tmp_path: Path, planned: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"protocol_options": planned.protocol_options}
    old = msgspec.convert(OLD | options, RunSpec)
    new = replace(old, model=str(tmp_path / "model"), model_identity=IDENTITY)
    assert len(said(tmp_path, old, new)) == 1
    elsewhere = replace(new, model=str(tmp_path / "other"))
    assert notices(tmp_path, [elsewhere]) == []


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"backend_options": {"x": 1}}, {"model": "other"}],
    ids=str,
)
def test_other_runs_are_no_matter(
    tmp_path: Path, planned: RunSpec, change: dict[str, object]
) -> None:
    new = replace(planned, **change)  # type: ignore[arg-type]
    old = replace(planned, model_identity={**IDENTITY, "weights": "x"})
    assert said(tmp_path, old, new) == []


def test_a_run_that_has_begun_says_nothing(tmp_path: Path, planned: RunSpec) -> None:
    RunFolder.of(tmp_path, planned).path.mkdir(parents=True)
    old = replace(planned, model_identity={**IDENTITY, "weights": "x"})
    assert said(tmp_path, old, planned) == []


def test_a_damaged_folder_is_passed_over(tmp_path: Path, planned: RunSpec) -> None:
    old = replace(planned, model_identity={**IDENTITY, "weights": "x"})
    folder = RunFolder.of(tmp_path, old)
    folder.path.mkdir(parents=True)
    folder.spec.write_text("{")
    assert notices(tmp_path, [planned]) == []


def test_the_command_says_it_once_before_the_run(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.jsonl"
    words = ("run", "--tasks", "demo_exam", "--limit", "1")
    words += ("--model", f"scripted:{answers}")
    answers.write_text("")
    assert "same run" not in evalkit(*words).stderr
    answers.write_text(json.dumps({"id": "1", "text": "2"}) + "\n")
    line = "is the same run but for its sha256; this one begins beside it."
    assert line in evalkit(*words).stderr
    assert "same run" not in evalkit(*words).stderr
