"""How large a LoRA adapter vLLM is asked to make room for."""

from evalkit import UsageError
from evalkit_backends._models.adapter import Adapter

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Those that vLLM makes room for; an adapter of another rank fits into the next."""


def room(adapter: Adapter) -> int:
    """The rank that vLLM has to make room for; UsageError if there is none."""
    fitting = [each for each in RANKS if adapter.rank <= each]
    if not fitting:
        raise UsageError(
            f"backend 'vllm': the adapter in {str(adapter.folder)!r} has rank "
            f"{adapter.rank}, and vLLM takes 1 to {RANKS[-1]}"
        )
    return fitting[0]
