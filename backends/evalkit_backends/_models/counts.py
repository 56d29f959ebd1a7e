"""Whether a configuration can be that of its weights, by its numbers alone.

What it asks for is made before any weight is looked at: a hundred million layers would
never be done.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.naming import spelled
from evalkit_backends._models.weights import Weights

COUNTS = re.compile(
    r"(n|num|number_of)_(\w+_)?(layers?|blocks?|experts?|groups?|heads?|streams?)|"
    r"\w+_layers",
    re.IGNORECASE,
)
"""Settings that say how often something is made."""
SIZES = re.compile(
    r"(n|d)_\w+|\w*(_size|_dim|_rank|_width|_channels)|dim|width", re.IGNORECASE
)
"""Settings that say how large it is."""
FEW = 1000
"""What is no more than this is quickly made, whatever it is."""
SMALL = 10**9
"""A size up to which nothing is refused: some are not those of any weight."""


def check_counts(config: Mapping[str, Any], weights: Weights, whose: Whose) -> None:
    """Refuse more parts than there are weights, and sizes beyond all of them."""
    for name, number in numbers(config):
        if COUNTS.fullmatch(name):
            most = max(FEW, len(weights.tensors))
        elif SIZES.fullmatch(name):
            most = max(SMALL, 8 * weights.size)
        else:
            continue
        if number > most:
            raise whose.refusal(
                f"cannot be loaded: {CONFIG} has {name} = {spelled(number)}, and its "
                f"files hold {len(weights.tensors):,} weights of "
                f"{spelled(weights.count)} numbers"
            )


def numbers(config: object, name: str = "") -> Iterator[tuple[str, int]]:
    """All whole numbers in a configuration and its parts, with their names."""
    if isinstance(config, int):
        yield name, config
    elif isinstance(config, dict):
        for inner, value in cast("dict[str, object]", config).items():
            yield from numbers(value, inner)
    elif isinstance(config, list):
        for each in cast("list[object]", config):
            yield from numbers(each, name)
