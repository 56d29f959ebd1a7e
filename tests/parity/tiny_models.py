"""A model of some thousand random weights for each architecture that writes text.

Sizes are made small by the names that configurations give them. What makes one
architecture differ from another stays: its kinds of layers, windows, experts, scales.
Windows are a few tokens wide, so that short texts are longer than they are.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import torch
import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

WINDOW = 8
"""Tokens that a layer sees which does not see all."""
CONTEXT = 256
MOST = 7_000_000
"""Weights beyond which a model is not tiny: some size has an unknown name."""
LAYERS = 4
"""Most kinds of layers that a model keeps."""

HIDDEN, INNER, HEADS, HEAD, RANK = 32, 48, 4, 8, 16
SIZES: tuple[tuple[int, str], ...] = (
    (
        HIDDEN,
        """hidden_size d_model n_embd emb_dim word_embed_proj_dim embedding_size
        embedding_dim lru_width attention_hidden_size input_embedding_size
        output_embedding_size router_hidden_size backbone_hidden_size
        out_hidden_size adapter_in_dim adapter_out_dim adapter_input_size
        hidden_size_global output_proj_dims""",
    ),
    (
        INNER,
        """intermediate_size ffn_dim decoder_ffn_dim encoder_ffn_dim dim_ff dff
        d_inner n_inner ffn_hidden_size feed_forward_size expert_ffn_hidden_size
        moe_intermediate_size moe_shared_expert_intermediate_size
        shared_intermediate_size shared_expert_intermediate_size
        shared_experts_intermediate_size dense_intermediate_size
        intermediate_size_mlp""",
    ),
    (
        HEADS,
        """num_attention_heads n_head n_heads num_heads attention_heads
        decoder_attention_heads encoder_attention_heads num_decoder_attention_heads
        num_encoder_attention_heads linear_num_value_heads linear_num_heads
        index_n_heads num_experts num_local_experts n_routed_experts
        moe_num_experts""",
    ),
    (
        2,
        """num_key_value_heads num_kv_heads linear_num_key_heads num_query_groups
        swa_num_key_value_heads num_experts_per_tok num_experts_per_token moe_topk
        moe_k zero_expert_num attn_layer_period""",
    ),
    (
        HEAD,
        """head_dim dim_head d_head attention_head_size linear_key_head_dim
        linear_value_head_dim linear_head_dim index_head_dim v_head_dim
        qk_nope_head_dim qk_rope_head_dim rotary_dim attention_head_dim mamba_d_head
        mamba_head_dim mamba_headdim kv_channels global_head_dim swa_head_dim
        mamba_n_heads mamba_num_heads n_mamba_heads""",
    ),
    (
        RANK,
        """kv_lora_rank q_lora_rank o_lora_rank mamba_d_state state_size
        ssm_state_size laurel_rank adapter_rank gated_norm_rank hc_lowrank
        hidden_size_per_layer_input pronunciation_embed_dim shape_embed_dim
        query_pre_attn_scalar time_step_rank mamba_dt_rank chunk_size
        mamba_chunk_size block_size floor_scale""",
    ),
    (
        1,
        """n_group num_expert_group topk_group n_shared_experts num_shared_experts
        moe_num_shared_experts n_groups mamba_n_groups mamba_ngroups
        attn_layer_offset""",
    ),
    (
        WINDOW,
        """sliding_window window_size attention_chunk_size attention_window_size
        local_attention index_topk keep_window_size local_attention_window_len""",
    ),
    (
        CONTEXT,
        """max_position_embeddings n_positions n_ctx max_seq_len context_length
        max_target_positions model_max_length""",
    ),
)
"""What sizes become, by their names."""
COUNTS = (
    *("num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers"),
    *("encoder_layers", "num_decoder_layers", "num_encoder_layers"),
)
"""How configurations call the number of their layers."""
OPEN = (
    *("head_dim", "num_key_value_heads", "n_routed_experts", "num_experts_per_tok"),
    "n_shared_experts",
)
"""Sizes that some configurations leave open, though their models need them."""
TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
TWO_KINDS = ["mamba", "attention"]
ZAMBA = {
    "num_hidden_layers": 3,
    "layers_block_type": ["linear_attention", "hybrid", "hybrid"],
    "attention_hidden_size": 2 * HIDDEN,
    "attention_head_dim": 2 * HEAD,
}
OWN: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1]},
    "cohere_compass_text": {
        "layer_types": ["sliding_attention", "full_attention"],
        "rope_parameters": {
            each: {"rope_type": "default", "rope_theta": 10000.0}
            for each in ("sliding_attention", "full_attention")
        },
    },
    "dots3_note_text": {"index_topk": WINDOW},
    "falcon_h1": {"mamba_d_ssm": 64},
    "gemma3n_text": {"num_kv_shared_layers": 0},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "granitemoehybrid": {"layer_types": TWO_KINDS},
    "minimax_m3_vl_text": {"index_block_size": 4, "index_topk_blocks": 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "mamba2": {"num_heads": 8},
    "qwen4_exp_text": {
        "indexer_n_heads": 2,
        "indexer_kv_heads": 1,
        "indexer_head_dim": HEAD,
        "indexer_budget": WINDOW,
        "indexer_compress_ratio": 2,
    },
    "recurrent_gemma": {"num_hidden_layers": 3},
    "reformer": {"axial_pos_embds_dim": (16, 16), "axial_pos_shape": (16, 16)},
    "xlm": {"causal": True},
    "xlnet": {"attn_type": "uni"},
    "xlstm": {
        "hidden_size": 128,
        "embedding_dim": 128,
        "num_blocks": 2,
        "chunk_size": 64,
    },
    "xmod": {"default_language": "en_XX"},
    "zamba": ZAMBA,
    "zamba2": ZAMBA | {"mamba_headdim": HEAD},
    "zaya": {"num_experts_per_tok": 1},
}
"""What only some architectures need, or call as others call something else."""

SHORT = 24
"""Tokens up to which rotary embeddings that depend on the length are as they were."""
DYNAMIC = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0}
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "original_max_position_embeddings": SHORT,
    "short_factor": [1.0, 1.1, 1.2, 1.3],
    "long_factor": [2.0, 3.0, 4.0, 5.0],
    "factor": 4.0,
}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "falcon with alibi": ("falcon", {"alibi": True}),
    "llama with dynamic rope": (
        "llama",
        {"max_position_embeddings": SHORT, "rope_parameters": DYNAMIC},
    ),
    "llama with longrope": ("llama", {"rope_parameters": LONGROPE}),
    "phi3 with longrope": (
        "phi3",
        {"original_max_position_embeddings": SHORT, "rope_parameters": LONGROPE},
    ),
    "phimoe with longrope": (
        "phimoe",
        {"rope_parameters": LONGROPE | {"short_mscale": 1.1, "long_mscale": 1.3}},
    ),
    "qwen2 with a window": (
        "qwen2",
        {
            "use_sliding_window": True,
            "sliding_window": WINDOW,
            "layer_types": ["full_attention", "sliding_attention"],
        },
    ),
}
"""What makes a difference within an architecture and is not the rule there."""


def causal_kinds() -> list[str]:
    """The architectures that transformers writes text with."""
    return list(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def named_config(name: str, vocabulary: int) -> Any:
    """The small configuration of an architecture or a variant of one."""
    kind, changes = VARIANTS.get(name, (name, {}))
    return tiny_config(kind, vocabulary, **changes)


def tiny_config(kind: str, vocabulary: int, **changes: Any) -> Any:
    """A small configuration of an architecture; it may refuse with an error."""
    cls = transformers.CONFIG_MAPPING[kind]
    return shrunk(cls, vocabulary, OWN.get(kind, {}) | changes)


def shrunk(cls: Any, vocabulary: int, changes: Mapping[str, Any]) -> Any:
    """A configuration of this class with all sizes small whose names are known."""
    try:
        default = cls()
    except ValueError:  # its own values do not fit each other
        default = cls(**changes)
    held: dict[str, Any] = default.to_dict()
    small = (
        small_sizes(held)
        | {name: vocabulary for name in held if "vocab_size" in name}
        | fewer_layers(held)
        | TOKENS
    )
    for name in getattr(cls, "sub_configs", {}):
        part = getattr(default, name, None)
        if part is not None and not isinstance(part, dict):
            inner = shrunk(type(part), vocabulary, changes.get(name, {}))
            small[name] = inner.to_dict()
    if hasattr(default, "is_decoder"):
        small["is_decoder"] = True
    own = {
        name: value
        for name, value in changes.items()
        if name not in small or not isinstance(small[name], dict)
    }
    return cls(**(small | own))


def small_sizes(held: Mapping[str, Any]) -> dict[str, Any]:
    """Small values for all sizes of a configuration whose names are known."""
    known = {name: size for size, names in SIZES for name in names.split()}
    if "kv_lora_rank" in held:
        known["num_key_value_heads"] = HEADS  # all come from what is stored once
    return {
        name: size
        for name, size in known.items()
        if type(held.get(name)) is int or (name in OPEN and held.get(name, 0) is None)
    }


def fewer_layers(held: Mapping[str, Any]) -> dict[str, Any]:
    """A layer of each kind that a configuration has, and at least two."""
    counts = [name for name in COUNTS if isinstance(held.get(name), int)]
    if not counts:
        return {}
    whole = held[counts[0]]
    lists = {
        name: value
        for name, value in held.items()
        if isinstance(value, (list, tuple)) and len(value) == whole
    }
    kinds: dict[str, int] = {}
    for place, each in enumerate(zip(*lists.values(), strict=True)):
        kinds.setdefault(repr(each), place)
    kept = sorted(islice(kinds.values(), LAYERS)) or [0]
    kept = kept if len(kept) > 1 else kept * 2
    return {
        **dict.fromkeys(counts, len(kept)),
        **{name: [value[place] for place in kept] for name, value in lists.items()},
    }


def tiny_model(config: Any) -> Any:
    """A model of this configuration whose random weights matter, always the same ones.

    Raises ValueError if it is not tiny, and whatever transformers raises.
    """
    with torch.device("meta"):
        weights = transformers.AutoModelForCausalLM.from_config(config).num_parameters()
    if weights > MOST:
        raise ValueError(f"{weights:,} weights")
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    stir(model)
    return model


@torch.no_grad()
def stir(model: Any) -> None:
    """Scale weights so that what a model tells depends on all that it has read.

    As they are made, layers of such narrow models hardly add to what they are given.
    """
    for weight in model.parameters():
        if weight.ndim > 1 and weight.std() > 0:
            inputs = weight[0].numel()
            weight.mul_(1.3 / (weight.std() * inputs**0.5))
    embedding = model.get_input_embeddings().weight
    embedding.mul_(1.0 / embedding.std())
