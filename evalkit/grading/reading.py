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
BOX = re.compile(r"\\(?:boxed|fbox)(?:\s{0,2}(?={)|\s{1,2}(?=[\w.-]))")
UNBRACED = re.compile(r"[\w.,-]{1,20}(?<![.,])")
MAX_LINK = 60
LINK = re.compile(
    r"[^.!?=]{0,50}?(?:[A-Za-z](?:_\{?\w\}?)?\s{0,2}=\s{0,2}(?:\\?[$(\[]){0,3})?"
)
JOINING = re.compile(r"\b(and|or)\b|[和或、]")
WORDS = re.compile(r"[^\W\d_]{2,}")
MAX_LINK_WORDS = 5
BEHIND = re.compile(r"[\s$\\)]{0,4}([A-Za-z]{2,12})")
HASHES = re.compile(
    r"####[ ]{0,4}(?:(?=[-+−$£€¥\\(.\d])(?!\d{1,2}[.)][ ]+[*A-Za-z])"
    r"|(?=\(?[A-Z]\)?\.?\s*$))"
)
FINAL = re.compile(
    r"(?<![A-Za-z])final[ ]answers?\b[*_ ]{0,4}(?:\([^()\n]{0,40}\))?[*_ ]{0,4}"
    r"(?:[:=]|is\b[ ]{0,2}:?|(?=\n))[*_ ]{0,4}",
    re.IGNORECASE,
)
ANSWER = re.compile(
    r"(?:\b(?:answer|(?:correct|right|best) (?:option|choice))s?[ ]"
    r"(?:is|are|would be)\b[ ]?:?"
    r"|\b(?:solutions|roots|values)[ ]are\b[ ]?:?"
    r"|^[#>*_ ]{0,6}(?:(?:correct )?answer|antwort|réponse|respuesta)[*_ ]{0,4}:"
    r"|\b(?:(?:antwort|lösung) (?:lautet|ist)|réponse est|respuesta es)\b[ ]?:?"
    r"|答案(?:是|为|為)?[：:]?|選[：:]?|选择?[：:]?(?=\s?[(（]?[A-Z])|^A:[ ]"
    r")[*_ ]{0,4}",
    re.IGNORECASE | re.MULTILINE,
)
SENTENCE_END = re.compile(
    r"(?<!approx)(?<!e\.g)(?<!i\.e)(?<![( ]ca)"
    r"(?:[.?]|!(?!\s?(?:[=≈*·×⋅/÷+−-]|\\(?:cdot|times|approx))))[*_]{0,3}(?=\s|$)|\n|。"
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


def since_retraction(spoken: str) -> str:
    """The response with all that was taken back blanked out, every place as it was."""
    start = max(0, len(spoken) - TAIL)
    last = deque(RETRACTION.finditer(spoken, start), maxlen=1)
    return " " * last[0].end() + spoken[last[0].end() :] if last else spoken


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
    joining = ","
    for box in reversed(boxes[:-1]):
        between = text[box.span[1] : parts[0].span[0]]
        if (joined := link(between)) is None:
            break
        joining = joined
        parts.insert(0, box)
    inside = ", ".join(each.text for each in parts)
    forms = [with_unit(text, each) for each in parts] if joining == "or" else []
    if any(form != part.text for form, part in zip(forms, parts, strict=False)):
        inside = " or ".join(forms)
    return Reading(inside, "boxed", (parts[0].span[0], parts[-1].span[1]))


def link(between: str) -> str | None:
    """The word that joins two boxes into one answer, None if nothing does."""
    if len(between) > MAX_LINK or not LINK.fullmatch(between):
        return None
    plain = (
        between.replace("\\text", " ").replace("\\quad", " ").replace("\\mathrm", " ")
    )
    words, joining = WORDS.findall(plain), JOINING.search(plain)
    if joining is not None and len(words) <= MAX_LINK_WORDS:
        return joining[1] or "and"
    return "," if not words and between.strip() else None


def with_unit(text: str, box: "Reading") -> str:
    """A box with the word behind it, which tells two forms of one amount apart."""
    behind = BEHIND.match(text, box.span[1])
    if behind is None or behind[1] in ("and", "or"):
        return box.text
    return f"{box.text} {behind[1]}"


def last_boxes(text: str) -> Iterator[Reading]:
    """The last few boxes, in order."""
    for match in deque(BOX.finditer(text), maxlen=MAX_BOXES):
        if (bare := UNBRACED.match(text, match.end())) is not None:
            yield Reading(bare[0], "boxed", (match.start(), bare.end()))
            continue
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
