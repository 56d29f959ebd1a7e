"""What opens and closes a thought: the table of kinds, and what users name."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

DOTS = re.compile(r"\s*(?:…|\.\.\.)\s*")
"""What parts the two tags in an option's text."""


@dataclass(frozen=True, slots=True)
class Tags:
    """One kind of thinking: the texts that begin and end it."""

    opens: tuple[str, ...]
    closes: tuple[str, ...]
    around: tuple[str, ...] = ()
    """What may stand around the answer behind the thoughts, and is no part of it."""
    first: bool = False
    """Whether it opens a thought only at the beginning of a response."""
    alone: bool = True
    """Whether what closes a thought tells of one that the chat template had opened, if
    nothing in the response did."""


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One kind as the table has it, with where that is known from."""

    opens: tuple[str, ...]
    closes: tuple[str, ...]
    models: tuple[str, ...]
    sources: tuple[str, ...]
    around: tuple[str, ...] = ()
    first: bool = False
    alone: bool = True

    @property
    def tags(self) -> Tags:
        return Tags(self.opens, self.closes, self.around, self.first, self.alone)


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """The table as it lies beside this file."""

    tags: tuple[Entry, ...]


def table() -> tuple[Entry, ...]:
    """All kinds of thinking that are known, with the models that write them."""
    import tomllib  # not for those who only list tasks

    text = Path(__file__).with_name("tags.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table).tags


@cache
def known_tags() -> tuple[Tags, ...]:
    """All kinds of thinking that are known."""
    return tuple(entry.tags for entry in table())


def tags_in(text: str) -> tuple[Tags, ...]:
    """The tags that a user names: ``<a>...</a>``, or ``...</a>`` for an end alone.

    If there is no beginning, every answer of a chat begins within a thought. An empty
    text names none; raises ValueError for one that is anything else.
    """
    if not text.strip():
        return ()
    parts = DOTS.split(text.strip())
    if len(parts) != 2 or not parts[1] or parts[0] == parts[1]:
        raise ValueError(
            "option 'thinking' takes two tags with three dots between them, such as "
            f"<think>...</think>, not {text!r}"
        )
    opening, closing = parts
    return (Tags((opening,) if opening else (), (closing,)),)
