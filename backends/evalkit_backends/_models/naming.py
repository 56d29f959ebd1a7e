"""Names and numbers of any length, cut to what a line can take."""

from collections.abc import Sequence

SHOWN = 3
LONGEST = 120


def some(names: Sequence[str]) -> str:
    """The first few of some names."""
    more = ", …" if len(names) > SHOWN else ""
    return ", ".join(shortened(each) for each in names[:SHOWN]) + more


def shortened(name: str) -> str:
    """A name of a bounded length."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


def spelled(number: int) -> str:
    """A number as people write it."""
    return f"{number:,}" if number < 10**18 else f"about 10^{len(str(number)) - 1}"
