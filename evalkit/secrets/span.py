"""A note of a secret that stays where it is."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSpan:
    """Where a secret stands in what a model wrote: to be hidden where that is shown."""

    part: Literal["text", "reasoning"]
    start: int
    end: int
    """Behind its last character."""
