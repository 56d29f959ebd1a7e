"""Where the thoughts in one response are. All of it takes time linear in the text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from evalkit.thinking.tags import Tags
from evalkit.thinking.words import (
    Mark,
    Words,
    breaks_in,
    closes_quote,
    goes_on,
    introduces,
    quotes,
)

BEFORE = -1
"""The number of the opening tag that stands before the text: in its prompt."""
FENCE = re.compile(r"^[ \t]{0,3}```", re.MULTILINE)
TOKEN = "<|"
"""How texts begin that can be nothing but tokens of a chat's frame."""


class Span(NamedTuple):
    """A part of a text, and what of it is within its tags."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Found:
    """What of a response is no answer."""

    thoughts: tuple[Span, ...] = ()
    frames: tuple[Span, ...] = ()
    """What only stands around the answer."""
    unfinished: bool = False
    """Whether the last thought never ends: then all of the response is one."""

    @property
    def spans(self) -> list[Span]:
        """All of it, in order."""
        return sorted((*self.thoughts, *self.frames))


class Scan:
    """One reading of a text, from its beginning to its end."""

    def __init__(self, text: str, words: Words) -> None:
        self._text = text
        self._words = words
        self._last = len(text.rstrip())
        self._ends: dict[Tags, dict[int, int]] = {}
        self._thoughts: list[Span] = []
        self._frames: list[Span] = []
        self._place = 0
        """Where the answer goes on that is being looked through."""
        self._said = False
        """Whether there was any answer before that place."""
        self._says = False
        """Whether there is any behind it, as far as was looked."""
        self._passed: set[Tags] = set()
        """Kinds of which an opening tag was left standing behind that place."""

    def found(self, opened: Tags | None) -> Found:
        """The thoughts; `opened` is the kind that the prompt had begun."""
        if opened is None and self._begins_and_never_ends():
            return self._unfinished()
        number: int | None = 0
        if opened is not None:
            end = self._end(opened, BEFORE)
            if end is None:
                return self._unfinished()
            number = self._think(0, self._first, end)
        while number is not None and number < len(self._marks):
            number = self._look(number)
        if number is None:
            return self._unfinished()
        self._drop_frames()
        return Found(tuple(self._thoughts), tuple(self._frames))

    @cached_property
    def _marks(self) -> list[Mark]:
        return self._words.marks(self._text)

    def _begins_and_never_ends(self) -> bool:
        """Whether the text is a thought that nothing in it closes, seen at a glance:
        those that were cut off are long."""
        found = self._words.pattern.search(self._text)
        if found is None or self._text[: found.start()].strip():
            return False
        tags = self._words.opening.get(found[0])
        return tags is not None and not self._has_any(tags.closes)

    def _has_any(self, texts: Iterable[str]) -> bool:
        return any(each in self._text for each in texts)

    def _look(self, number: int) -> int | None:
        """See what the next tag does; the number of the one to look at then, None if
        it begins a thought that does not end."""
        mark = self._marks[number]
        tags = self._words.opening.get(mark.text)
        if tags is not None and self._opens(number, tags):
            end = self._end(tags, number)
            return None if end is None else self._think(mark.start, mark.end, end)
        if tags is not None:
            self._passed.add(tags)
        elif self._closes(mark):
            self._take_back(mark)
        elif self._frames_answer(mark) and self._is_silent(mark.start):
            self._frames.append(Span(*mark[:2], mark.start, mark.end))
            self._place = mark.end
        return number + 1

    def _opens(self, number: int, tags: Tags) -> bool:
        """Whether an opening tag opens a thought, rather than being spoken of."""
        mark = self._marks[number]
        if self._is_silent(mark.start):
            return True
        if tags.first or quotes(self._text, mark) or introduces(self._text, mark):
            return False
        if self._is_in_code(mark.start):
            return False
        closed = self._end(tags, number) is not None
        return closed or not breaks_in(self._text, mark)

    def _closes(self, mark: Mark) -> bool:
        """Whether a closing tag ends a thought that nothing here has opened."""
        tags = self._words.alone.get(mark.text)
        if tags is None or tags in self._passed:
            return False
        text = self._text
        return not (
            closes_quote(text, mark, tags)
            or introduces(text, mark)
            or goes_on(text, mark)
        )

    def _think(self, start: int, first: int, end: int) -> int:
        """Note a thought that ends with the tag of that number; give the next one's."""
        mark = self._marks[end]
        self._said = not self._is_silent(start)
        self._thoughts.append(Span(start, mark.end, first, mark.start))
        self._go_on(mark.end)
        return end + 1

    def _take_back(self, mark: Mark) -> None:
        """All since the last thought was one too; at the very end of an answer a
        closing tag closes nothing."""
        if self._thoughts and mark.end >= self._last:
            self._frames.append(Span(*mark[:2], mark.start, mark.end))
            return
        start = self._place if self._thoughts else 0
        self._frames = [each for each in self._frames if each.end <= start]
        self._thoughts.append(Span(start, mark.end, start, mark.start))
        self._go_on(mark.end)

    def _go_on(self, place: int) -> None:
        self._place = place
        self._says = False
        self._passed.clear()

    def _is_silent(self, end: int) -> bool:
        """Whether nothing is answered before a place."""
        if not (self._said or self._says):
            self._says = bool(self._text[self._place : end].strip())
        return not (self._said or self._says)

    def _frames_answer(self, mark: Mark) -> bool:
        if mark.text not in self._words.around:
            return False
        return bool(self._thoughts) or mark.text.startswith(TOKEN)

    def _is_in_code(self, place: int) -> bool:
        """Whether a block of code is open there that is closed later."""
        before = bisect_left(self._fences, place)
        since = before - bisect_left(self._fences, self._place)
        return since % 2 == 1 and before < len(self._fences)

    @cached_property
    def _fences(self) -> list[int]:
        return [found.start() for found in FENCE.finditer(self._text)]

    def _end(self, tags: Tags, number: int) -> int | None:
        """The number of the tag that closes what that one opens."""
        if tags not in self._ends:
            self._ends[tags] = self._paired(tags)
        return self._ends[tags].get(number)

    def _paired(self, tags: Tags) -> dict[int, int]:
        """Which closing tag belongs to which opening one.

        Thoughts may be nested. One that is opened more often than it is closed ends
        at the first closing tag: it only spoke of the others.
        """
        ends: dict[int, int] = {}
        if not self._has_any(tags.closes):
            return ends
        opened: list[int] = [BEFORE]
        closing: list[int] = []
        for number, mark in enumerate(self._marks):
            if mark.text in tags.opens and not quotes(self._text, mark):
                opened.append(number)
            elif mark.text in tags.closes and not closes_quote(self._text, mark, tags):
                closing.append(number)
                if opened:
                    ends[opened.pop()] = number
        for number in opened:
            later = bisect_right(closing, number)
            if later < len(closing):
                ends[number] = closing[later]
        return ends

    def _unfinished(self) -> Found:
        """All of the text is one thought."""
        size = len(self._text)
        return Found((Span(0, size, self._first, size),), unfinished=True)

    @property
    def _first(self) -> int:
        """Where a thought goes on that begins with the text: behind its tag, if any."""
        found = self._words.pattern.search(self._text)
        if found is None or found[0] not in self._words.opening:
            return 0
        return 0 if self._text[: found.start()].strip() else found.end()

    def _drop_frames(self) -> None:
        """Leave out what closes the frame around an answer."""
        end = self._last
        for mark in reversed(self._marks):
            if mark.end < end or mark.start < self._place:
                return
            if not self._frames_answer(mark):
                return
            self._frames.append(Span(*mark[:2], mark.start, mark.end))
            end = mark.start
            while end and self._text[end - 1].isspace():
                end -= 1
