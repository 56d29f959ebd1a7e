"""The parts of transformers that backends share, in one place for want of types.

What it returns differs from model to model, hence `Any` here and behind it.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from evalkit_backends._models.arguments import check_known
from evalkit_backends._models.files import Whose
from evalkit_backends._models.rendering import Apart, Own, Renderer, Within

transformers: Any = import_module("transformers")


version: str = transformers.__version__


def knows(kind: str) -> bool:
    """Whether transformers itself has models of a kind, as a configuration names it."""
    return kind in transformers.CONFIG_MAPPING


def writes(config: Any) -> bool:
    """Whether transformers has a causal language model for a configuration."""
    return type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING


def read_config(folder: Path, *, code: bool = False) -> Any:
    """A model's configuration; `code` says whether the model's own code may run."""
    return transformers.AutoConfig.from_pretrained(
        folder, trust_remote_code=code, local_files_only=True
    )


def read_tokenizer(folder: Path, *, code: bool = False) -> Any:
    """A model's tokenizer, with its chat template.

    `code` says whether the model's own code may run.
    """
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        folder, trust_remote_code=code, local_files_only=True, **manner(folder)
    )
    if not tokenizer.chat_template:
        tokenizer.chat_template = older_template(folder)
    return tokenizer


def manner(folder: Path) -> dict[str, Any]:
    """How to read a tokenizer that a folder has in two forms: by the one that goes by
    a template, whatever other packages there are."""
    forms = ("tekken.json", "tokenizer.json")
    both = all((folder / each).is_file() for each in forms)
    return {"mistral_format": False} if both else {}


def read_renderer(
    tokenizer: Any, arguments: Mapping[str, Any], whose: Whose
) -> Renderer:
    """What renders messages for a tokenizer; `arguments` are its template's.

    Raises UsageError for an argument that the template does not speak of.
    """
    usual: Any = transformers.PreTrainedTokenizerBase.apply_chat_template
    kind: Any = tokenizer.__class__
    if kind.apply_chat_template is not usual:
        return Own(tokenizer, arguments)
    if not tokenizer.chat_template:
        check_known(arguments, None, whose)
        return Within(tokenizer, arguments)
    template: str = tokenizer.get_chat_template()
    check_known(arguments, template, whose)
    return Apart(template, {**tokenizer.special_tokens_map, **arguments})


def older_template(folder: Path) -> str | None:
    """The template of a model that reads more than text, where it was once kept."""
    path = folder / "chat_template.json"
    if not path.is_file():
        return None
    template: str = json.loads(path.read_bytes()).get("chat_template")
    return template


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
