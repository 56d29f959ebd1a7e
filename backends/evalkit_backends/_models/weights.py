"""Which files a model's weights lie in, and whether those are all there and whole."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, cast

from evalkit_backends._models.files import Whose
from evalkit_backends._models.headers import Tensor, Unreadable, read_header
from evalkit_backends._models.naming import some
from evalkit_backends._models.settings import read_object

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_config.json"
HOW = "name the model it is for, and the adapter by --backend-set lora=FOLDER"
PICKLED = frozenset({".bin", ".pt", ".pth", ".gguf", ".onnx", ".msgpack", ".h5"})
"""Only unpickling, which may run any code, could read the first three of these."""
DISTRIBUTED = re.compile(r"shard-\d{5}-model-\d{5}-of-\d{5}\.safetensors")
"""Parts of a training's state, which transformers would take before all else."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's weights as they lie in its folder."""

    names: tuple[str, ...]
    """Of the files, their index among them if there is one."""
    tensors: Mapping[str, Tensor]

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return sum(each.count for each in self.tensors.values())

    @property
    def size(self) -> int:
        """Bytes that these take."""
        return sum(each.size for each in self.tensors.values())


def check_names(names: Iterable[str], whose: Whose) -> None:
    """Refuse names of files among which no weights are that can be read."""
    found = set(names)
    if SINGLE in found or INDEX in found:
        return
    if ADAPTER in found:
        raise whose.refusal(f"holds an adapter, not a model: {HOW}")
    suffixes = {PurePath(name).suffix for name in found}
    if ".safetensors" in suffixes:
        strays = [each for each in sorted(found) if each.endswith(".safetensors")]
        raise whose.refusal(
            f"has no {SINGLE} and no {INDEX}, which name a model's weights; it has "
            f"{some(strays)}"
        )
    others = sorted(suffixes & PICKLED)
    held = f"weights in {', '.join(others)} files only" if others else "no weights"
    raise whose.refusal(f"has {held}; weights are read from .safetensors files")


def find_weights(
    files: Mapping[str, Path], held: Iterable[str], whose: Whose
) -> Weights:
    """The weights among a model's files; UsageError unless all are there and whole.

    `held` are the names of all that lies beside them.
    """
    if ADAPTER in files:
        raise adapter(files, whose)
    parts = sorted(filter(DISTRIBUTED.fullmatch, files))
    if parts:
        raise whose.refusal(
            f"holds the state of a training, {some(parts)}: save the model from it"
        )
    check_names(held, whose)
    if SINGLE in files:
        return Weights((SINGLE,), header(files, SINGLE, whose))
    shards = shards_of(read_object(files[INDEX], whose), whose)
    missing = [each for each in shards if each not in files]
    if missing:
        raise whose.refusal(
            f"lacks {len(missing)} of {len(shards)} files of weights: {some(missing)}"
        )
    return Weights((INDEX, *shards), gathered(files, shards, whose))


def adapter(files: Mapping[str, Path], whose: Whose) -> Exception:
    """The error for a folder that holds an adapter, whatever else it holds."""
    base = read_object(files[ADAPTER], whose).get("base_model_name_or_path")
    beside = "beside weights" if SINGLE in files or INDEX in files else "not a model"
    return whose.refusal(f"holds an adapter of {base!r}, {beside}: {HOW}")


def shards_of(index: Mapping[str, Any], whose: Whose) -> Sequence[str]:
    """The files that an index names; UsageError if one is not beside it."""
    places = index.get("weight_map")
    if not isinstance(places, dict) or not places:
        raise whose.refusal(f"cannot be loaded: {INDEX} names no files")
    shards = {str(each) for each in cast("dict[str, object]", places).values()}
    for each in sorted(shards):
        if PurePath(each).name != each or not each.endswith(".safetensors"):
            raise whose.refusal(
                f"cannot be loaded: {INDEX} names {each!r}, which is no file of "
                "weights beside it"
            )
    return sorted(shards)


def gathered(
    files: Mapping[str, Path], shards: Sequence[str], whose: Whose
) -> Mapping[str, Tensor]:
    """The tensors of all shards, of which no two may hold the same."""
    tensors: dict[str, Tensor] = {}
    for shard in shards:
        found = header(files, shard, whose)
        twice = sorted(found.keys() & tensors.keys())
        if twice:
            raise whose.refusal(
                f"cannot be loaded: {len(twice)} weights are in two files, {shard} "
                f"and another: {some(twice)}"
            )
        tensors |= found
    return tensors


def header(files: Mapping[str, Path], name: str, whose: Whose) -> dict[str, Tensor]:
    """The tensors of one file."""
    try:
        return read_header(files[name])
    except Unreadable as exc:
        raise whose.refusal(f"cannot be loaded: {name} {exc}") from exc
    except OSError as exc:
        raise whose.refusal(f"cannot be read: {name}: {exc.strerror or exc}") from exc
