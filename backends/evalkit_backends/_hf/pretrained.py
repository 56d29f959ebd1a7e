"""The parts of transformers that load a model, in one place for want of types.

What it returns differs from model to model, hence `Any` here and behind it.
"""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from evalkit_backends._models.fit import Fit
from evalkit_backends._models.trial import fit_of

transformers: Any = import_module("transformers")
safetensors: Any = import_module("safetensors.torch")


def read_model(
    folder: Path, dtype: torch.dtype | str, placement: object, *, code: bool
) -> tuple[Any, Fit]:
    """A causal language model, its weights placed on devices by accelerate, and how
    these fitted: those that did not are random."""
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        device_map=placement,
        use_safetensors=True,
        trust_remote_code=code,
        local_files_only=True,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
    )
    return model.eval(), fit_of(report)


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a safetensors file."""
    tensors: dict[str, torch.Tensor] = safetensors.load_file(path)
    return tensors


def accepted(model: Any) -> frozenset[str]:
    """Names of the arguments that a model's forward pass knows."""
    return frozenset(inspect.signature(model.__class__.forward).parameters)
