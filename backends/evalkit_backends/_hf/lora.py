"""Adding a LoRA adapter to a model's weights, once and for all."""

from typing import Any

import torch
from torch import Tensor

from evalkit_backends._hf.pretrained import read_tensors
from evalkit_backends._models.adapter import DOWN, OUTER, UP, Adapter
from evalkit_backends._models.files import Whose
from evalkit_backends._models.fit import Fit, Shape


def merge(model: Any, adapter: Adapter, whose: Whose) -> None:
    """Add an adapter's products to the weights that it was made for.

    Raises UsageError, naming them, if any of those are not there.
    """
    places = {name: weight_of(model, name) for name in adapter.scales}
    tensors = {
        name.removeprefix(OUTER): tensor
        for name, tensor in read_tensors(adapter.weights).items()
    }
    wanted: dict[str, Shape] = {
        name: tuple(weight.shape)
        for name, weight in places.items()
        if weight is not None
    }
    products = {name: product_shape(tensors, name, adapter) for name in places}
    fit = Fit.compared(products, wanted)
    if fit.problem:
        raise whose.refusal(f"cannot take the adapter of option 'lora': {fit.problem}")
    for name, weight in places.items():
        add(weight, tensors[name + DOWN], tensors[name + UP], name, adapter)


def weight_of(model: Any, name: str) -> Tensor | None:
    """The weights of a module that something can be added to; None if there are none.

    Those that two modules share are none: only one of them is meant.
    """
    try:
        weight = model.get_submodule(name).weight
    except AttributeError:
        return None
    shared = f"{name}.weight" in shared_weights(model)
    plain = isinstance(weight, Tensor) and weight.is_floating_point()
    return weight if plain and weight.dim() == 2 and not shared else None


def shared_weights(model: Any) -> set[str]:
    """Names of weights that stand for more than one module's."""
    tied: dict[str, str] = model.all_tied_weights_keys
    return {*tied, *tied.values()}


def product_shape(tensors: dict[str, Tensor], name: str, adapter: Adapter) -> Shape:
    """The shape of what is added to a module's weights."""
    shape = (tensors[name + UP].shape[0], tensors[name + DOWN].shape[1])
    return shape[::-1] if adapter.transposed else shape


def add(weight: Any, down: Tensor, up: Tensor, name: str, adapter: Adapter) -> None:
    """Add a product to weights, rounded once."""
    where = weight.device
    product = up.to(where, torch.float32) @ down.to(where, torch.float32)
    moved = product.T if adapter.transposed else product
    total = weight.data.float() + adapter.scales[name] * moved
    weight.data = total.to(weight.dtype)
