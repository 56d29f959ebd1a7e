"""Places in a protocol's text that something of a sample is put into.

A place is a name in braces, such as ``{question}``. Other braces are left alone: they
belong to LaTeX, to JSON, or to what the model shall write.
"""

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from evalkit.types import Sample

NAMED = re.compile(r"(?<![\w\\^}\]])\{([A-Za-z]\w+)\}(?!\})")
"""What looks like a place. Behind a letter or a brace it is LaTeX's."""
FIELDS = frozenset(each.name for each in dataclasses.fields(Sample))
ALIKE = 0.75
"""So much of a name must be that of a place for it to be a slip."""


def filled(text: str, told: Mapping[str, str]) -> str:
    """A text with what is told put into its places, all at once."""
    named = re.compile(rf"\{{({'|'.join(map(re.escape, told))})\}}")
    return named.sub(lambda match: told[match[1]], text)


def check_places(
    field: str, text: str, places: Collection[str], *, needed: Collection[str] = ()
) -> None:
    """Raise ValueError if a text lacks every place that it needs one of, or has one
    that nothing will be put into.

    What is wrong with it is told of `field`.
    """
    if needed and not any(f"{{{name}}}" in text for name in needed):
        wanted = " or ".join(f"{{{name}}}" for name in needed)
        raise ValueError(
            f"{field} has no {wanted}: all samples would be asked the same, "
            f"{text[:60]!r}"
        )
    for name in unfilled(text, places):
        if name in FIELDS:
            there = ", ".join(f"{{{each}}}" for each in places) or "nothing"
            raise ValueError(
                f"{field} has {{{name}}}, and only {there} is put into it here"
            )
        for close in get_close_matches(name, places, 1, ALIKE):
            raise ValueError(f"{field} has {{{name}}}; {{{close}}} may be meant")


def unfilled(text: str, places: Collection[str] = ()) -> Iterator[str]:
    """The names of what looks like a place, but for those given."""
    rest = filled(text, dict.fromkeys(places, " ")) if places else text
    return (match[1] for match in NAMED.finditer(rest))
