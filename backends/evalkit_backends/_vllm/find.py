"""Which files a model's name stands for, and what can be checked of them unloaded.

Models are found where backend `hf` finds them, so that both run the same weights.
"""

from dataclasses import replace
from pathlib import Path

import msgspec

from evalkit import Model, UsageError
from evalkit_backends._models.find import find as find_model
from evalkit_backends._vllm.adapter import check_adapter, identity


def find(name: str, revision: str, lora: str, length: int | None) -> Model:
    """The model called `name`, ready on disk; raise UsageError if it cannot be had."""
    check_adapter(lora)
    model = find_model(name, revision, backend="vllm")
    check_length(model, length)
    return replace(model, identity={**model.identity, **identity(lora)})


def check_length(model: Model, wanted: int | None) -> None:
    """Refuse more tokens than the model was made for."""
    held = context(Path(model.location) / "config.json")
    if wanted is not None and held is not None and wanted > held:
        raise UsageError(
            f"backend 'vllm': option 'max_model_len' is {wanted}, and the model holds "
            f"{held}"
        )


class Config(msgspec.Struct):
    """What is read of a model's configuration."""

    max_position_embeddings: int | None = None
    text_config: "Config | None" = None
    """Where a model reads more than text: what is so of its texts."""


def context(path: Path) -> int | None:
    """Most tokens that a model's configuration speaks of; None if it speaks of none."""
    if not path.is_file():
        return None
    try:
        config = msgspec.json.decode(path.read_bytes(), type=Config)
    except msgspec.DecodeError as exc:
        raise UsageError(
            f"backend 'vllm': {str(path)!r} is not a model's configuration: {exc}"
        ) from exc
    return (config.text_config or config).max_position_embeddings
