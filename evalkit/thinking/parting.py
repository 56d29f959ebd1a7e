"""Telling the thoughts in a response from its answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Self

from evalkit.thinking.scanning import Found, Scan
from evalkit.thinking.tags import Tags, known_tags
from evalkit.thinking.words import Words
from evalkit.types import Completion

TURN = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>")
"""What begins or ends a turn in many a chat's frame."""
LEAD = re.compile(r"\A(?:[ \t]*\n)*(?: (?=\S))?")
"""Blank lines, and no more than one blank: more are meant."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A response, told apart."""

    answer: str
    """What is judged; empty where the model did not come to one."""
    reasoning: str = ""
    """What the model thought, without the tags."""
    unfinished: bool = False
    """Whether the model did not come to the end of its thoughts."""


@dataclass(frozen=True)
class Thinking:
    """How some model shows that it is thinking."""

    tags: tuple[Tags, ...]
    """The kinds of thinking that are looked for; of those that begin alike the first
    counts."""
    always: Tags | None = None
    """The kind that every answer of a chat begins within, if that was told."""

    def knowing(self, told: Iterable[Tags]) -> Self:
        """The same with more kinds, which come before those that are known.

        One that nothing opens begins before every answer of a chat.
        """
        same = self
        for each in told:
            if each.opens:
                same = replace(same, tags=(each, *same.tags))
            else:
                same = replace(same, always=same._closed_by(each))
        return same

    def _closed_by(self, told: Tags) -> Tags:
        """A kind of which only the end was told, with its beginning if it is known."""
        known = (each for each in self.tags if set(told.closes) & set(each.closes))
        return next(known, told)

    @cached_property
    def words(self) -> Words:
        """What is looked for in texts."""
        also = (self.always,) if self.always else ()
        return Words((*self.tags, *also))

    def opened(self, prompt: str, *, chat: bool) -> Tags | None:
        """The kind of thought that a prompt ends within, if it does.

        Of a chat, `prompt` is what stands behind the last message's content.
        """
        if chat and self.always is not None:
            return self.always
        open_: Tags | None = None
        end = 0
        for mark in self.words.marks(prompt):
            if open_ is None:
                open_, end = self.words.opening.get(mark.text), mark.end
            elif mark.text in open_.closes:
                open_ = None
        behind = prompt[end:]
        if open_ is None or (TURN.search(behind) if chat else behind.strip()):
            return None
        return open_

    def found(self, text: str, opened: Tags | None = None) -> Found:
        """Where a response is thinking; `opened` is what its prompt had begun."""
        if opened is None and not self.words.pattern.search(text):
            return Found()
        return Scan(text, self.words).found(opened)

    def part(self, text: str, opened: Tags | None = None) -> Parted:
        """A response told apart; one without thoughts is its answer as it stands."""
        return parted(text, self.found(text, opened))

    def apart(self, completion: Completion, opened: Tags | None = None) -> Completion:
        """A completion whose text is told apart.

        One that ends within a thought came to no answer, whatever ended it: it is
        taken for one that had no more room.
        """
        found = self.found(completion.text, opened)
        if not found.spans:
            return completion
        told = parted(completion.text, found)
        thoughts = (completion.reasoning, told.reasoning)
        return replace(
            completion,
            text=told.answer,
            reasoning="\n".join(filter(None, thoughts)),
            finish="length" if told.unfinished else completion.finish,
        )


def known_thinking() -> Thinking:
    """The kinds of thinking that models are known for."""
    return made_of_table()


@cache
def made_of_table() -> Thinking:
    """Made once: what it looks for takes some time to put together."""
    return Thinking(known_tags())


def parted(text: str, found: Found) -> Parted:
    """A response told apart where its thoughts were found."""
    thoughts = (text[each.first : each.last].strip() for each in found.thoughts)
    return Parted(
        answer=answer_of(text, found),
        reasoning="\n".join(filter(None, thoughts)),
        unfinished=found.unfinished,
    )


def answer_of(text: str, found: Found) -> str:
    """What of a response is the answer, in one piece."""
    spans = found.spans
    if not spans:
        return text
    place = 0
    pieces: list[str] = []
    for span in spans:
        pieces.append(text[place : span.start].strip(" "))
        place = max(place, span.end)
    pieces.append(text[place:].strip(" "))
    joined = " ".join(filter(None, pieces)).rstrip()
    return LEAD.sub("", joined)
