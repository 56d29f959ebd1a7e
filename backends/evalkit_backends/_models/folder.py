"""What can be told of a model from its folder, without loading it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from evalkit import Model
from evalkit_backends._models.code import check_code
from evalkit_backends._models.counts import check_counts
from evalkit_backends._models.files import CONFIG, Whose, listed
from evalkit_backends._models.identity import TEMPLATE, identity
from evalkit_backends._models.settings import TOKENIZER, read_settings
from evalkit_backends._models.weights import Weights, find_weights

TOKENIZERS = (
    "tokenizer.json",
    "vocab.json",
    "vocab.txt",
    "*.model",
    "*.tiktoken",
    "tekken.json",
)
"""What a tokenizer is read from, one of which there must be."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A model's folder, looked through: all that loads is there, whole and safe."""

    files: Mapping[str, Path]
    """What a loader may read, by name."""
    settings: Mapping[str, Mapping[str, Any]]
    weights: Weights

    @property
    def chats(self) -> bool:
        """Whether the tokenizer can render messages."""
        named = (TOKENIZER, "chat_template.json")
        return "chat_template.jinja" in self.files or any(
            self.settings.get(name, {}).get(TEMPLATE) for name in named
        )

    def described(self, model: Model, whose: Whose) -> Model:
        """A model that was found, told by what its files are now."""
        return replace(model, identity=identity(self.files, self.settings, whose))


def describe(path: Path, name: str, whose: Whose, *, code: bool) -> Model:
    """The model in a folder; UsageError if it cannot be what its files say.

    `code` says whether the model's own code may run.
    """
    looked = look(path, whose, code=code)
    found = Model(name=name, location=str(path), chats=looked.chats, ranks=True)
    return looked.described(found, whose)


def look(path: Path, whose: Whose, *, code: bool) -> Looked:
    """Look through a folder; UsageError for what does not load, or not safely."""
    files = listed(path, whose, code=code)
    weights = find_weights(files, (each.name for each in path.iterdir()), whose)
    read = {
        name: each
        for name, each in files.items()
        if ".safetensors" not in name or name in weights.names
    }
    if CONFIG not in read:
        raise whose.refusal(f"has no {CONFIG}")
    settings = read_settings(read, whose)
    check_code(settings, whose, allowed=code)
    check_counts(settings[CONFIG], weights, whose)
    if not any(PurePath(name).match(each) for name in read for each in TOKENIZERS):
        raise whose.refusal(f"has no tokenizer: none of {', '.join(TOKENIZERS)}")
    return Looked(read, settings, weights)


def check_same(model: Model, now: Model, whose: Whose) -> None:
    """Refuse files that are not those which told the model from others."""
    changed = [
        part
        for part, digest in now.identity.items()
        if model.identity.get(part, digest) != digest
    ]
    if changed:
        raise whose.refusal(
            f"was changed since it was found ({', '.join(changed)}): start again"
        )
