"""The parts of transformers that load a model, in one place for want of types.

What it returns differs from model to model, hence `Any` here and behind it.
"""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

transformers: Any = import_module("transformers")

version: str = transformers.__version__


def read_config(folder: Path) -> Any:
    """A model's configuration."""
    return transformers.AutoConfig.from_pretrained(folder)


def read_model(folder: Path, dtype: torch.dtype | str, placement: object) -> Any:
    """A causal language model, its weights placed on devices by accelerate."""
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, device_map=placement, use_safetensors=True
    ).eval()


def accepted(model: Any) -> frozenset[str]:
    """Names of the arguments that a model's forward pass knows."""
    return frozenset(inspect.signature(model.__class__.forward).parameters)
