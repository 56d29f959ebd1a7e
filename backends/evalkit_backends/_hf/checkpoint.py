"""A model's files on their way into memory: those that were found, and no others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from evalkit import Model, Tags, UsageError
from evalkit_backends._hf.lora import merge
from evalkit_backends._hf.pretrained import read_model
from evalkit_backends._models.adapter import adapted, find_adapter
from evalkit_backends._models.architecture import causal_config
from evalkit_backends._models.files import Whose
from evalkit_backends._models.folder import check_same, look
from evalkit_backends._models.pretrained import read_renderer, read_tokenizer, writes
from evalkit_backends._models.problems import converting, told
from evalkit_backends._models.rendering import Renderer
from evalkit_backends._models.trial import check_fit, refuse


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the user wants the model to be run; see the options of `HF`."""

    dtype: str
    device: str
    device_map: str
    batch_size: int | None
    max_length: int | None
    lora: str
    unused: str
    """A pattern of the names of weights that may be left over."""
    code: bool
    """Whether the model's own code may run."""
    arguments: Mapping[str, Any]
    """Of the chat template."""
    thinking: Sequence[Tags] = ()
    """The tags of thoughts that the user names."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model in memory with what its prompts are made by."""

    weights: Any
    tokenizer: Any
    render: Renderer
    context: int | None
    """Most tokens of a prompt and its answer; None if there is no such bound."""

    @classmethod
    def read(cls, folder: Path, model: Model, wish: Wish, device: torch.device) -> Self:
        """Read the model that was found; UsageError if that is not what is there."""
        whose = Whose(backend="hf", what=repr(model.name))
        config = causal_config(folder, whose, code=wish.code)
        held = context(config, wish.max_length)
        with told(whose):
            tokenizer = read_tokenizer(folder, code=wish.code)
        # Its process starts while the weights are read.
        render = read_renderer(tokenizer, wish.arguments, whose)
        weights = read_weights(folder, config, model, wish, device)
        return cls(weights=weights, tokenizer=tokenizer, render=render, context=held)


def read_weights(
    folder: Path, config: Any, model: Model, wish: Wish, device: torch.device
) -> Any:
    """The model with its weights, all of which fit, and its adapter, if it has one."""
    whose = Whose(backend="hf", what=repr(model.name))
    looked = look(folder, whose, code=wish.code)
    dtype, placement = pick_dtype(wish.dtype, device), wish.device_map or {"": device}
    with told(whose), converting():
        if writes(config):
            check_fit(config, looked.weights, wish.unused, whose)
        weights, fit = read_model(folder, dtype, placement, code=wish.code)
    refuse(fit.without(wish.unused), weights, whose)
    adapter = find_adapter(wish.lora, "hf")
    if adapter is not None:
        merge(weights, adapter, whose)
    check_same(model, adapted(looked.described(model, whose), adapter), whose)
    return weights


def pick_dtype(wanted: str, device: torch.device) -> torch.dtype | str:
    """The type of the weights; "auto" leaves the choice to the checkpoint."""
    if wanted == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    kinds = {
        "float32": torch.float32,
        "float16": torch.float16,
        "bfloat16": torch.bfloat16,
    }
    return kinds[wanted]


def context(config: Any, wanted: int | None) -> int | None:
    """Most tokens of a prompt and its answer.

    Raises UsageError if more are wanted than the model was made for.
    """
    held = longest(config.get_text_config())
    if wanted is not None and held is not None and wanted > held:
        raise UsageError(
            f"backend 'hf': option 'max_length' is {wanted}, and the model holds {held}"
        )
    return wanted or held


def longest(settings: Any) -> int | None:
    """Most tokens that a model was made for; None if there is no such bound."""
    held: int | None = getattr(settings, "max_position_embeddings", None)
    rope: dict[str, Any] = getattr(settings, "rope_parameters", None) or {}
    if held is not None and held < 1:
        return None
    if held is not None and rope.get("rope_type") == "dynamic":
        return int(held * rope.get("factor", 1))  # it is stretched as texts get longer
    return held
