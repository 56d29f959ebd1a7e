"""evalkit as Python code calls it: what it takes, what it refuses, what it tells."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import counting
import numpy as np
import pytest

from evalkit import Experiment, Plugins, Results, UsageError, run
from evalkit.folder import RunFolder
from tests.conftest import ROOT
from tests.test_docs import blocks

REST: dict[str, Any] = {"tasks": "counting", "model": "scripted:counting:right"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("limit", "3", "a whole number or none, not '3'"),
        ("limit", 2.5, "a whole number or none, not 2.5"),
        ("limit", True, "a whole number or none, not True"),
        ("attempts", None, "a whole number, not None"),
        ("seed", "0", "a whole number, not '0'"),
        ("max_cost", "1", "a number or none, not '1'"),
        ("every_protocol", "yes", "true or false, not 'yes'"),
        ("tasks", 3, "a name or several, not 3"),
        ("tasks", ["counting", 3], "a name or several, not ['counting', 3]"),
        ("protocols", {"chat": 1}, "a name or several"),
        ("model", None, "text, not None"),
        ("output", 3, "a path, not 3"),
        ("data", ["x"], "a path or none, not ['x']"),
        ("sampling", [1], "names and numbers, not [1]"),
        ("sampling", {"temp": 1}, "named 'temp'. Did you mean 'temperature'?"),
        ("sampling", {"seed": 1}, "There are: max_tokens, temperature, top_p"),
        ("sampling", {"max_tokens": 2.5}, "['max_tokens'] takes a whole number"),
        ("sampling", {"temperature": "1"}, "names and numbers"),
        ("task_options", "n=3", "names and their values, not 'n=3'"),
        ("task_options", {"n": [1]}, "['n'] takes a text, a number or a truth"),
    ],
)
def test_what_a_field_does_not_take_is_told_with_its_name(
    field: str, value: object, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Experiment(**{**REST, field: value})
    assert str(caught.value).startswith(f"Experiment: {field}")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        ("tasks", "counting", ("counting",)),
        ("tasks", ["counting", "gsm8k"], ("counting", "gsm8k")),
        ("tasks", "counting, gsm8k", ("counting", "gsm8k")),
        ("protocols", "chat", ("chat",)),
        ("metrics", "pass@1", ("pass@1",)),
        ("output", "runs", Path("runs")),
        ("data", "here", Path("here")),
        ("limit", np.int64(3), 3),
        ("max_cost", np.float32(0.5), 0.5),
        ("max_cost", 2, 2.0),
        ("task_options", {"n": 3, "deep": True, "top": None}, None),
    ],
)
def test_what_is_meant_is_taken(field: str, value: object, meant: object) -> None:
    meant = meant or {"n": "3", "deep": "true", "top": "none"}
    assert getattr(Experiment(**{**REST, field: value}), field) == meant


def test_only_an_experiment_can_be_run() -> None:
    with pytest.raises(UsageError, match="run\\(\\) takes an Experiment, not 'gsm8k'"):
        run("gsm8k")  # type: ignore[arg-type]


def test_the_variable_for_data_counts_from_python_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = Plugins(counting, third_party=False)
    monkeypatch.setenv("EVALKIT_DATA", str(tmp_path))
    wanted = Experiment(**{**REST, "tasks": "gsm8k"}, output=tmp_path / "runs")
    with pytest.raises(UsageError, match="does not exist"):
        run(Experiment(**REST, data="nowhere"), plugins)
    with pytest.raises(Exception, match=f"{tmp_path}.* has no file openai/gsm8k"):
        run(wanted, plugins)
    monkeypatch.setenv("EVALKIT_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"nowhere.* does not exist"):
        run(wanted, plugins)


def test_plugins_are_left_out_from_python_too(
    site: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    code = f"import evalkit; evalkit.run(evalkit.Experiment(**{REST}))"
    done = subprocess.run(
        (sys.executable, "-c", code),
        env=environment | {"EVALKIT_WITHOUT": "counting"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no task named 'counting'" in done.stderr


def test_a_record_tells_its_folder(tmp_path: Path) -> None:
    plugins = Plugins(counting, third_party=False)
    wanted = Experiment(**REST, output=str(tmp_path))
    (record,) = run(wanted, plugins)
    assert record.folder.parent == tmp_path / "counting"
    assert len(list(Results(record.folder / "results.jsonl"))) == 10
    (again,) = run(wanted, plugins)
    assert again.folder == record.folder
    assert RunFolder(record.folder).read_record().folder == record.folder
    assert "folder" not in (record.folder / "record.json").read_text()


def test_the_page_on_notebooks_works_as_written(tmp_path: Path) -> None:
    script = ""
    for _, label, text in blocks(ROOT / "docs" / "how-to" / "python.md"):
        if label == "run":
            script += text
        else:
            (tmp_path / label.removeprefix("file=")).write_text(text)
    done = subprocess.run(
        (sys.executable, "-c", script),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.glob("notebook-runs/demo_exam/*")
    assert f"card: {folder.relative_to(tmp_path)}/card.md" in done.stdout
    assert "demo_exam: " in done.stdout
    assert "demo_exam 1: " in done.stdout
