"""Judging a graph that is given by its edges."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import CONTRAST, ENDING, NEGATION
from evalkit.grading.prose.notation import plain
from evalkit.grading.reading import final_answer
from evalkit.grading.spoken import without_thinking

BRACKETED = re.compile(r"[({⦃\[]\s{0,2}(\d)\s{0,2}[,;]\s{0,2}(\d)\s{0,2}[)}⦄\]]")
DASHED = re.compile(
    r"(?<![\w.])(\d)(?:(?:\s{0,3}(?:<?-{1,3}>?|→|~|_)\s{0,3}\d(?!\w|\.\d))+)"
)
JUXTAPOSED = re.compile(r"(?<![\w.])(\d)(\d)(?!\w|\.\d)")
JOINED = re.compile(
    r"(?<![\w.])(\d)\W{0,3}(?::|(?:is|are)?\s{0,2}(?:also\s)?"
    r"(?:connected|joined|adjacent|linked|connects|joins)\s(?:to|with)\b|divides\b)"
    r"[^\d\n.;]{0,40}((?:\d[ ]{0,2},?[ ]{0,2}(?:and|&)?[ ]{0,2})+)(?!\d)"
)
ROW = re.compile(
    r"^[^\w\n]{0,8}(?:(?:point|vertex|node|number)[ ])?(\d)[ ]{0,3}(?::|-{1,3}>?|→)"
    r"[ ]{0,3}(\d(?:[ ]{0,2}(?:,|and|&)[ ]{0,2}(?:and[ ])?\d)*)[ .;,]{0,3}$",
    re.IGNORECASE | re.MULTILINE,
)
LISTED = re.compile(
    r"^[ ]{0,3}\|[ *]{0,4}(\d)[ *]{0,4}\|[ ]{0,3}((?:\d[ ]{0,2},[ ]{0,2}){0,9}\d)"
    r"[ ]{0,3}\|?[ ]{0,3}$",
    re.MULTILINE,
)
"""A line of a table that names a point and all that it is joined to."""

Edge = tuple[str, str]


def edge(one: str, other: str) -> Edge:
    return (one, other) if one < other else (other, one)


def dashed(text: str) -> Iterator[Edge]:
    """1-2, and 1-2-3 as the path it is."""
    for match in DASHED.finditer(text):
        labels = re.findall(r"\d", match[0])
        yield from map(edge, labels, labels[1:])


def joined(pattern: re.Pattern[str], text: str) -> Iterator[Edge]:
    """1 with all that it is joined to, such as 2, 3 and 4."""
    for match in pattern.finditer(text):
        yield from (edge(match[1], each) for each in re.findall(r"\d", match[2]))


def edges(text: str) -> frozenset[Edge]:
    """The edges that a text lists in the most explicit way it uses."""
    explicit = {edge(*each) for each in BRACKETED.findall(text)}
    rows = [each[2] for each in ROW.finditer(text)]
    text, by_point = (
        (ROW.sub("", text), text) if max(map(len, rows), default=0) > 1 else (text, "")
    )
    explicit |= {*joined(LISTED, text), *joined(ROW, by_point), *dashed(text)}
    bare = {edge(*each) for each in JUXTAPOSED.findall(text)}
    told = explicit or max(set(joined(JOINED, text)), bare, key=len)
    return frozenset((one, other) for one, other in told if one != other)


@dataclass(frozen=True, kw_only=True)
class EdgeSet(Final):
    """All edges of a graph on points with one-digit labels."""

    wanted: ClassVar[str] = "list of edges"
    counted: ClassVar[bool] = True

    edges: tuple[tuple[int, int], ...]

    @property
    def target(self) -> str:
        return ", ".join(f"{one}-{other}" for one, other in self.edges)

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        """Judge all from the final answer on; without one, the last listing."""
        stated = final_answer(response)
        spoken = without_thinking(response)
        found = None
        if stated is not None and stated.marked:
            found = self.look(spoken[stated.span[0] :][:ENDING], question)
        if finished and found is None:
            found = self.look(last_listing(spoken[-ENDING:]), question)
        return found or Finding(None, False, "found no list of edges")

    def look(self, passage: str, question: str) -> Finding | None:
        lines = re.split(r"\n|(?<=[.])\s", CONTRAST.sub("", plain(passage)))
        found = edges("\n".join(each for each in lines if not NEGATION.search(each)))
        if not found:
            return None
        wanted = {edge(str(one), str(other)) for one, other in self.edges}
        missing, extra = len(wanted - found), len(found - wanted)
        why = f"{missing} edges missing, {extra} too many" if missing or extra else ""
        return Finding(
            ", ".join("-".join(each) for each in sorted(found)),
            not why,
            why,
            faults=missing + extra,
        )


def last_listing(text: str) -> str:
    """The last paragraphs in a row that list edges."""
    listing: list[str] = []
    for block in reversed(re.split(r"\n\s{0,20}\n", text)):
        if edges(plain(block)):
            listing.insert(0, block)
        elif listing:
            break
    return "\n".join(listing)
