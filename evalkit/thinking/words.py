"""The texts that are looked for, and whether one is meant or only spoken of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from evalkit.thinking.tags import Tags

NEAR = 200
"""Characters in which the other end of a quotation is looked for."""
QUOTES: Mapping[str, str] = {
    **{"`": "`", '"': '"', "'": "'"},
    **{"“": "”", "‘": "’", "«": "»", "„": "“", "「": "」"},
}
"""What begins a quotation, and what ends it then."""
ENDS = frozenset(QUOTES.values())
WORD = 16
"""Characters in which the word before a tag is looked for."""
INTRODUCED = re.compile(
    r"\b(?:says?|said|uses?|used|using|writes?|wrote|written|types?|called|named|like"
    r"|with(?:in)?|inside|between|tags?|tokens?)[ \t]{1,3}$",
    re.IGNORECASE,
)
"""Behind these words a tag is spoken of."""
NAMED = re.compile(r"[ \t]{0,2}(?:tags?|tokens?|blocks?|markers?)\b", re.IGNORECASE)
"""Before these too."""
GOES_ON = re.compile(r"[ \t]{1,3}[a-z]|[,;)]")
"""How a sentence goes on behind a tag that it speaks of."""
WITHIN = ",;/([{"
"""Signs behind which a sentence has not come to its end, besides letters."""


class Mark(NamedTuple):
    """A tag, or something like it, in a text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Words:
    """All texts that some kinds of thinking are told by."""

    tags: tuple[Tags, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of them, the longest that there is."""
        texts = (
            text
            for each in self.tags
            for text in (*each.opens, *each.closes, *each.around)
        )
        return re.compile(any_of(set(texts)))

    @cached_property
    def opening(self) -> Mapping[str, Tags]:
        """What opens a thought: of kinds that begin alike, the first counts."""
        return {text: each for each in reversed(self.tags) for text in each.opens}

    @cached_property
    def alone(self) -> Mapping[str, Tags]:
        """What closes a thought also where nothing has opened it."""
        return {
            text: each
            for each in reversed(self.tags)
            if each.alone
            for text in each.closes
        }

    @cached_property
    def around(self) -> frozenset[str]:
        """What may stand around an answer."""
        return frozenset(text for each in self.tags for text in each.around)

    def marks(self, text: str) -> list[Mark]:
        """Where they are in a text."""
        return [Mark(*found.span(), found[0]) for found in self.pattern.finditer(text)]


def any_of(texts: set[str]) -> str:
    """A pattern for the longest of some texts, which looks at no character twice."""
    heads = sorted({text[0] for text in texts if text})
    branches = [
        re.escape(head) + any_of({text[1:] for text in texts if text[:1] == head})
        for head in heads
    ]
    if not branches:
        return ""
    joined = "|".join(branches)
    if "" in texts:
        return f"(?:{joined})?"
    return joined if len(branches) == 1 else f"(?:{joined})"


def quotes(text: str, mark: Mark) -> bool:
    """Whether a tag stands in quotation marks: they end right behind it or, where it
    opens something, on the same line."""
    end = QUOTES.get(text[mark.start - 1 : mark.start])
    if end is None:
        return False
    line, _, _ = text[mark.end : mark.end + NEAR].partition("\n")
    return end in line


def closes_quote(text: str, mark: Mark, tags: Tags) -> bool:
    """Whether a closing tag is the end of a quotation, perhaps of one that began with
    an opening tag."""
    after = text[mark.end : mark.end + 1]
    if not after or after not in ENDS:
        return False
    before = text[max(0, mark.start - NEAR) : mark.start].rpartition("\n")[2]
    begins = [quote for quote, end in QUOTES.items() if end == after]
    return any(
        before.endswith(quote) or any(quote + each in before for each in tags.opens)
        for quote in begins
    )


def introduces(text: str, mark: Mark) -> bool:
    """Whether the words beside a tag speak of it as one."""
    before = text[max(0, mark.start - WORD) : mark.start]
    return bool(INTRODUCED.search(before) or NAMED.match(text, mark.end))


def breaks_in(text: str, mark: Mark) -> bool:
    """Whether a tag stands within a sentence, which a thought would not."""
    before = text[max(0, mark.start - WORD) : mark.start].rstrip(" \t")
    last = before[-1:]
    return bool(last) and (last.isalpha() or last in WITHIN or last in QUOTES)


def goes_on(text: str, mark: Mark) -> bool:
    """Whether the sentence before a tag goes on behind it."""
    before = text[mark.start - 1 : mark.start]
    if before not in (" ", "\t") or not GOES_ON.match(text, mark.end):
        return False
    return breaks_in(text, mark)
