"""The parts of transformers that backends share, in one place for want of types.

What it returns differs from model to model, hence `Any` here and behind it.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import torch

transformers: Any = import_module("transformers")


def read_tokenizer(folder: Path) -> Any:
    """A model's tokenizer, with its chat template."""
    return transformers.AutoTokenizer.from_pretrained(folder)


def read_packed_tokenizer(folder: Path, file: str) -> Any:
    """The tokenizer in a GGUF file."""
    return transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)


def read_packed_model(folder: Path, file: str) -> Any:
    """The model in a GGUF file, its weights in float32."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder,
        gguf_file=file,
        dtype=torch.float32,
        quantization_config=transformers.GgufConfig(dequantize=True),
    )
    # The weights are no longer quantized, which the configuration must not say.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model
