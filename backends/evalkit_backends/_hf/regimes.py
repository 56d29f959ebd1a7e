"""Models that read a text otherwise once it is long.

Some rotary embeddings take other frequencies for a whole pass when its longest text
has so many tokens: "longrope" has a second set of them, "dynamic" ones grow with each
token. What is read in one pass, or kept from an earlier one, must then be of lengths
that are read alike.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

LONG = "longrope"
GROWING = "dynamic"


@dataclass(frozen=True)
class Rope:
    """One set of rotary frequencies that depends on the length."""

    module: Any
    prefix: str
    """Of the names of its buffers."""
    kind: str
    last: int
    """Tokens of the longest text that is read as short ones are."""

    def reset(self) -> None:
        """Forget what longer texts have left behind."""
        original = getattr(self.module, f"{self.prefix}original_inv_freq")
        buffer = getattr(self.module, f"{self.prefix}inv_freq")
        setattr(self.module, f"{self.prefix}inv_freq", original.to(buffer.device))
        setattr(self.module, f"{self.prefix}max_seq_len_cached", self.last)


class Regimes:
    """Which lengths a model reads alike."""

    def __init__(self, model: Any) -> None:
        self._ropes = [rope for each in model.modules() for rope in ropes(each)]

    @property
    def change(self) -> bool:
        """Whether there is more than one."""
        return bool(self._ropes)

    def of(self, length: int) -> int:
        """The regime of a text of so many tokens; 0 is that of all short ones."""
        return max((regime(rope, length) for rope in self._ropes), default=0)

    def common(self, lengths: Iterable[int]) -> int | None:
        """The regime that texts of these lengths share; None if they do not."""
        found = {self.of(length) for length in lengths}
        return found.pop() if len(found) == 1 else None

    def reset(self) -> None:
        """Let the next pass depend on nothing that was read before."""
        for rope in self._ropes:
            if rope.kind != LONG:
                rope.reset()


def regime(rope: Rope, length: int) -> int:
    """Which frequencies a text of so many tokens is read with."""
    if length <= rope.last:
        return 0
    return 1 if rope.kind == LONG else length


def ropes(module: Any) -> Iterator[Rope]:
    """The sets of frequencies of a rotary embedding that depend on the length."""
    told: Any = getattr(module, "rope_type", None)
    kinds: dict[str, Any] = told if hasattr(told, "items") else {"": told}
    for layers, kind in kinds.items():
        prefix = f"{layers}_" if layers else ""
        if kind == LONG:
            settings = module.config.rope_parameters
            settings = settings[layers] if layers else settings
            yield Rope(
                module, prefix, kind, settings["original_max_position_embeddings"]
            )
        elif isinstance(kind, str) and GROWING in kind:
            yield Rope(module, prefix, kind, module.original_max_seq_len)
