"""The beginning that prompts share, read once as one row.

One trunk is held at a time. Groups of prompts come in the order of their tokens, so the
next trunk mostly begins as the last one does: it is cut back that far and grown.
"""

from collections.abc import Sequence
from typing import Any

import torch

from evalkit_backends._hf.cache import shorten
from evalkit_backends._hf.forward import Forward
from evalkit_backends._hf.trunks import shared_length


class Trunk:
    """One row that the model has read, and what it remembers of it."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._tokens: list[int] = []
        self._cache: Any = None

    def grown(self, tokens: Sequence[int], most: int) -> Any:
        """The model's memory of just these tokens, read at most `most` at a time.

        It stays the trunk's own, and is good until the next call.
        """
        cache, kept = self._cache, shared_length(self._tokens, tokens)
        self.forget()  # what is half read would be no good if memory ran out
        if kept:
            shorten(cache, kept)
        else:
            cache = self._forward.new_cache()
        for start in range(kept, len(tokens), most):
            ids = torch.tensor([tokens[start : start + most]])
            positions = torch.arange(start, start + ids.shape[1])[None]
            self._forward(ids, None, positions, cache=cache)
        self._tokens, self._cache = list(tokens), cache
        return cache

    def forget(self) -> bool:
        """Give back the memory of what was read; whether there was any."""
        held = self._cache is not None
        self._tokens, self._cache = [], None
        return held
