"""Whether a model writes from left to right."""

import torch

from evalkit import UsageError
from evalkit_backends._hf.choosing import Choosing
from evalkit_backends._hf.forward import Forward, short

LENGTH = 8
LEAK = 1e-4
"""What a changed last token may do to what is told before it, as a share of what such
numbers differ by."""
HALF_LEAK = 0.05
"""The same in half precision, where nothing is the same twice."""


def check_causal(forward: Forward, name: str) -> None:
    """Refuse a model that looks ahead: it would be shown what it is asked."""
    try:
        leak = leaked(forward)
    except Exception as exc:  # it takes more than tokens, or other ones
        raise UsageError(
            f"backend 'hf' cannot run {name!r}: it takes no text of tokens alone: "
            f"{short(exc)}"
        ) from exc
    allowed = LEAK if forward.exact else HALF_LEAK
    if leak > allowed:
        raise UsageError(
            f"backend 'hf' cannot run {name!r}: it is no causal language model, since "
            "what it tells of a token depends on those behind it"
        )


def leaked(forward: Forward) -> float:
    """How much a text's last token shows in what is told of those before it."""
    row = [(place + 1) % forward.vocabulary for place in range(LENGTH)]
    ids = torch.tensor([row, [*row[:-1], row[0]]])
    with Choosing() as choosing:
        one, other = forward.plain(ids, range(LENGTH - 1)).float()
    forward.fixed = frozenset(choosing.sizes)
    return float((one - other).abs().max() / one.std())
