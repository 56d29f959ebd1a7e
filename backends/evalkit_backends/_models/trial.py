"""Loading a model without its numbers: whether its weights are those that it wants.

transformers loads tensors that have names and shapes and nothing else, and reports what
is missing, left over or of another shape. That takes no room, however large a model its
configuration describes.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import torch

from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.fit import Fit, Shape, in_order
from evalkit_backends._models.folder import Looked
from evalkit_backends._models.headers import Tensor
from evalkit_backends._models.naming import spelled
from evalkit_backends._models.pretrained import knows, read_config, writes
from evalkit_backends._models.problems import converting, told
from evalkit_backends._models.tied import check_tied
from evalkit_backends._models.unsaid import check_unsaid
from evalkit_backends._models.weights import Weights

transformers: Any = import_module("transformers")

NOWHERE = "meta"
"""torch's name of a device that holds no numbers."""
DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "BOOL": torch.bool,
}
"""Those that matter: a type is changed on loading, a shape is not."""
TABLES = 10**9
"""Numbers that a model may make from its settings, where nothing is saved of them."""


def check_fit(config: Any, weights: Weights, unused: str, whose: Whose) -> Any:
    """The model, without numbers, that weights are for.

    Raises UsageError for weights that it cannot be made of, and if it is far larger.
    `unused` is a pattern of names that may be left over. Quantized weights are not what
    the model comes to hold, and are left to what loads them.
    """
    if getattr(config, "quantization_config", None) is not None:
        outline = outlined(config)
        check_size(outline, weights, whose)
        return outline
    model, fit = tried(config, weights.tensors)
    refuse(fit.without(unused), model, whose)
    check_unsaid(model, weights.tensors, whose)
    check_tables(model, weights, whose)
    return model


def refuse(fit: Fit, model: Any, whose: Whose) -> None:
    """Raise UsageError if there is anything that does not fit."""
    if fit.problem:
        kind = type(model).__name__
        raise whose.refusal(f"has weights that are not those of {kind}: {fit.problem}")


def check_for_others(folder: Path, looked: Looked, unused: str, whose: Whose) -> None:
    """The same for what loads models without transformers, and knows more kinds."""
    if not knows(str(looked.settings[CONFIG].get("model_type"))):
        return
    with told(whose), converting():
        config = read_config(folder)
        if writes(config):
            model = check_fit(config, looked.weights, unused, whose)
            check_tied(model.all_tied_weights_keys, looked.weights.tensors, whose)
        elif getattr(config, "is_encoder_decoder", False):
            raise whose.refusal(f"is no causal language model: {type(config).__name__}")


def tried(config: Any, tensors: Mapping[str, Tensor]) -> tuple[Any, Fit]:
    """The model of a configuration, as loaded from tensors without numbers."""
    empty = {
        name: torch.empty(
            each.shape, dtype=DTYPES.get(each.dtype, torch.uint8), device=NOWHERE
        )
        for name, each in tensors.items()
    }
    model, report = kind_of(config).from_pretrained(
        None,
        config=config,
        state_dict=empty,
        device_map={"": NOWHERE},
        dtype=torch.float32,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
    )
    return model, fit_of(report)


def kind_of(config: Any) -> Any:
    """The class of a configuration's causal language model."""
    found: Any = transformers.MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    if not isinstance(found, (list, tuple)):
        return found
    kinds = cast("Sequence[Any]", found)
    named: list[str] = getattr(config, "architectures", None) or []
    return next((each for each in kinds if each.__name__ in named), kinds[0])


def outlined(config: Any) -> Any:
    """The model of a configuration without any weights."""
    with torch.device(NOWHERE):
        return transformers.AutoModelForCausalLM.from_config(config)


def fit_of(report: Mapping[str, Any]) -> Fit:
    """What transformers reports of a loading."""
    misshapen = {
        str(name): (plain(held), plain(wanted))
        for name, held, wanted in report["mismatched_keys"]
    }
    return Fit(
        missing=in_order(report["missing_keys"]),
        surplus=in_order(report["unexpected_keys"]),
        misshapen={name: misshapen[name] for name in in_order(misshapen)},
    )


def plain(shape: Iterable[int]) -> Shape:
    """A shape without the type that torch gives it."""
    return tuple(map(int, shape))


def check_size(outline: Any, weights: Weights, whose: Whose) -> None:
    """Refuse a model with more weights than its files have bits."""
    described = sum(each.numel() for each in outline.parameters())
    if described > 8 * weights.size + TABLES:
        raise too_large(described, weights, whose)
    check_tables(outline, weights, whose)


def check_tables(outline: Any, weights: Weights, whose: Whose) -> None:
    """Refuse a model that makes more from its settings than all its weights are."""
    made = sum(each.numel() for each in outline.buffers())
    if made > 8 * weights.size + TABLES:
        raise too_large(made, weights, whose)


def too_large(described: int, weights: Weights, whose: Whose) -> Exception:
    """The error for a model that is not the one in its files."""
    return whose.refusal(
        f"cannot be loaded: {CONFIG} describes a model of {spelled(described)} "
        f"numbers, and its files hold {spelled(weights.count)}"
    )
