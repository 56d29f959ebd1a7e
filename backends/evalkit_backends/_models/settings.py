"""The small files that say what a model is: read as data, or refused by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from evalkit_backends._models.files import Whose, read

TOKENIZER = "tokenizer_config.json"
NAMES = (
    "config.json",
    "generation_config.json",
    TOKENIZER,
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.json",
)
"""Loaders pass over some of these in silence when they cannot be read."""


def read_settings(files: Mapping[str, Path], whose: Whose) -> dict[str, dict[str, Any]]:
    """Those of the files that there are; UsageError if one is no JSON object."""
    return {name: read_object(files[name], whose) for name in NAMES if name in files}


def read_object(path: Path, whose: Whose) -> dict[str, Any]:
    """A JSON object from a file; UsageError if it holds none.

    Numbers may be infinite, as the libraries that write these files have them.
    """
    try:
        found: object = json.loads(read(path, whose))
    except (ValueError, RecursionError) as exc:
        raise whose.refusal(f"cannot be loaded: {path.name} is no JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise whose.refusal(f"cannot be loaded: {path.name} holds no JSON object")
    return cast("dict[str, Any]", found)
