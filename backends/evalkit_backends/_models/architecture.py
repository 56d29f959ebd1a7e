"""Which model a configuration is of, and whether it is one that writes text."""

from pathlib import Path
from typing import Any

from evalkit_backends._models.code import named, refusal
from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.pretrained import knows, read_config, version, writes
from evalkit_backends._models.problems import told
from evalkit_backends._models.settings import read_settings


def causal_config(folder: Path, whose: Whose, *, code: bool) -> Any:
    """A model's configuration; UsageError unless it is one of a causal language model.

    `code` says whether the model's own code may run, which may know more kinds.
    """
    settings = read_settings({CONFIG: folder / CONFIG}, whose)
    kind = str(settings[CONFIG].get("model_type"))
    own = bool(named(settings))
    if not (knows(kind) or (own and code)):
        raise whose.refusal(refusal(settings) if own else unknown(kind))
    with told(whose):
        config = read_config(folder, code=code)
    if not (writes(config) or (own and code)):
        raise whose.refusal(
            f"is no causal language model to transformers: {type(config).__name__}"
        )
    return config


def unknown(kind: str) -> str:
    """What is said of a kind of model that transformers does not have."""
    return (
        f"has the model_type {kind!r}, which transformers {version} does not know; a "
        "newer one may"
    )
