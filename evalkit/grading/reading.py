"""Finding the final answer in what a model wrote.

All searches take time linear in the text: it may be long and may be hostile.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

TAIL = 50_000
"""A final answer is looked for in so many characters at the end."""
MAX_BOXES = 8
MAX_ANSWER = 4000
MAX_ITEMS = 60

OPENING, CLOSING = "<think>", "</think>"
BOX = re.compile(r"\\(?:boxed|fbox)\s{0,2}(?={)")
LINK = re.compile(
    r"[\s$,;&\\()\[\]]{0,12}(?:(?:text{\s?)?(?:s|m|cm|seconds?|met(?:er|re)s?|units?)\b}?)?"
    r"[\s$,;&\\()\[\]]{0,12}(?:and|or)?[\s$,;&\\()\[\]]{0,12}"
    r"(?:[A-Za-z](?:_{?\w}?)?\s{0,2}=\s{0,2})?"
)
HASHES = re.compile(r"####[ ]{0,4}(?=[-+−$£€¥\\(.\d])(?!\d{1,2}[.)][ ]+[*A-Za-z])")
FINAL = re.compile(
    r"\bfinal[ ]answers?\b[*_ ]{0,4}(?:\([^()\n]{0,40}\))?[*_ ]{0,4}"
    r"(?:[:=]|is\b[ ]{0,2}:?|(?=\n))[*_ ]{0,4}",
    re.IGNORECASE,
)
ANSWER = re.compile(
    r"(?:\banswer[ ]is\b[ ]?:?|^[#>*_ ]{0,6}answer[*_ ]{0,4}:)[*_ ]{0,4}",
    re.IGNORECASE | re.MULTILINE,
)
SENTENCE_END = re.compile(
    r"(?<!approx)(?<!e\.g)(?<!i\.e)(?<![( ]ca)"
    r"(?:[.?]|!(?!\s?(?:[=≈*·×⋅/÷+−-]|\\(?:cdot|times|approx))))[*_]{0,3}(?=\s|$)|\n"
)
"""The exclamation mark of a factorial ends nothing."""
ITEM = re.compile(r"\n[ \t]{0,8}(?:[-*•]|\d{1,2}[.)])[ \t]{1,4}(?=\S)")
RETRACTION = re.compile(
    r"(?:^|[.!?)*]\s|\n)[\s*_(]{0,6}(?:but )?(?:wait|hold on|correction|scratch that"
    r"|on second thoughts?|actually|sorry|oops|i made an? (?:mistake|error))\b"
    r"\s{0,2}[,:.!—–-]",
    re.IGNORECASE,
)
"""What is stated before it is no longer meant."""
DISPLAYS = (("\\[", "\\]"), ("$$", "$$"), ("```", "```"))
MARKUP = " \t\n*_#>`"


@dataclass(frozen=True, slots=True)
class Reading:
    """A final answer as it stands in a response."""

    text: str
    rule: str
    """What gave it away: boxed, ####, final answer, answer, or last number."""
    span: tuple[int, int]
    """Where it stands in the response."""

    @property
    def marked(self) -> bool:
        """Whether the writer left no doubt that this is the final answer."""
        return self.rule in ("boxed", "####", "final answer")


def final_answer(response: str) -> Reading | None:
    """The answer that a response marks as its final one, None if it marks none.

    The last box, ``####`` line or "final answer" counts; "the answer is" and
    "Answer:" count where there is none of these. An answer that is taken back
    afterwards ("Wait, ...") is not final.
    """
    start = max(0, len(response) - TAIL)
    spoken = without_thinking(response)[start:]
    marked = [boxed(spoken), after(HASHES, spoken, "####"), final(spoken)]
    found = [each for each in marked if each is not None]
    if not found:
        weak = after(ANSWER, spoken, "answer")
        found = [] if weak is None else [weak]
    if not found:
        return None
    last = max(found, key=lambda each: each.span)
    if RETRACTION.search(spoken, last.span[1]):
        return None
    span = last.span[0] + start, last.span[1] + start
    return Reading(last.text, last.rule, span)


def without_thinking(response: str) -> str:
    """The response with its thinking blanked out, every place where it was.

    Thinking that never closes leaves nothing: the model was not done.
    """
    kept: list[str] = []
    place = 0
    first = response.find(CLOSING)
    if first >= 0 and response.find(OPENING, 0, first) < 0:
        # Some templates open the block themselves: the text begins inside it.
        place = first + len(CLOSING)
        kept.append(" " * place)
    while (opened := response.find(OPENING, place)) >= 0:
        closed = response.find(CLOSING, opened)
        if closed < 0:
            return " " * len(response)
        end = closed + len(CLOSING)
        kept += response[place:opened], " " * (end - opened)
        place = end
    return "".join((*kept, response[place:]))


def boxed(text: str) -> Reading | None:
    """The last box with something in it, with those joined to it by "and"."""
    boxes = [box for box in last_boxes(text) if box.text]
    if not boxes:
        return None
    parts = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        if not LINK.fullmatch(text, box.span[1], parts[0].span[0]):
            break
        parts.insert(0, box)
    inside = ", ".join(each.text for each in parts)
    return Reading(inside, "boxed", (parts[0].span[0], parts[-1].span[1]))


def last_boxes(text: str) -> Iterator[Reading]:
    """The last few boxes, in order."""
    for match in deque(BOX.finditer(text), maxlen=MAX_BOXES):
        end = closing_brace(text, match.end())
        inside = text[match.end() + 1 : end].strip()
        yield Reading(inside, "boxed", (match.start(), min(end + 1, len(text))))


def closing_brace(text: str, start: int) -> int:
    """Where the brace at `start` closes; the end of its line if it never does."""
    depth = 0
    for place in range(start, min(len(text), start + MAX_ANSWER)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    line_end = text.find("\n", start, start + MAX_ANSWER)
    return line_end if line_end >= 0 else min(len(text), start + MAX_ANSWER)


def final(text: str) -> Reading | None:
    return after(FINAL, text, "final answer")


def after(marker: re.Pattern[str], text: str, rule: str) -> Reading | None:
    """What follows the last marker that anything follows."""
    for match in reversed(deque(marker.finditer(text), maxlen=MAX_BOXES)):
        if listed := below(text, match.end(), rule):
            return listed
        start, end = statement(text, match.end())
        said = text[start:end].rstrip(MARKUP)
        if said:
            return Reading(said, rule, (start, start + len(said)))
    return None


def below(text: str, start: int, rule: str) -> Reading | None:
    """The items of a list that begins on the line below a marker, as one answer."""
    place = start
    while len(text) > place and text[place] in MARKUP and not ITEM.match(text, place):
        place += 1
    items: list[str] = []
    while len(items) < MAX_ITEMS and (match := ITEM.match(text, place)):
        line_end = text.find("\n", match.end(), match.end() + MAX_ANSWER)
        place = line_end if line_end >= 0 else min(len(text), match.end() + MAX_ANSWER)
        items.append(text[match.end() : place].strip())
    return Reading("; ".join(items), rule, (start, place)) if items else None


def statement(text: str, start: int) -> tuple[int, int]:
    """The sentence or displayed formula that begins at or below a place."""
    limit = min(len(text), start + MAX_ANSWER)
    while start < limit and text[start] in MARKUP and not text.startswith("```", start):
        start += 1
    for opening, closing in DISPLAYS:
        if text.startswith(opening, start):
            end = text.find(closing, start + len(opening), limit)
            return start, end + len(closing) if end >= 0 else limit
    match = SENTENCE_END.search(text, start, limit)
    return start, match.start() if match else limit
