"""Which files a model's name stands for, and what can be checked of them unloaded.

Models are found where backend `hf` finds them, so that both run the same weights.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from evalkit import Model, UsageError
from evalkit_backends._models.adapter import adapted, find_adapter
from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.find import Wanted
from evalkit_backends._models.find import find as find_model
from evalkit_backends._models.naming import some
from evalkit_backends._models.settings import read_object
from evalkit_backends._models.weights import INDEX, SINGLE, shards_of
from evalkit_backends._vllm.room import room


def find(wanted: Wanted, lora: str, length: int | None) -> Model:
    """The model of a name, ready on disk; raise UsageError if it cannot be had."""
    adapter = find_adapter(lora, wanted.backend)
    if adapter is not None:
        room(adapter)
    model = find_model(wanted)
    place = Path(model.location)
    if (place / CONFIG).is_file():  # the built-in model may have none yet
        check_length(place, model, length)
        check_alone(place, model)
    return adapted(model, adapter)


def check_alone(place: Path, model: Model) -> None:
    """Refuse weights that vLLM would load beside those which the model's name is for.

    It takes those of an index if there is one, and of all files if there is none.
    """
    whose = Whose(backend="vllm", what=repr(model.name))
    held = {each.name for each in place.glob("*.safetensors")}
    if SINGLE not in held:
        return
    index = place / INDEX
    read = set(shards_of(read_object(index, whose), whose)) if index.is_file() else held
    if read != {SINGLE}:
        others = sorted(read - {SINGLE})
        raise whose.refusal(
            f"has other weights beside {SINGLE}, which vLLM would load too or instead: "
            f"{some(others)}"
        )


def check_length(place: Path, model: Model, wanted: int | None) -> None:
    """Refuse more tokens than the model was made for."""
    whose = Whose(backend="vllm", what=repr(model.name))
    held = context(read_object(place / CONFIG, whose), whose)
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


def context(found: Mapping[str, Any], whose: Whose) -> int | None:
    """Most tokens that a model's configuration speaks of; None if it speaks of none."""
    try:
        config = msgspec.convert(found, Config)
    except msgspec.ValidationError as exc:
        raise whose.refusal(f"cannot be loaded: {CONFIG}: {exc}") from exc
    return (config.text_config or config).max_position_embeddings
