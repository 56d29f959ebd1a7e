"""Kinds of models that vLLM has, beside those of transformers."""

from importlib import import_module
from typing import Any

from evalkit_backends._models.architecture import unknown
from evalkit_backends._models.code import named, refusal
from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.folder import Looked
from evalkit_backends._models.pretrained import knows


def check_kind(looked: Looked, whose: Whose, *, code: bool) -> None:
    """Refuse a kind that neither has, before vLLM tries twice and says so at length.

    `code` says whether the model's own code may run, which may know more kinds.
    """
    config = looked.settings[CONFIG]
    kind, own = str(config.get("model_type")), bool(named(looked.settings))
    if not (knows(kind) or kind in own_kinds() or (own and code)):
        raise whose.refusal(refusal(looked.settings) if own else unknown(kind))


def own_kinds() -> Any:
    """The kinds of models whose configuration vLLM reads itself."""
    module = import_module("vllm.transformers_utils.config")
    return getattr(module, "_CONFIG_REGISTRY", ())
