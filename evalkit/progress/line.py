"""A progress line: its parts, and how they are made to fit into a row."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from evalkit.text import visible

NAME = 6
"""A name is not made shorter than that."""

Part = tuple[str, ...]
"""A part of the line in words, and in fewer and fewer; an empty text leaves it out."""


def rows(
    told: Sequence[tuple[str, Sequence[Part]]], width: int | None = None
) -> list[tuple[str, str]]:
    """Names and what is told of them, each pair in a row of so many cells, if that is
    bounded, with the names in one column.

    First what is told is put in fewer words, then the names are cut, and only if
    nothing else helps is the end of a row left out.
    """
    names = [visible(" ".join(name.split())) for name, _ in told]
    if width is None:
        return [
            (name, joined(parts, 0))
            for name, (_, parts) in zip(names, told, strict=True)
        ]
    room = width - 1 - widest(names)
    texts = [in_fewer_words(parts, room) for _, parts in told]
    names = [cut(each, max(NAME, width - 1 - widest(texts))) for each in names]
    room = width - 1 - widest(names)
    return [(name, cut(text, room)) for name, text in zip(names, texts, strict=True)]


def in_fewer_words(parts: Sequence[Part], room: int) -> str:
    """The parts in as many words as there is room for, or as few as there are."""
    text = joined(parts, 0)
    for level in range(1, max(map(len, parts), default=0)):
        for place in range(1, len(parts) + 1):
            if cell_len(text) <= room:
                return text
            text = joined(parts, level, place)
    return text


def joined(parts: Sequence[Part], level: int, shorter: int = 0) -> str:
    """The parts in so few words: the first `shorter` of them at this level, the others
    at the one before."""
    words = (
        part[min(level if place < shorter else max(0, level - 1), len(part) - 1)]
        for place, part in enumerate(parts)
    )
    return ", ".join(word for word in words if word)


def widest(texts: Sequence[str]) -> int:
    """How many cells the widest of some texts takes."""
    return max(map(cell_len, texts), default=0)


def cut(words: str, width: int) -> str:
    """A text in at most so many cells."""
    text = Text(words)
    text.truncate(max(0, width), overflow="ellipsis")
    return text.plain
