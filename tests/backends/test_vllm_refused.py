"""Models that are not what their files say, on vLLM: told as on backend `hf`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evalkit import EvalkitError, Failure, Generate, Message, Sampling
from evalkit_backends.vllm import VLLM
from tests.backends import spoiled
from tests.backends.weight_files import tensors_in, written

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.usefixtures("small_vllm_cache"),
    # vLLM and what it stands on warn of each other at every import.
    pytest.mark.filterwarnings("ignore"),
]
pytest.importorskip("vllm", reason="the package vllm is not installed")

Spoil: TypeAlias = Callable[[Path], object]
NAN = b"\x00\x00\xc0\x7f"


def filled(folder: Path, name: str, row: int | None = None) -> None:
    """Put what is no number all over a weight, or into one of its rows."""
    path = folder / "model.safetensors"
    tensors = tensors_in(path)
    shape, content = tensors[name]
    width = len(content) // shape[0]
    begin, end = (0, len(content)) if row is None else (row * width, (row + 1) * width)
    tensors[name] = (
        shape,
        content[:begin] + NAN * ((end - begin) // 4) + content[end:],
    )
    path.write_bytes(written(tensors))


def tied(folder: Path) -> None:
    spoiled.configured(folder, tie_word_embeddings=True)


CLASSES = {
    "AutoConfig": "configuration_my.My",
    "AutoModelForCausalLM": "modeling_my.My",
}
REFUSED: dict[str, tuple[Spoil, str]] = {
    "missing": (
        lambda folder: spoiled.without(folder, spoiled.NORM),
        f"1 is missing ({spoiled.NORM})",
    ),
    # vLLM itself starts with random numbers where these are missing.
    "missing quietly": (
        lambda folder: spoiled.without(folder, "model.layers.1.mlp.down_proj.weight"),
        "1 is missing (model.layers.1.mlp.down_proj.weight)",
    ),
    "wrapped": (
        lambda folder: spoiled.renamed(folder, lambda name: f"module.{name}"),
        "21 are missing",
    ),
    "left over": (
        lambda folder: spoiled.with_more(folder, v_head__summary=(1, 32)),
        "1 is left over (v_head.summary)",
    ),
    "shapes": (
        lambda folder: spoiled.configured(folder, hidden_size=10**6),
        "21 have another shape",
    ),
    "other weights beside": (
        lambda folder: shutil.copy(
            folder / "model.safetensors", folder / "ema.safetensors"
        ),
        "other weights beside model.safetensors, which vLLM would load too or instead: "
        "ema.safetensors",
    ),
    "shared by name only": (
        tied,
        "has other numbers for lm_head.weight than for model.embed_tokens.weight",
    ),
    "own code": (
        lambda folder: spoiled.configured(folder, model_type="my", auto_map=CLASSES),
        "takes code of its own, configuration_my.My, modeling_my.My, which is not run",
    ),
    "unknown": (
        lambda folder: spoiled.configured(folder, model_type="newmodel9"),
        "has the model_type 'newmodel9'",
    ),
    "translator": (
        lambda folder: spoiled.configured(folder, model_type="t5", d_model=32),
        "is no causal language model: T5Config",
    ),
    "endless template": (
        lambda folder: (folder / "chat_template.jinja").write_text(
            "{{ 'a' * 10**10 }}"
        ),
        "its chat template took too much memory",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_vllm_would_load_or_say_at_length_is_refused_in_a_line(
    wider_llama: Path, tmp_path: Path, case: str
) -> None:
    spoil, said = REFUSED[case]
    folder = spoiled.copied(wider_llama, tmp_path / "model")
    spoil(folder)
    backend = VLLM(model=str(folder))
    with pytest.raises(EvalkitError) as caught:
        backend.load(backend.prepare())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_without_finite_numbers_are_refused(
    wider_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(wider_llama, tmp_path / "model")
    filled(folder, "model.layers.0.mlp.down_proj.weight")
    backend = VLLM(model=str(folder))
    with pytest.raises(EvalkitError, match="give numbers that are not finite"):
        backend.load(backend.prepare())


def test_only_answers_that_meet_such_numbers_fail(
    wider_llama: Path, tmp_path: Path
) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(wider_llama)
    (bad,) = tokenizer("?", add_special_tokens=False).input_ids
    folder = spoiled.copied(wider_llama, tmp_path / "model")
    filled(folder, "model.embed_tokens.weight", row=bad)
    backend = VLLM(model=str(folder))
    found: dict[str, Any] = {}
    requests = [
        Generate(
            prompt=prompt,
            id=f"{prompt} {temperature} {size}",
            sampling=Sampling(max_tokens=size, temperature=temperature, seed=3),
        )
        for prompt in ("How many", "How many?")
        for temperature in (0.0, 1.0)
        for size in (1, 6)
    ]
    with backend.load(backend.prepare()) as engine:
        engine.submit(requests)
        while len(found) < len(requests):
            found |= {each.request_id: each for each in engine.step()}
    for name, each in found.items():
        assert (each.failure is Failure.NUMBERS) is ("?" in name), name


ARGUMENTS = """{% if enable_thinking is defined and not enable_thinking %}brief
{%- else %}long{% endif %} {{ messages[0].content }}"""


def test_arguments_reach_the_template_and_padding_may_be_any_token(
    wider_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(wider_llama, tmp_path / "model")
    (folder / "chat_template.jinja").write_text(ARGUMENTS)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["pad_token"] = "[PAD]"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    backend = VLLM(model=str(folder), enable_thinking=False)
    with backend.load(backend.prepare()) as engine:
        sampling = Sampling(max_tokens=2)
        chat = (Message("user", "How?"),)
        engine.submit([Generate(prompt=chat, id="0", sampling=sampling)])
        while not (done := engine.step()):
            pass
    assert done[0].prompt == "brief How?"
