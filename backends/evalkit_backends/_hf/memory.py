"""How much memory is free, and which errors mean that it was not enough."""

from pathlib import Path

import psutil  # type: ignore[import-untyped]  # mypy has no stubs of it
import torch

SHARE = 0.7
"""Of the free memory that keys and values may take; the rest is for temporaries."""
CGROUP = Path("/sys/fs/cgroup")
SIGNS = ("out of memory", "can't allocate memory", "ALLOC_FAILED", "bad_alloc")


def free_bytes(device: torch.device) -> int:
    """Bytes that a device can still give to tensors."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    return min(int(psutil.virtual_memory().available), container_bytes())


def container_bytes() -> int:
    """Bytes left under the limit of a container, very many where there is none."""
    try:
        limit = int((CGROUP / "memory.max").read_text())
        return limit - int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no such limit; "max" is not a number
        return 1 << 62


def release(device: torch.device) -> None:
    """Give back what freed tensors held, so that smaller batches find room."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a tensor did not fit."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)
