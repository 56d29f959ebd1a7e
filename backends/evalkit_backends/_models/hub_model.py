"""Models of the Hugging Face Hub: from a name and a revision to a folder on disk."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit import DataError, Model, Repo, UsageError, cached, download, within
from evalkit_backends._models import folder
from evalkit_backends._models.digests import sha256_of
from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.naming import some
from evalkit_backends._models.weights import INDEX, SINGLE, check_names

COMMIT = re.compile(r"[0-9a-f]{40}")
PATIENCE = 4.0
"""Seconds for the Hub to answer before the local cache is used instead."""

WEIGHTS = (SINGLE, "model*-of-*.safetensors")
"""Where a model's weights lie: in one file, or in shards."""
TOKENIZERS = ("tokenizer.json", "vocab.json", "vocab.txt", "*.model", "*.tiktoken")
SHARDS = re.compile(r"model(\.safetensors)?-\d+-of-\d+\.safetensors")
NEEDED = re.compile(
    r"(config|generation_config|chat_template|special_tokens_map|added_tokens|vocab"
    r"|tokenizer|tokenizer_config)\.json|merges\.txt|vocab\.txt"
    r"|[^/]*\.(jinja|model|tiktoken)"
)
BLOB = re.compile(r"[0-9a-f]{64}")
"""How the cache calls a large file: by its SHA-256."""


def find(name: str, revision: str, whose: Whose, *, code: bool) -> Model:
    """The Hub's model at a branch, tag or commit, downloaded if need be.

    Raises UsageError if neither the Hub nor the local cache can give it.
    """
    path = held(name, revision) if COMMIT.fullmatch(revision) else None
    if path is None or (code and not any(path.glob("*.py"))):
        path = fetched(name, revision, whose, code=code)
    check_blobs(path, whose)
    found = folder.describe(path, name, whose, code=code)
    return replace(found, identity={"revision": path.name, **found.identity})


def check_blobs(path: Path, whose: Whose) -> None:
    """Refuse files of the local cache that are not what the commit has."""
    files = {each: each.resolve().name for each in path.glob("*.safetensors")}
    named = {each: blob for each, blob in files.items() if BLOB.fullmatch(blob)}
    try:
        found = sha256_of(named)
    except OSError as exc:
        raise whose.refusal(f"cannot be read: {exc.strerror or exc}") from exc
    changed = sorted(each.name for each in named if found[each] != named[each])
    if changed:
        raise whose.refusal(
            f"was changed or damaged in the Hub's local cache: {some(changed)} in "
            f"{str(path)!r}; delete that folder and its blobs, and it is fetched anew"
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


def fetched(name: str, revision: str, whose: Whose, *, code: bool) -> Path:
    """The model's folder as the Hub has it, or failing that the local cache."""
    listing = Listing(name, revision)
    problem = within(PATIENCE, listing) or listing.refusal
    if listing.files is None:
        path = held(name, revision)
        if path is None:
            raise UsageError(
                f"backend {whose.backend!r} cannot find model {name!r} at revision "
                f"{revision!r}: {problem}, and the local cache does not hold it. Give "
                f"a folder with the model, or use {whose.backend}:smollm2-135m-instruct"
            )
        return path
    check_names(listing.files, whose)
    needed = needed_of(listing.files, code=code)
    return download_needed(name, revision, needed, whose)


def needed_of(files: Sequence[str], *, code: bool) -> Sequence[str]:
    """Those of a repository's files that a model is loaded from."""
    single = SINGLE in files
    return [
        each
        for each in files
        if NEEDED.fullmatch(each)
        or each == SINGLE
        or (not single and (each == INDEX or SHARDS.fullmatch(each)))
        or (code and each.endswith(".py"))
    ]


def download_needed(
    name: str, revision: str, needed: Sequence[str], whose: Whose
) -> Path:
    """A folder with those of a repository's files that a model is loaded from.

    The branch is asked for by name, so that the client notes which commit it stood
    for, to be found offline. The folder has that commit's name.
    """
    repo = Repo(id=name, kind="model", revision=revision, patterns=needed)
    try:
        return download(repo, patience=PATIENCE)
    except DataError as exc:
        raise UsageError(
            f"backend {whose.backend!r} cannot fetch model {name!r}: {exc}"
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
