"""Places in a protocol's text that something of a sample is put into.

A place is a name in braces, such as ``{question}``; twice the braces are written once
and filled with nothing. Braces of LaTeX and JSON are left alone.
"""

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from evalkit.types import Sample

BEFORE, BEHIND = r"(?<![\w\\^}\]{])", r"(?!\})"
NAMED = re.compile(rf"{BEFORE}\{{([A-Za-z]\w+)\}}{BEHIND}")
"""What looks like a place. Behind a letter or a brace it is LaTeX's."""
DOUBLED = rf"{BEFORE}\{{(\{{[A-Za-z]\w+\}})\}}{BEHIND}"
NO_NAME = "(?!)"
FIELDS = frozenset(each.name for each in dataclasses.fields(Sample))


def filled(text: str, told: Mapping[str, str]) -> str:
    """A text with what is told put into its places, all at once."""
    names = "|".join(map(re.escape, told)) or NO_NAME
    places = re.compile(rf"{DOUBLED}|\{{({names})\}}")
    return places.sub(lambda match: match[1] or told[match[2]], text)


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
        there = ", ".join(f"{{{each}}}" for each in places) or "nothing"
        near = get_close_matches(name, places, 1)
        hint = f"did you mean {{{near[0]}}}?" if near else f"write {{{{{name}}}}} for"
        rest = "" if near else " the name in its braces"
        raise ValueError(
            f"{field} has {{{name}}}, and only {there} is put into it: {hint}{rest}"
        )


def unfilled(text: str, places: Collection[str] = ()) -> Iterator[str]:
    """The names of what looks like a place, but for those given."""
    return (match[1] for match in NAMED.finditer(text) if match[1] not in places)
