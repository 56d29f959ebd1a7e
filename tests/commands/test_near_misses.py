"""What was nearly right is told how it would be."""

import json
import shutil
from pathlib import Path

import pytest

from tests.commands.conftest import Call
from tests.conftest import ROOT

RUN = ("run", "-m", "scripted:counting:right")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-t", "GSM8K"], "Did you mean 'gsm8k'?"),
        (["-t", "ARC-Challenge"], "Did you mean 'arc_challenge'?"),
        (["-t", "math-500"], "Did you mean 'math500'?"),
        (["-t", "boolqa"], "Did you mean 'boolq'?"),
        (["-t", "abstract algebra"], "Did you mean 'mmlu_abstract_algebra'?"),
        (["-t", "openai/gsm8k"], "Did you mean 'gsm8k'?"),
        (["-t", "zebra"], "There are: agieval, "),
        (["-t", "gsm8k", "-p", "few-shot"], "Did you mean 'fewshot'?"),
        (["-t", "math", "--set", "Level=3"], "Did you mean 'level'?"),
        (["-t", "gsm8k", "--metric", "Accuracy"], "Did you mean 'accuracy'?"),
        (["gsm8k"], "Did you mean --tasks gsm8k?"),
        (["gsm8k,", "svamp"], "Did you mean --tasks gsm8k,svamp?"),
        (["hf:Qwen/Qwen3-8B", "-t", "gsm8k"], "Did you mean --model hf:Qwen/Qwen3-8B"),
        (["-t", "math", "level=3"], "Did you mean --set level=3?"),
        (["-t", "counting", "--judge", "Qwen/Qwen3-8B"], "mean hf:Qwen/Qwen3-8B?"),
        (["-t", "demo_exam", "--shots", "300"], "--protocol fewshot does. Task"),
        (["-t", "demo_exam", "--shots", "300"], "'demo_exam' has 5"),
        (
            ["-t", "hungarian_exam", "-p", "fewshot", "--shots", "300"],
            "--shots 300: task 'hungarian_exam' has 5 worked examples",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_of_a_run(call: Call, words: list[str], said: str) -> None:
    status, out, complaint = call(*RUN, *words)
    assert (status, out) == (2, "")
    assert said in complaint
    assert "\n" not in complaint


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("Qwen/Qwen3-8B", "Did you mean hf:Qwen/Qwen3-8B?"),
        ("hf/Qwen/Qwen3-8B", "Did you mean hf:Qwen/Qwen3-8B?"),
        ("api/gpt-4.1", "Did you mean api:gpt-4.1?"),
        ("Qwen/Qwen3-8B:main", "Did you mean hf:Qwen/Qwen3-8B:main?"),
        (".", "Did you mean hf:.?"),
        ("HF:Qwen/Qwen3-8B", "no backend named 'HF'. Did you mean 'hf'?"),
        ("http://127.0.0.1:8000/v1", "--base-url http://127.0.0.1:8000/v1"),
        ("llama3:8b", "There are: api, hf, scripted, vllm"),
        ("gpt-4.1", "takes backend:model, not 'gpt-4.1'. Backends: api, hf,"),
        ("hf:", "takes backend:model, not 'hf:'"),
        (":x", "takes backend:model, not ':x'"),
    ],
)
def test_of_a_model(call: Call, model: str, said: str) -> None:
    _, _, complaint = call("run", "-t", "counting", "-m", model)
    assert said in complaint


@pytest.fixture
def finished(call: Call) -> str:
    """The folder of a finished run."""
    assert call(*RUN, "-t", "counting")[0] == 0
    (folder,) = Path("runs/counting").iterdir()
    return str(folder)


NEAR = [
    ("show RUN q3", "Did you mean --sample q3?"),
    ("show RUN RUN", "show takes one run"),
    ("show runs", "Did you mean 'RUN'?"),
    ("show runs/counting", "Did you mean 'RUN'?"),
    ("show RUN/card.md", "Did you mean 'RUN'?"),
    ("show RUNx", "Did you mean 'RUN'?"),
    ("grade runs/counting", "Did you mean 'RUN'?"),
    ("marks show runs/counting", "Did you mean 'RUN'?"),
    ("show RUN --sample Q3", "Did you mean 'q3'?"),
    ("marks agree RUN automatic", "such as automatic human. There are: automatic"),
    ("marks agree RUN", "two markers behind the runs"),
    ("marks agree automatic human", "two markers behind the runs"),
    ("show nowhere", "'nowhere' is not a run folder: no record.json"),
]


def test_of_a_run_folder(call: Call, finished: str) -> None:
    for words, said in NEAR:
        status, _, complaint = call(*words.replace("RUN", finished).split())
        assert status == 2
        assert said.replace("RUN", finished) in complaint, words


def test_several_run_folders_are_counted(call: Call, finished: str) -> None:
    assert call(*RUN, "-t", "counting", "-p", "plain")[0] == 0
    _, _, complaint = call("show", "runs")
    assert "2 run folders are in it, such as 'runs/counting/" in complaint


def test_the_folder_of_a_suite_is_shown(call: Call, tmp_path: Path) -> None:
    part = {"name": "one", "lacking": "not asked"}
    suite = {"suite": "both", "model": "m:x", "protocol": "", "parts": [part]}
    rest = {"average_kind": "mean over the parts", "average": None}
    (tmp_path / "suite.json").write_text(json.dumps({**suite, **rest}))
    status, out, _ = call("show", str(tmp_path))
    assert status == 0
    assert "both: m:x" in out
    assert "not asked" in out
    _, _, complaint = call("grade", str(tmp_path))
    assert "It is a suite's: evalkit show tells of it" in complaint
    (tmp_path / "suite.json").write_text("{")
    assert "suite.json' is damaged" in call("show", str(tmp_path))[2]


def test_a_folder_with_an_exam_is_told_of(call: Call, tmp_path: Path) -> None:
    exam = ROOT / "tasks" / "evalkit_tasks" / "demo_exam"
    heading = json.loads((exam / "exam.json").read_text())
    heading |= {"name": "mine", "title": "Sums of May"}
    (tmp_path / "exam.json").write_text(json.dumps(heading))
    shutil.copy(exam / "questions.jsonl", tmp_path)
    status, out, said = call("tasks", f"{tmp_path}/")
    assert status == 0, said
    assert out.startswith("mine, version 1\n")
    assert "Sums of May" in out
    assert "questions: 20\n" in out


def test_an_error_without_a_model_stands_alone(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["-t", "nope"], ["-t", "demo_exam", "-p", "x"], ["--limit", "0"]):
        assert call("run", *words)[0] == 2
        assert capsys.readouterr().err == ""
