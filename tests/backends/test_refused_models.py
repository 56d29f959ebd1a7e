"""Models that are not what their files say: refused in one line before a question."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from evalkit import EvalkitError, Generate, Message, Sampling
from evalkit_backends.hf import HF
from evalkit_backends.vllm import VLLM
from tests.backends import spoiled
from tests.backends.spoiled import HEAD, INDEX, NORM, SHARDS, SINGLE
from tests.backends.weight_files import zeros

pytest.importorskip("torch", reason="the package torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

Spoil: TypeAlias = Callable[[Path], object]


def refusal(folder: Path) -> str:
    """What is said of a model before anything is asked of it."""
    backend = HF(model=str(folder))
    with pytest.raises(EvalkitError) as caught:
        backend.load(backend.prepare())
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 700
    assert folder.name in said
    return said


# Weights that are not those of the model

MISFITS: dict[str, tuple[Spoil, str]] = {
    "one is missing": (
        lambda folder: spoiled.without(folder, NORM),
        rf"1 is missing \({NORM}\)$",
    ),
    "one has another name": (
        lambda folder: spoiled.renamed(
            folder, lambda name: name.replace(".norm", ".n")
        ),
        r"1 is missing \(model.norm.weight\); 1 is left over \(model.n.weight\)",
    ),
    "one has another shape": (
        lambda folder: spoiled.rewritten(
            folder, lambda found: found | zeros(**{NORM: (31,)})
        ),
        rf"1 has another shape \({NORM}: 31, not 32\)",
    ),
    "a value head is left over": (
        lambda folder: spoiled.with_more(folder, v_head__summary=(1, 32)),
        r"1 is left over \(v_head.summary\); .*unused_weights",
    ),
    "a head for rewards in place of words": (
        lambda folder: (
            spoiled.without(folder, HEAD),
            spoiled.with_more(folder, score__weight=(1, 32)),
        ),
        rf"1 is missing \({HEAD}\); 1 is left over \(score.weight\)",
    ),
    "a wrapper for many devices": (
        lambda folder: spoiled.renamed(folder, lambda name: f"module.{name}"),
        r"21 are missing .* 21 are left over \(module.lm_head.weight, .*'module.'",
    ),
    "a wrapper for compiling": (
        lambda folder: spoiled.renamed(folder, lambda name: f"_orig_mod.{name}"),
        r"21 are missing .*, …\); 21 are left over .* begins with '_orig_mod.'",
    ),
    "an adapter that was not merged": (
        lambda folder: (
            spoiled.renamed(
                folder,
                lambda name: name.replace("q_proj.", "q_proj.base_layer."),
            ),
            spoiled.with_more(
                folder, model__layers__0__self_attn__q_proj__lora_A__weight=(4, 32)
            ),
        ),
        r"2 are missing \(model.layers.0.self_attn.q_proj.weight, .*3 are left over",
    ),
    "more layers than there are": (
        lambda folder: spoiled.configured(folder, num_hidden_layers=12),
        r"90 are missing \(model.layers.2.input_layernorm.weight, ",
    ),
    "fewer layers than there are": (
        lambda folder: spoiled.configured(folder, num_hidden_layers=1),
        r"9 are left over \(model.layers.1.input_layernorm.weight",
    ),
    "another vocabulary": (
        lambda folder: spoiled.configured(folder, vocab_size=999),
        r"2 have another shape \(lm_head.weight: \d+ x 32, not 999 x 32",
    ),
    "another width": (
        lambda folder: spoiled.configured(folder, hidden_size=10**6),
        r"21 have another shape .*not \d+ x 1000000",
    ),
    "tied by name only": (
        lambda folder: (
            spoiled.without(folder, HEAD, "model.embed_tokens.weight"),
            spoiled.configured(folder, tie_word_embeddings=True),
        ),
        r"are missing|is missing",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_weights_that_are_not_the_model_s_are_counted_and_named(
    tiny_llama: Path, tmp_path: Path, case: str
) -> None:
    spoil, said = MISFITS[case]
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoil(folder)
    found = refusal(folder)
    assert re.search(said, found), found
    assert "not those of LlamaForCausalLM" in found


def retyped(folder: Path, name: str, dtype: str) -> None:
    """Say that the numbers of a weight are of another type of four bytes."""
    path = folder / SINGLE
    content = path.read_bytes()
    place = content.index(f'"{name}"'.encode())
    path.write_bytes(
        content[:place] + content[place:].replace(b'"F32"', f'"{dtype}"'.encode(), 1)
    )


UNSAID: dict[str, tuple[Spoil, str]] = {
    "without its prefix too": (
        lambda folder: spoiled.with_more(
            folder, layers__0__self_attn__q_proj__weight=(32, 32)
        ),
        "holds several weights for one place, of which one would count: model.layers.0"
        ".self_attn.q_proj.weight, layers.0.self_attn.q_proj.weight",
    ),
    "with its prefix twice": (
        lambda folder: spoiled.with_more(
            folder, model__model__layers__0__self_attn__q_proj__weight=(32, 32)
        ),
        "holds several weights for one place",
    ),
    "whole numbers": (
        lambda folder: retyped(folder, "model.layers.1.mlp.up_proj.weight", "I32"),
        "holds I32 where its model has fractions, and its config.json names no "
        "quantization: model.layers.1.mlp.up_proj.weight",
    ),
}


@pytest.mark.parametrize("case", UNSAID)
def test_what_a_loader_takes_without_a_word_is_refused(
    tiny_llama: Path, tmp_path: Path, case: str
) -> None:
    spoil, said = UNSAID[case]
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoil(folder)
    assert said in refusal(folder)


@pytest.mark.parametrize("prefix", ["", "model.model."])
def test_a_prefix_that_all_weights_have_or_lack_is_no_matter(
    tiny_llama: Path, tmp_path: Path, prefix: str
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.renamed(
        folder,
        lambda name: prefix + name.removeprefix("model.") if name != HEAD else name,
    )
    backend = HF(model=str(folder))
    backend.load(backend.prepare()).close()


def test_weights_may_be_left_over_where_the_user_names_them(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.with_more(folder, mtp__fc=(4, 4), mtp__norm=(1, 4))
    assert "2 are left over (mtp.fc, mtp.norm)" in refusal(folder)
    backend = HF(model=str(folder), unused_weights="mtp.*")
    backend.load(backend.prepare()).close()
    other = HF(model=str(folder), unused_weights="mtp.f*")
    with pytest.raises(EvalkitError, match=r"1 is left over \(mtp.norm\)"):
        other.load(other.prepare())


def test_weights_that_are_shared_need_to_lie_there_once_only(
    tiny_llama: Path, tmp_path: Path
) -> None:
    for left_out in (HEAD, "model.embed_tokens.weight"):
        folder = spoiled.copied(tiny_llama, tmp_path / left_out)
        spoiled.configured(folder, tie_word_embeddings=True)
        spoiled.without(folder, left_out)
        backend = HF(model=str(folder))
        backend.load(backend.prepare()).close()


# Files that are damaged, missing or something else


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def lone_adapter(folder: Path) -> None:
    config = {"peft_type": "LORA", "base_model_name_or_path": "someone/base", "r": 4}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / SINGLE).rename(folder / "adapter_model.safetensors")


def doubled(folder: Path) -> None:
    spoiled.sharded(folder)
    (folder / SHARDS[0]).write_bytes((folder / SHARDS[1]).read_bytes())


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12345\n"
FILES: dict[str, tuple[Spoil, str]] = {
    "pointer": (
        lambda folder: (folder / SINGLE).write_bytes(LFS),
        f"{SINGLE} is a pointer of Git LFS",
    ),
    "page": (
        lambda folder: (folder / SINGLE).write_bytes(b"<!DOCTYPE html>" * 9),
        f"{SINGLE} is no safetensors file",
    ),
    "empty": (
        lambda folder: (folder / SINGLE).write_bytes(b""),
        f"{SINGLE} is no safetensors file",
    ),
    "short": (
        lambda folder: truncated(folder / SINGLE),
        f"{SINGLE} is cut short: ",
    ),
    "long": (
        lambda folder: (folder / SINGLE).write_bytes(
            (folder / SINGLE).read_bytes() + b"more"
        ),
        f"{SINGLE} is longer than it says: ",
    ),
    "pickled": (
        lambda folder: (folder / SINGLE).rename(folder / "pytorch_model.bin"),
        "has weights in .bin files only",
    ),
    "stray": (
        lambda folder: (folder / SINGLE).rename(folder / "consolidated.safetensors"),
        "which name a model's weights; it has consolidated.safetensors",
    ),
    "no index": (
        lambda folder: (spoiled.sharded(folder), (folder / INDEX).unlink()),
        f"it has {', '.join(SHARDS)}",
    ),
    "shard missing": (
        lambda folder: (spoiled.sharded(folder), (folder / SHARDS[1]).unlink()),
        f"lacks 1 of 2 files of weights: {SHARDS[1]}",
    ),
    "shard elsewhere": (
        lambda folder: spoiled.sharded(folder, (f"../{SHARDS[0]}", SHARDS[1])),
        f"names '../{SHARDS[0]}', which is no file of weights beside it",
    ),
    "shard anywhere": (
        lambda folder: spoiled.sharded(folder, ("/etc/passwd", SHARDS[1])),
        "names '/etc/passwd', which is no file",
    ),
    "shard twice": (doubled, "weights are in two files, "),
    "index of nothing": (
        lambda folder: (spoiled.sharded(folder), (folder / INDEX).write_text("{}")),
        f"{INDEX} names no files",
    ),
    "adapter": (lone_adapter, "holds an adapter of 'someone/base', not a model"),
    "adapter too": (
        lambda folder: (folder / "adapter_config.json").write_text("{}"),
        "holds an adapter of None, beside weights",
    ),
    "training": (
        lambda folder: (folder / SINGLE).rename(
            folder / "shard-00001-model-00001-of-00001.safetensors"
        ),
        "holds the state of a training",
    ),
    "no tokenizer": (
        lambda folder: (folder / "tokenizer.json").unlink(),
        "has no tokenizer: none of tokenizer.json",
    ),
    "settings of another kind": (
        lambda folder: (folder / "config.json").write_text("[1]"),
        "config.json holds no JSON object",
    ),
    "unknown kind": (
        lambda folder: spoiled.configured(folder, model_type="newmodel9"),
        "has the model_type 'newmodel9', which transformers",
    ),
    "translator": (
        lambda folder: spoiled.configured(folder, model_type="t5", d_model=32),
        "is no causal language model to transformers: T5Config",
    ),
    "package missing": (
        lambda folder: spoiled.configured(
            folder, quantization_config={"quant_method": "gptq", "bits": 4}
        ),
        "GPTQ",
    ),
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", '{"model_type": "llama", '),
        ("tokenizer_config.json", '{"a": '),
        ("generation_config.json", ""),
        ("special_tokens_map.json", "[1"),
    ],
)
def test_damaged_settings_are_named_and_not_passed_over(
    tiny_llama: Path, tmp_path: Path, name: str, content: str
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (folder / name).write_text(content)
    assert f"{name} is no JSON" in refusal(folder)


@pytest.mark.parametrize("case", FILES)
def test_damaged_and_missing_files_are_named(
    tiny_llama: Path, tmp_path: Path, case: str
) -> None:
    spoil, said = FILES[case]
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoil(folder)
    assert said in refusal(folder)


def test_weights_in_shards_load(tiny_llama: Path, tmp_path: Path) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.sharded(folder)
    backend = HF(model=str(folder))
    backend.load(backend.prepare()).close()


@pytest.mark.parametrize("backend", [HF, VLLM])
def test_an_adapter_is_not_looked_for_on_the_hub(
    tmp_path: Path, backend: type[HF] | type[VLLM]
) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir()
    config = {"peft_type": "LORA", "base_model_name_or_path": "someone/base", "r": 4}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    found = find_refusal(str(folder), backend)
    assert "holds an adapter of 'someone/base', not a model" in found
    assert "--backend-set lora=FOLDER" in found


def find_refusal(name: str, backend: type[HF] | type[VLLM] = HF) -> str:
    """What is said of a model that is only looked for."""
    from evalkit_backends._models.find import Wanted, find

    with pytest.raises(EvalkitError) as caught:
        find(Wanted(name=name, revision="", backend=backend.name))
    return str(caught.value)


# What is no file, or lies elsewhere

READ = ("config.json", "tokenizer.json", "chat_template.jinja", SINGLE)


@pytest.mark.parametrize("name", READ)
def test_what_is_no_file_is_not_waited_for(
    tiny_llama: Path, tmp_path: Path, name: str
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    path = folder / name
    spoiled.piped(path)
    assert f"{name} is a pipe, and no file" in find_refusal(str(folder))
    spoiled.linked(path, "/dev/zero")
    assert f"{name} is a device, and no file" in find_refusal(str(folder))
    spoiled.linked(path, folder / "nothing")
    assert f"{name} is a link to nothing" in find_refusal(str(folder))
    path.unlink()
    path.mkdir()
    assert f"{name} is a folder, and no file" in find_refusal(str(folder))


def test_settings_must_lie_in_the_folder_and_weights_need_not(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    (tmp_path / "secret").write_text("{{ messages }}")
    spoiled.linked(folder / "chat_template.jinja", tmp_path / "secret")
    said = find_refusal(str(folder))
    assert "chat_template.jinja is a link out of the folder" in said
    spoiled.linked(folder / "chat_template.jinja", folder / "config.json")
    (folder / SINGLE).rename(tmp_path / SINGLE)
    spoiled.linked(folder / SINGLE, tmp_path / SINGLE)
    assert HF(model=str(folder)).prepare().chats


# Settings beyond all measure


@pytest.mark.parametrize(
    "settings",
    [
        {"num_hidden_layers": 10**8},
        {"num_hidden_layers": 10**4000},
        {"hidden_size": 10**12},
        {"vocab_size": 10**11},
        {"intermediate_size": 10**15},
        {"num_attention_heads": 10**9, "num_key_value_heads": 10**9},
        {"text_config": {"num_hidden_layers": 10**8}},
    ],
    ids=str,
)
def test_a_model_far_beyond_its_weights_is_not_begun(
    tiny_llama: Path, tmp_path: Path, settings: dict[str, int]
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.configured(folder, **settings)
    said = find_refusal(str(folder))
    assert "config.json has " in said
    assert "its files hold 21 weights of " in said
    assert len(said) < 400


def test_a_model_too_large_for_any_memory_is_told_by_its_shapes(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    spoiled.configured(folder, intermediate_size=10**9 - 1)
    assert "6 have another shape" in refusal(folder)


# Tokens that the model does not have


def test_a_token_for_padding_need_not_be_one_of_the_model_s(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    with_token(folder, "[PAD]", pad_token="[PAD]")
    asked = [
        Generate(prompt=prompt, id=str(number), sampling=Sampling(max_tokens=5))
        for number, prompt in enumerate(("How many", "How many clips did Natalia sell"))
    ]
    texts = {folder: answers(folder, asked) for folder in (folder, tiny_llama)}
    assert texts[folder] == texts[tiny_llama]


def test_a_token_beyond_the_model_s_is_named_with_both_sizes(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    size = with_token(folder, "<|new|>")
    said = f"token '<|new|>' has the number {size}, and the model has {size} tokens"
    backend = HF(model=str(folder))
    with backend.load(backend.prepare()) as engine:
        engine.submit([Generate(prompt="How <|new|>?", id="0")])
        (failed,) = engine.step()
        assert failed.error is not None
        assert said in failed.error
        chat = (Message("user", "Say <|new|>!"),)
        engine.submit([Generate(prompt=chat, id="1")])
        (failed,) = engine.step()
        assert failed.error is not None
        assert said in failed.error


def test_a_template_that_writes_a_token_beyond_the_model_s_ends_the_run(
    tiny_llama: Path, tmp_path: Path
) -> None:
    folder = spoiled.copied(tiny_llama, tmp_path / "model")
    size = with_token(folder, "<|new|>")
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text() + "<|new|>")
    backend = HF(model=str(folder))
    with backend.load(backend.prepare()) as engine:
        with pytest.raises(EvalkitError) as caught:
            engine.submit([Generate(prompt=(Message("user", "How?"),), id="0")])
        assert f"token '<|new|>' has the number {size}" in str(caught.value)
        assert f"its tokenizer {size + 1}" in str(caught.value)


def with_token(folder: Path, token: str, **settings: str) -> int:
    """Add a token to a tokenizer alone; its number."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    size = len(tokenizer)
    tokenizer.add_special_tokens(settings or {"additional_special_tokens": [token]})
    tokenizer.save_pretrained(folder)
    return size


def answers(folder: Path, asked: list[Generate]) -> list[str]:
    """What a model writes."""
    backend = HF(model=str(folder))
    with backend.load(backend.prepare()) as engine:
        engine.submit(asked)
        found: dict[str, str] = {}
        while len(found) < len(asked):
            found |= {each.request_id: each.text for each in engine.step()}
    return [found[each.id] for each in asked]
