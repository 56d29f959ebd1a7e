"""Architectures whose weights are shared between modules: saved once, they load again.

tests/parity has all that can be built; these are some whose ways differ.
"""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

from evalkit_backends._hf.pretrained import read_model  # noqa: E402 - needs these
from evalkit_backends._models.headers import read_header  # noqa: E402
from evalkit_backends._models.pretrained import read_config  # noqa: E402
from evalkit_backends._models.trial import tried  # noqa: E402
from tests.backends import tiny  # noqa: E402

SMALL = {
    "vocab_size": 64,
    **dict.fromkeys(("hidden_size", "n_embd", "d_model", "embedding_size"), 32),
    **dict.fromkeys(("word_embed_proj_dim", "attention_hidden_size"), 32),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "decoder_ffn_dim", "n_inner"), 48),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "decoder_attention_heads"), 2),
    **dict.fromkeys(("num_experts", "num_local_experts"), 4),
    **dict.fromkeys(("max_position_embeddings", "n_positions"), 64),
    **dict.fromkeys(("head_dim", "rotary_dim", "state_size"), 8),
    **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 0),
    "moe_intermediate_size": 16,
    "num_experts_per_tok": 2,
}
KINDS = (
    *("llama", "gpt2", "opt", "bloom", "gemma2", "gemma3_text", "qwen2", "mixtral"),
    *("mamba", "codegen", "bart", "biogpt", "cohere", "xglm", "electra", "mpt"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_was_saved_fits_its_configuration(
    tmp_path: Path, kind: str
) -> None:
    cls: Any = transformers.CONFIG_MAPPING[kind]
    known = cls().to_dict()
    settings = {name: value for name, value in SMALL.items() if name in known}
    if known.get("layer_types"):
        settings["layer_types"] = known["layer_types"][:2]
    config = cls(**settings, tie_word_embeddings=True)
    tiny.write_model(tmp_path, config)
    tensors = read_header(tmp_path / "model.safetensors")
    model, fit = tried(read_config(tmp_path), tensors)
    assert fit.problem == ""
    tied = model.all_tied_weights_keys
    assert tied
    assert not set(tied) <= set(tensors)
    _, real = read_model(tmp_path, torch.float32, {"": "cpu"}, code=False)
    assert real.problem == ""
