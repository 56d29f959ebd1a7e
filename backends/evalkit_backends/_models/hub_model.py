"""Models of the Hugging Face Hub: from a name and a revision to a folder on disk."""

import re
from collections.abc import Sequence
from pathlib import Path

from evalkit import DataError, Model, Repo, UsageError, cached, download, within
from evalkit_backends._models.folder import CONFIG, check_weights, has_chat_template

COMMIT = re.compile(r"[0-9a-f]{40}")
PATIENCE = 4.0
"""Seconds for the Hub to answer before the local cache is used instead."""

WEIGHTS = ("model.safetensors", "model-?????-of-?????.safetensors")
"""Where a model's weights lie: in one file, or in shards."""
TOKENIZERS = ("tokenizer.json", "vocab.json", "vocab.txt", "*.model", "*.tiktoken")
NEEDED = re.compile(
    r"(config|generation_config|chat_template|special_tokens_map|added_tokens|vocab"
    r"|tokenizer|tokenizer_config|model\.safetensors\.index)\.json"
    r"|model(-\d{5}-of-\d{5})?\.safetensors|merges\.txt|vocab\.txt"
    r"|[^/]*\.(jinja|model|tiktoken)"
)


def find(name: str, revision: str, *, backend: str) -> Model:
    """The Hub's model at a branch, tag or commit, downloaded if need be.

    Raises UsageError if neither the Hub nor the local cache can give it.
    """
    path = held(name, revision) if COMMIT.fullmatch(revision) else None
    if path is None:
        path = fetched(name, revision, backend=backend)
    return Model(
        name=name,
        location=str(path),
        chats=has_chat_template(path),
        ranks=True,
        identity={"revision": path.name},
    )


def held(name: str, revision: str) -> Path | None:
    """The folder of the local cache that has all a model needs, if there is one."""
    repos = (
        Repo(id=name, kind="model", revision=revision, patterns=(CONFIG, weights))
        for weights in WEIGHTS
    )
    path = next(filter(None, map(cached, repos)), None)
    if path is None or not any(any(path.glob(each)) for each in TOKENIZERS):
        return None
    return path


def fetched(name: str, revision: str, *, backend: str) -> Path:
    """The model's folder as the Hub has it, or failing that the local cache."""
    listing = Listing(name, revision)
    problem = within(PATIENCE, listing) or listing.refusal
    if listing.files is None:
        path = held(name, revision)
        if path is None:
            raise UsageError(
                f"backend {backend!r} cannot find model {name!r} at revision "
                f"{revision!r}: {problem}, and the local cache does not hold it. Give "
                f"a folder with the model, or use {backend}:smollm2-135m-instruct"
            )
        return path
    return download_needed(name, revision, listing.files, backend=backend)


def download_needed(
    name: str, revision: str, files: Sequence[str], *, backend: str
) -> Path:
    """A folder with those of a repository's files that a model is loaded from.

    The branch is asked for by name, so that the client notes which commit it stood
    for, to be found offline. The folder has that commit's name.
    """
    check_weights(files, f"model {name!r}", backend=backend)
    needed = [each for each in files if NEEDED.fullmatch(each)]
    repo = Repo(id=name, kind="model", revision=revision, patterns=needed)
    try:
        return download(repo, patience=PATIENCE)
    except DataError as exc:
        raise UsageError(
            f"backend {backend!r} cannot fetch model {name!r}: {exc}"
        ) from exc


class Listing:
    """Asks the Hub which files a repository has; keeps the answer or the refusal."""

    def __init__(self, name: str, revision: str) -> None:
        self.name = name
        self.revision = revision
        self.files: Sequence[str] | None = None
        self.refusal = "the Hub gave no answer"

    def __call__(self) -> None:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import (
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        try:
            found = HfApi().model_info(
                self.name, revision=self.revision, timeout=PATIENCE
            )
        except RevisionNotFoundError:
            self.refusal = "the Hub's model has no such revision"
        except RepositoryNotFoundError:
            self.refusal = "the Hub has no such model, or only for those logged in"
        else:
            self.files = [each.rfilename for each in found.siblings or ()]
