"""A request may ask for an answer of a form; those that do not are what they were."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from evalkit import Completion, Generate, Message, Sampling, Step
from evalkit.dialogue import content
from evalkit.judging.verdict import schema_of
from evalkit.testing import answer_all
from tests.backends.conftest import small_vllm_cache as small_vllm_cache
from tests.backends.conftest import wider_llama as wider_llama

PROMPT = (Message("user", "How many clips?"),)
RUBRIC = (Step(points=1.0, step="counts"), Step(points=2.0, step="adds"))


def test_only_a_schema_that_is_there_changes_what_is_asked() -> None:
    plain = Generate(prompt=PROMPT, sampling=Sampling())
    assert content(plain) == msgspec.json.encode((PROMPT, Sampling()))
    held = Generate(prompt=PROMPT, sampling=Sampling(), schema="{}")
    assert content(held) != content(plain)
    other = Generate(prompt=PROMPT, sampling=Sampling(), schema='{"type": "object"}')
    assert content(held) != content(other)


@pytest.mark.vllm
@pytest.mark.filterwarnings("ignore")
def test_vllm_holds_a_model_to_a_schema(
    small_vllm_cache: None, wider_llama: Path
) -> None:
    pytest.importorskip("vllm", reason="the package vllm is not installed")
    from evalkit_backends.vllm import VLLM

    answers = dict(held_and_free(VLLM(model=str(wider_llama), max_num_seqs=8)))
    assert not answers["free"].text.lstrip().startswith('{"key"')
    held = answers["held"]
    assert held.text.lstrip().startswith("{")
    if held.finish == "stop":
        assert json.loads(held.text)["steps"][1]["points"] in (0, 0.5, 1, 1.5, 2)
    # Random weights like blanks, and may write them until there is no room left.
    pair = r"\s*\[\s*(0\.5|1|2)\s*,\s*(0\.5|1|2)\s*\]?"
    assert re.fullmatch(pair, answers["small"].text)
    assert answers["wrong"].error is not None


def held_and_free(backend: "object") -> Iterator[tuple[str, Completion]]:
    """Answers to the same question with and without a schema."""
    from evalkit import Backend

    assert isinstance(backend, Backend)
    numbers = {
        "type": "array",
        "items": {"type": "number", "enum": [0.5, 1, 2]},
        "minItems": 2,
        "maxItems": 2,
    }
    schemas = {
        "free": "",
        "held": schema_of(RUBRIC),
        "small": json.dumps(numbers),
        "wrong": '{"type": "nothing at all"}',
    }
    requests = [
        Generate(
            prompt=PROMPT, id=name, schema=schema, sampling=Sampling(max_tokens=60)
        )
        for name, schema in schemas.items()
    ]
    with backend.load(backend.prepare()) as engine:
        for completion in answer_all(engine, requests):
            yield completion.request_id, completion
