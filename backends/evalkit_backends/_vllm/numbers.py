"""Whether the model's numbers are finite, which vLLM does not say.

Where they are not it writes the first token of its vocabulary, again and again, or ends
at once. So answers that look like this are looked into: vLLM is asked for the
log-probability of one more token. Where answers are too short for that, it is asked for
their own at once, so that no prompt is read twice for a single letter.
"""

import math
from collections.abc import Sequence
from typing import Any

from evalkit import Failure
from evalkit_backends._models.unanswered import Unanswered
from evalkit_backends._vllm.core import Ask

LAST = 4
"""Tokens at the end of an answer that are all the same where something is wrong."""
PROBE = {
    "max_tokens": 1,
    "temperature": 0.0,
    "logprobs": 1,
    "detokenize": False,
    "ignore_eos": True,
}


class NotFinite(Unanswered):
    """An answer that was not made of finite numbers."""

    kind = Failure.NUMBERS


def is_short(limit: int) -> bool:
    """Whether answers of at most so many tokens are too short to look like anything."""
    return limit < LAST


def is_doubtful(written: Sequence[int]) -> bool:
    """Whether an answer looks like one that nobody wrote."""
    return len(set(written[-LAST:])) <= 1


def probing(tokens: Sequence[int]) -> Ask:
    """Asks what the model makes of the place behind some tokens."""
    return Ask(tokens, PROBE)


def is_finite(output: Any) -> bool:
    """Whether the answer to that is made of finite numbers."""
    (written,) = output.outputs
    found = [each.logprob for row in written.logprobs or () for each in row.values()]
    return bool(found) and all(map(math.isfinite, found))
