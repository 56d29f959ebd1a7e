"""The wheel as users get it: its contents, and a fresh environment that has it."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release would."""
    out = tmp_path_factory.mktemp("dist")
    words = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out))
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def fresh(
    wheel: Path, package_index: None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A new virtual environment with the wheel and a third party's distribution."""
    home = tmp_path_factory.mktemp("fresh")
    subprocess.run(
        (sys.executable, "-m", "venv", "--without-pip", str(home)), check=True
    )
    done = subprocess.run(
        (
            *(sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")),
            *("install", "--quiet", "--disable-pip-version-check"),
            *(str(wheel), str(ROOT / "contrib" / "evalkit-sums")),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def evalkit(
    fresh: Path, tmp_path: Path
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """The console script of the fresh environment."""

    def call(*words: str) -> "subprocess.CompletedProcess[str]":
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            (str(fresh / "bin" / "evalkit"), *words),
            cwd=tmp_path,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def test_the_wheel_holds_three_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {each for each in tops if not each.endswith(".dist-info")} == {
        "evalkit",
        "evalkit_tasks",
        "evalkit_backends",
    }
    assert sum(each.endswith(".dist-info") for each in tops) == 1
    for package in ("evalkit", "evalkit_tasks", "evalkit_backends"):
        assert f"{package}/py.typed" in names
    assert "evalkit_tasks/hungarian_exam/questions.jsonl" in names
    assert any(name.endswith(".dist-info/licenses/NOTICE") for name in names)
    assert not any("__pycache__" in name or "test_" in name for name in names)


@pytest.mark.network
def test_a_third_partys_task_and_backend_appear(
    evalkit: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    assert "\nsums " in f"\n{evalkit('tasks').stdout}"
    assert "adder: " in evalkit("backends").stdout
    listed = evalkit("plugins").stdout
    assert "sums  [evalkit-sums 0.1.0]  evalkit_tasks" in listed
    assert "adder  [evalkit-sums 0.1.0]  evalkit_backends" in listed
    done = evalkit("run", "--tasks=sums", "--model=adder:perfect")
    assert done.returncode == 0, done.stderr
    assert "accuracy: 100.0 %" in done.stdout


@pytest.mark.network
def test_the_light_core_says_what_the_heavy_parts_need(
    evalkit: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    done = evalkit("run", "--tasks=hungarian_exam", "--model=hf:Qwen/Qwen3-8B")
    assert done.returncode == 2
    assert "pip install 'evalkit[hf]'" in done.stderr
    (tmp_path / "openai/gsm8k/main").mkdir(parents=True)
    for name in ("train", "test"):
        (tmp_path / f"openai/gsm8k/main/{name}.parquet").write_bytes(b"PAR1")
    done = evalkit("run", "--tasks=gsm8k", "--model=adder:perfect", "--data=.")
    assert done.returncode == 2
    assert "pip install 'evalkit[data]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.network
def test_the_exam_runs_on_scripted_answers(
    evalkit: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    (tmp_path / "replies.py").write_text("def reply(request): return 'It is 720.'")
    done = evalkit("run", "--tasks=hungarian_exam", "--model=scripted:replies:reply")
    assert done.returncode == 0, done.stderr
    assert "33" in done.stderr
    assert "of 100" in done.stdout
