"""LoRA on backend `hf`: what is added is what the adapter says, or it is refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalkit import Generate, Sampling, UsageError
from evalkit_backends.hf import HF
from tests.backends import spoiled

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

from safetensors.torch import load_file, save_file  # noqa: E402 - needs the packages

from tests.backends import tiny  # noqa: E402

Q0, Q1 = (f"model.layers.{n}.self_attn.q_proj" for n in range(2))
DOWN = "model.layers.1.mlp.down_proj"
SHAPES = {Q0: (32, 32), Q1: (32, 32), DOWN: (32, 48)}
PROMPTS = ("How many clips did", "Weng earns", "Yesterday, she just")


def write(
    folder: Path, ranks: Mapping[str, int], shapes: Mapping[str, Any], **settings: Any
) -> dict[str, Any]:
    """An adapter for some modules; its factors, by the modules' names."""
    folder.mkdir()
    torch.manual_seed(5)
    factors = {
        name: (torch.randn(rank, shapes[name][1]), torch.randn(shapes[name][0], rank))
        for name, rank in ranks.items()
    }
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 2, "task_type": "CAUSAL_LM"}
    (folder / "adapter_config.json").write_text(json.dumps(config | settings))
    tensors = {
        f"base_model.model.{name}.lora_{which}.weight": factor
        for name, pair in factors.items()
        for which, factor in zip("AB", pair, strict=True)
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    return factors


def merged(
    base: Path, folder: Path, factors: Mapping[str, Any], scales: Mapping[str, float]
) -> Path:
    """A model to which the products were added by hand."""
    spoiled.copied(base, folder)
    weights = load_file(folder / "model.safetensors")
    for name, (a, b) in factors.items():
        product = torch.einsum("rd,ur->ud", a, b) * scales[name]
        held = weights[f"{name}.weight"]
        weights[f"{name}.weight"] = held + product.reshape(held.shape)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def texts(folder: Path, **options: Any) -> list[str]:
    """What a model writes."""
    backend = HF(model=str(folder), **options)
    with backend.load(backend.prepare()) as engine:
        sampling = Sampling(max_tokens=12)
        engine.submit(
            [
                Generate(prompt=p, id=str(n), sampling=sampling)
                for n, p in enumerate(PROMPTS)
            ]
        )
        found: dict[str, str] = {}
        while len(found) < len(PROMPTS):
            found |= {each.request_id: each.text for each in engine.step()}
    return [found[str(n)] for n in range(len(PROMPTS))]


KINDS: dict[str, tuple[dict[str, Any], dict[str, int], dict[str, float]]] = {
    "plain": ({}, {Q0: 4, DOWN: 4}, {Q0: 2 / 4, DOWN: 2 / 4}),
    "by the root of its rank": ({"use_rslora": True}, {Q0: 4}, {Q0: 2 / 4**0.5}),
    "of several ranks": (
        {"rank_pattern": {"down_proj": 8}},
        {Q0: 4, DOWN: 8},
        {Q0: 2 / 4, DOWN: 2 / 8},
    ),
    "of several strengths": (
        {"alpha_pattern": {"layers.0.self_attn.q_proj": 6}},
        {Q0: 4, Q1: 4},
        {Q0: 6 / 4, Q1: 2 / 4},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_is_added_as_if_by_hand(
    tiny_llama: Path, tmp_path: Path, kind: str
) -> None:
    settings, ranks, scales = KINDS[kind]
    factors = write(tmp_path / "adapter", ranks, SHAPES, **settings)
    by_hand = merged(tiny_llama, tmp_path / "merged", factors, scales)
    found = texts(tiny_llama, lora=str(tmp_path / "adapter"))
    assert found == texts(by_hand)
    assert found != texts(tiny_llama)


def test_weights_that_lie_the_other_way_round_are_turned(tmp_path: Path) -> None:
    base = tmp_path / "base"
    config = transformers.GPT2Config(
        vocab_size=tiny.write_tokenizer(base), n_embd=32, n_layer=1, n_head=4,
        n_positions=64, initializer_range=0.3,
    )  # fmt: skip
    tiny.write_model(base, config)
    module = "transformer.h.0.attn.c_attn"
    factors = write(
        tmp_path / "adapter", {module: 4}, {module: (96, 32)}, fan_in_fan_out=True
    )
    spoiled.copied(base, tmp_path / "merged")
    weights = load_file(tmp_path / "merged" / "model.safetensors")
    a, b = factors[module]
    weights[f"{module}.weight"] += 0.5 * (a.T @ b.T)
    save_file(weights, tmp_path / "merged" / "model.safetensors", {"format": "pt"})
    adapted = texts(base, lora=str(tmp_path / "adapter"))
    assert adapted == texts(tmp_path / "merged")
    assert adapted != texts(base)


def test_the_adapter_is_part_of_what_the_model_is(
    tiny_llama: Path, tmp_path: Path
) -> None:
    write(tmp_path / "one", {Q0: 4}, SHAPES)
    write(tmp_path / "two", {Q0: 4}, SHAPES, lora_alpha=3)
    plain = HF(model=str(tiny_llama)).prepare().identity
    one, two = (
        HF(model=str(tiny_llama), lora=str(tmp_path / name)).prepare().identity
        for name in ("one", "two")
    )
    assert one["lora"] != two["lora"]
    assert {**one, "lora": ""} == {**two, "lora": ""} == {**plain, "lora": ""}
    backend = HF(model=str(tiny_llama), lora=str(tmp_path / "one"))
    model = backend.prepare()
    settings = tmp_path / "one" / "adapter_config.json"
    settings.write_text((tmp_path / "two" / "adapter_config.json").read_text())
    with pytest.raises(UsageError, match=r"changed since it was found \(lora\)"):
        backend.load(model)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"peft_type": "LOHA"}, "peft_type 'LOHA', not 'LORA'"),
        ({"use_dora": True}, "cannot be used: use_dora=True. Merge it"),
        ({"bias": "all"}, "bias='all'"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save=\\['lm_head'\\]"),
        ({"init_lora_weights": "pissa_niter_4"}, "init_lora_weights='pissa_niter_4'"),
        ({"alpha_pattern": {"(a+)+$": 1}}, "alpha_pattern '.*' of .* is no name"),
        ({"r": "4"}, "Expected `int`, got `str`"),
        ({"lora_alpha": None}, "lora_alpha"),
        ({"r": 8}, "has r=8, and its weights are of rank 4"),
    ],
    ids=str,
)
def test_an_adapter_that_does_something_else_is_refused(
    tiny_llama: Path, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    write(tmp_path / "adapter", {Q0: 4}, SHAPES, **settings)
    with pytest.raises(UsageError, match=said):
        HF(model=str(tiny_llama), lora=str(tmp_path / "adapter")).prepare()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "base_model.model.x.lora_A.weight",
            "1 weights without their like: .*lora_A",
        ),
        ("base_model.model.x.lora_magnitude_vector", "without their like"),
        ("base_model.model.model.norm.weight", "without their like"),
    ],
)
def test_weights_of_an_adapter_that_nobody_asks_for_are_named(
    tiny_llama: Path, tmp_path: Path, name: str, said: str
) -> None:
    write(tmp_path / "adapter", {Q0: 4}, SHAPES)
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    save_file(load_file(path) | {name: torch.zeros(4, 32)}, path)
    with pytest.raises(UsageError, match=said):
        HF(model=str(tiny_llama), lora=str(tmp_path / "adapter")).prepare()


@pytest.mark.parametrize(
    ("module", "shape", "said"),
    [
        ("model.layers.7.self_attn.q_proj", (32, 32), "left over .*layers.7"),
        (Q0, (32, 48), "another shape .*q_proj: 32 x 48, not 32 x 32"),
        ("model.norm", (32, 32), "left over .*model.norm"),
    ],
)
def test_an_adapter_of_another_model_is_refused(
    tiny_llama: Path, tmp_path: Path, module: str, shape: Any, said: str
) -> None:
    write(tmp_path / "adapter", {module: 4}, {module: shape})
    backend = HF(model=str(tiny_llama), lora=str(tmp_path / "adapter"))
    with pytest.raises(UsageError, match=f"cannot take the adapter.*{said}"):
        backend.load(backend.prepare())


def test_weights_that_modules_share_take_no_adapter(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "tied")
    spoiled.without(folder, spoiled.HEAD)
    spoiled.configured(folder, tie_word_embeddings=True)
    size = json.loads((folder / "config.json").read_text())["vocab_size"]
    write(tmp_path / "adapter", {"lm_head": 4}, {"lm_head": (size, 32)})
    backend = HF(model=str(folder), lora=str(tmp_path / "adapter"))
    with pytest.raises(UsageError, match=r"1 is left over \(lm_head\)"):
        backend.load(backend.prepare())
