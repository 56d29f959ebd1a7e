"""LoRA adapters: small weights that are added to a model's own."""

from pathlib import Path

import msgspec

from evalkit import UsageError
from evalkit_backends._models.folder import digest

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Those that vLLM makes room for; an adapter of another rank fits into the next."""


class Config(msgspec.Struct):
    """What is read of an adapter's configuration."""

    r: int


def check_adapter(name: str) -> None:
    """Raise UsageError if a folder holds no adapter that can be read safely."""
    if not name:
        return
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise UsageError(f"backend 'vllm': option 'lora' names no folder: {name!r}")
    missing = [each for each in (CONFIG, WEIGHTS) if not (folder / each).is_file()]
    if missing:
        raise UsageError(
            f"backend 'vllm': folder {name!r} of option 'lora' has no "
            f"{' and no '.join(missing)}"
        )
    room(folder)


def identity(name: str) -> dict[str, str]:
    """What tells the adapter from others, if there is one."""
    return {"lora": digest(Path(name).expanduser())} if name else {}


def room(folder: Path) -> int:
    """The rank that vLLM has to make room for; UsageError if there is none."""
    try:
        rank = msgspec.json.decode((folder / CONFIG).read_bytes(), type=Config).r
    except msgspec.DecodeError as exc:
        raise UsageError(
            f"backend 'vllm': {str(folder / CONFIG)!r} is not that of an adapter: {exc}"
        ) from exc
    fitting = [each for each in RANKS if 0 < rank <= each]
    if not fitting:
        raise UsageError(
            f"backend 'vllm': the adapter in {str(folder)!r} has rank {rank}, and "
            f"vLLM takes 1 to {RANKS[-1]}"
        )
    return fitting[0]
