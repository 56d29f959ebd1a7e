"""What transformers loads without a word, though it cannot be meant."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.headers import Tensor
from evalkit_backends._models.naming import some


def check_unsaid(model: Any, tensors: Mapping[str, Tensor], whose: Whose) -> None:
    """Refuse two weights for one place, and whole numbers in place of others."""
    twice = doubled(tensors, model.base_model_prefix)
    if twice:
        raise whose.refusal(
            "holds several weights for one place, of which one would count: "
            f"{some(twice)}"
        )
    whole = unscaled(model, tensors)
    if whole:
        kinds = ", ".join(sorted({tensors[each].dtype for each in whole}))
        raise whose.refusal(
            f"holds {kinds} where its model has fractions, and its {CONFIG} names no "
            f"quantization: {some(whole)}"
        )


def doubled(tensors: Mapping[str, Tensor], prefix: str) -> list[str]:
    """Names that differ by the prefix of the model within the model alone, which the
    loader adds and takes away as it needs it."""
    places: dict[str, list[str]] = defaultdict(list)
    for name in tensors:
        inner = name
        while prefix and inner.startswith(f"{prefix}."):
            inner = inner.removeprefix(f"{prefix}.")
        places[inner].append(name)
    return [name for names in places.values() if len(names) > 1 for name in names]


def unscaled(model: Any, tensors: Mapping[str, Tensor]) -> list[str]:
    """Names of weights that are no floating point numbers, though the model's are."""
    floating = {
        name for name, each in model.named_parameters() if each.is_floating_point()
    }
    return [
        name
        for name, each in tensors.items()
        if name in floating and not each.dtype.startswith(("F", "BF"))
    ]
