"""Models with one fault each, made from a sound one."""

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.backends.weight_files import Tensors, tensors_in, written

NORM = "model.norm.weight"
HEAD = "lm_head.weight"
SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def copied(sound: Path, folder: Path) -> Path:
    """A copy of a model that faults can be put into."""
    shutil.copytree(sound, folder)
    return folder


def renamed(folder: Path, name: Callable[[str], str]) -> None:
    """Call all weights something else."""
    rewritten(folder, lambda found: {name(each): found[each] for each in found})


def rewritten(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    """Change what the file of weights holds."""
    path = folder / SINGLE
    path.write_bytes(written(change(tensors_in(path))))


def without(folder: Path, *names: str) -> None:
    """Leave weights out."""
    rewritten(
        folder, lambda found: {each: found[each] for each in found if each not in names}
    )


def with_more(folder: Path, **shapes: tuple[int, ...]) -> None:
    """Add weights that no model has."""
    more = {
        name.replace("__", "."): (shape, bytes(4 * shape[0] * shape[1]))
        for name, shape in shapes.items()
    }
    rewritten(folder, lambda found: found | more)


def configured(folder: Path, **changes: Any) -> None:
    """Change settings of the model."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def sharded(folder: Path, shards: Iterable[str] = SHARDS) -> None:
    """Lay the weights out in two files; `shards` are their names in the index."""
    tensors = tensors_in(folder / SINGLE)
    (folder / SINGLE).unlink()
    names = list(tensors)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    places: dict[str, str] = {}
    for file, shard, half in zip(SHARDS, shards, halves, strict=True):
        (folder / file).write_bytes(written({each: tensors[each] for each in half}))
        places |= dict.fromkeys(half, shard)
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))


def piped(path: Path) -> None:
    """Put a pipe, which nobody writes to, in place of a file."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def linked(path: Path, target: Path | str) -> None:
    """Put a link in place of a file."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)
