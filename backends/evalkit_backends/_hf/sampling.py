"""Choosing the next token of each row, from its own random numbers only.

What a row gets does not depend on the rows beside it: it brings one uniform number
per token, which picks from its distribution by inversion.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

FIRST_LOOK = 256
"""Tokens looked at before all are sorted; the likeliest few mostly suffice."""


NONE = -1
"""In place of a token, where the logits are no numbers to choose by."""


def likeliest(logits: Tensor) -> Tensor:
    """The token with the largest logit of each row, or NONE: (rows, tokens) -> (rows,).

    A logit that is not a number is the largest of its row to torch.
    """
    found = logits.max(dim=-1)  # on a CPU twice as fast as argmax
    return found.indices.where(found.values.isfinite(), NONE)


def drawn(
    logits: Tensor,
    temperature: Sequence[float],
    top_p: Sequence[float],
    uniform: Sequence[float],
) -> Tensor:
    """A token for each row from its tempered nucleus: (rows, tokens) -> (rows,).

    The sequences have one value per row; `uniform` lies in [0, 1).
    """
    column = logits.new_tensor(list(temperature), dtype=torch.float32)[:, None]
    centered = logits.float() - logits.float().amax(dim=-1, keepdim=True)
    probabilities = torch.softmax(centered / column, dim=-1)
    mass = probabilities.new_tensor(list(top_p))
    if min(top_p) < 1:
        probabilities = nucleus(probabilities, mass)
    total = probabilities.cumsum(dim=-1)
    point = probabilities.new_tensor(list(uniform))[:, None] * total[:, -1:]
    index = torch.searchsorted(total, point, right=True)
    # Rounding may put the point on the total itself, behind the last possible token.
    last = (total >= total[:, -1:]).int().argmax(dim=-1, keepdim=True)
    return torch.minimum(index, last)[:, 0]


def nucleus(probabilities: Tensor, mass: Tensor) -> Tensor:
    """The probabilities with all but the likeliest tokens of each row set to 0.

    Those are kept which it takes to reach `mass`, and others equal to the last of them.
    """
    size = probabilities.shape[-1]
    cutoff = smallest_kept(probabilities.topk(min(FIRST_LOOK, size)).values, mass)
    if size > FIRST_LOOK and bool(cutoff.isnan().any()):
        cutoff = smallest_kept(probabilities.sort(descending=True).values, mass)
    cutoff = cutoff.nan_to_num(0.0)
    return probabilities.where(probabilities >= cutoff[:, None], 0.0)


def smallest_kept(ordered: Tensor, mass: Tensor) -> Tensor:
    """The probability at which a falling row adds up to `mass`; nan if it does not."""
    total = ordered.cumsum(dim=-1)
    reached = total >= mass[:, None]
    place = reached.int().argmax(dim=-1, keepdim=True)
    found = ordered.gather(-1, place)[:, 0]
    return found.where(reached.any(dim=-1), torch.nan)
