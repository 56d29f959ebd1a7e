"""What tells a model from others: hashes over every byte that can move an answer.

One hash for each part, so that of two that differ it can be said in what they do.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit_backends._models.digests import sha256_of
from evalkit_backends._models.files import Whose
from evalkit_backends._models.settings import TOKENIZER

TEMPLATE = "chat_template"
PARTS = {
    "weights": re.compile(r".*\.safetensors(\.index\.json)?"),
    "code": re.compile(r".*\.py"),
    "config": re.compile(r"config\.json|(hf_)?quant(ize)?_config\.json"),
    "generation_config": re.compile(r"generation_config\.json"),
    "template": re.compile(r".*\.jinja|chat_template\.json"),
    "tokenizer": re.compile(
        r"tokenizer.*\.json|(special_tokens_map|added_tokens|tekken|.*vocab.*)\.json"
        r"|(.*vocab.*|merges)\.txt|.*\.(model|tiktoken|spm|codes|bpe|vocab|tokenizer)"
    ),
}
OTHER = "other_files"
"""Where a loader might look that nobody foresaw."""


def identity(
    files: Mapping[str, Path], settings: Mapping[str, Mapping[str, Any]], whose: Whose
) -> dict[str, str]:
    """The hash of each part of a model that there is, in hexadecimal."""
    try:
        digests = sha256_of(files.values())
    except OSError as exc:
        raise whose.refusal(f"cannot be read: {exc.strerror or exc}") from exc
    parts: dict[str, dict[str, str]] = {}
    for name, path in files.items():
        parts.setdefault(part_of(name), {})[name] = digests[path]
    if TOKENIZER in settings:
        separate(parts, settings[TOKENIZER])
    return {name: joined(parts[name]) for name in sorted(parts)}


def part_of(name: str) -> str:
    """The part of a model that a file belongs to."""
    return next((part for part, names in PARTS.items() if names.fullmatch(name)), OTHER)


def separate(parts: dict[str, dict[str, str]], tokenizer: Mapping[str, Any]) -> None:
    """Count a template that stands among a tokenizer's settings with the templates."""
    rest = {name: value for name, value in tokenizer.items() if name != TEMPLATE}
    parts["tokenizer"][TOKENIZER] = sha256(rest)
    if tokenizer.get(TEMPLATE):
        parts.setdefault("template", {})[TOKENIZER] = sha256(tokenizer[TEMPLATE])


def sha256(value: object) -> str:
    """The hash of a value that came out of JSON."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def joined(digests: Mapping[str, str]) -> str:
    """One hash over the names and hashes of several files."""
    lines = "".join(f"{name} {digests[name]}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()
