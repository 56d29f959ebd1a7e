"""What can be told of a model from its folder, without loading it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePath

from evalkit import Model, UsageError

CONFIG = "config.json"
SPOTS = 64
SPOT_BYTES = 4096


def describe(path: Path, name: str, *, backend: str) -> Model:
    """The model in a folder; its identity is a digest of what the files hold."""
    names = (each.name for each in path.iterdir())
    check_weights(names, f"folder {name!r}", backend=backend)
    return Model(
        name=name,
        location=str(path),
        chats=has_chat_template(path),
        ranks=True,
        identity={"files": digest(path)},
    )


def check_weights(names: Iterable[str], where: str, *, backend: str) -> None:
    """Refuse weights that only unpickling, which may run any code, could read."""
    suffixes = {PurePath(name).suffix for name in names}
    if ".safetensors" in suffixes:
        return
    others = sorted(suffixes & {".bin", ".pt", ".pth", ".gguf", ".onnx", ".msgpack"})
    held = f"weights in {', '.join(others)} files only" if others else "no weights"
    raise UsageError(
        f"backend {backend!r} reads .safetensors weights, and {where} has {held}"
    )


def has_chat_template(path: Path) -> bool:
    """Whether the tokenizer saved in a folder can render messages."""
    if (path / "chat_template.jinja").is_file():
        return True
    return any(
        bool(json.loads(each.read_bytes()).get("chat_template"))
        for each in (path / "tokenizer_config.json", path / "chat_template.json")
        if each.is_file()
    )


def digest(path: Path) -> str:
    """A short hash over all that decides what a folder's model answers.

    Weights are too large to read in full for this: of each file the size and 64
    spots spread over it are taken, which any training changes.
    """
    total = hashlib.sha256()
    for each in sorted(path.iterdir()):
        if each.suffix in {".json", ".jinja", ".model", ".txt"}:
            total.update(f"{each.name}\0".encode() + each.read_bytes())
        elif each.suffix == ".safetensors":
            total.update(f"{each.name}\0{each.stat().st_size}\0".encode())
            total.update(spots(each))
    return total.hexdigest()[:16]


def spots(path: Path) -> bytes:
    """Some bytes of a file, from its beginning to its end."""
    stride = max(path.stat().st_size // SPOTS, SPOT_BYTES)
    found: list[bytes] = []
    with path.open("rb") as file:
        for number in range(SPOTS):
            file.seek(number * stride)
            found.append(file.read(SPOT_BYTES))
    return b"".join(found)
