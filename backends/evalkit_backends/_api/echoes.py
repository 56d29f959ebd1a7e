"""Whether the tokens that a server tells of are those of the text that it was sent."""

import re
from collections.abc import Sequence

MARKS = {"▁": " ", "Ġ": " ", "Ċ": "\n", "ĉ": "\t"}
"""Blanks as tokenizers write them."""
BYTES = re.compile(r"(?:bytes:)?(?:\\x[0-9a-fA-F]{2})+|<0x[0-9a-fA-F]{2}>")
"""Parts of a letter that has several bytes, as servers write them."""
BLANK = re.compile(r"\s+")
SPOILED = re.compile("[\ufffd\u00a1-\u0143]")
"""What is left of a letter whose bytes are in several tokens: nothing, or the letters
that stand for single bytes in some tokenizers."""
NOT_PRINTED = re.compile(r"[^!-~]+")
LEADING = 2
"""Most tokens that a server may put before a text."""


def are_of(tokens: Sequence[str], text: str) -> bool:
    """Whether tokens make up a text, but for its blanks, which not all servers tell,
    and tokens before it. Where single letters are told in parts, the others count."""
    wanted = bare(text)
    for begun in range(min(LEADING, len(tokens)) + 1):
        if bare("".join(tokens[begun:])) == wanted:
            return True
    if not any(not each or is_spoiled(each, text) for each in tokens):
        return False
    rest = NOT_PRINTED.sub("", text)
    return any(
        "".join(NOT_PRINTED.sub("", BYTES.sub("", each)) for each in tokens[begun:])
        == rest
        for begun in range(min(LEADING, len(tokens)) + 1)
    )


def bare(text: str) -> str:
    """A text without blanks."""
    for mark, blank in MARKS.items():
        text = text.replace(mark, blank)
    return BLANK.sub("", text)


def is_spoiled(token: str, text: str) -> bool:
    """Whether a token is no text of its own, but bytes of some letter."""
    return token not in text and bool(SPOILED.search(token) or BYTES.search(token))
