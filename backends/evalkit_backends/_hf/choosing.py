"""Seeing whether a model chooses which of a text's tokens it looks at.

Some layers rank all tokens and look at the best few. Which ones these are can depend on
the last bit of a number, or on nothing at all where several are alike: then texts of
one kind come out the same in a quick way and one among them does not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Choosing(TorchDispatchMode):  # type: ignore[no-untyped-call]  # by torch
    """Notes among how many the best few are chosen while the block runs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # by torch
        self.sizes: set[int] = set()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.ops.aten.topk.default:
            values, count, *rest = args
            size = values.shape[rest[0] if rest else -1]
            if count < size:
                self.sizes.add(size)
        return func(*args, **(kwargs or {}))
