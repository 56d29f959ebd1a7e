"""Finding the final answer in what a model wrote.

All searches take time linear in the text: it may be long and may be hostile.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.grading.spoken import TAIL, before_next, goes_on, meant

MAX_BOXES = 8
MAX_ANSWER = 4000
MAX_ITEMS = 60

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
    r"####[ ]{0,4}(?:(?=[-+−$£€¥\\(.\d])(?!\d{1,2}[.)][ ]+[*A-Za-z]|\d+[A-Za-z])"
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
    r"|\banswer[ ]should be\b|(?:正确|正確)?答案(?:是|为|為)?[：:]?"
    r"|(?:正确)?选项[为是]?\s?(?=[(（]?[A-Z])|選[：:]?|选择?[：:]?(?=\s?[(（]?[A-Z])"
    r"|\bhelyes válasz(?: a)?:?"
    r")[*_ ]{0,4}",
    re.IGNORECASE | re.MULTILINE,
)
TELLING = (
    *("nswer", "NSWER", "ption", "hoice", "olutions", "oots are", "alues are"),
    *("ntwort", "ösung", "éponse", "espuesta", "válasz", "答案", "选", "選"),
)
"""Without any of these there is no weak mark; looking for them costs little."""
LAST_LINE = re.compile(r"^A:[ ]", re.MULTILINE)
OPTIONS = re.compile(r"^B[:.)]", re.MULTILINE)
TAGGED = re.compile(
    r"\"(?:final_)?answer\"\s{0,2}:\s{0,2}(?:\"(?P<said>[^\"\n]{1,300})\""
    r"|(?P<bare>[^\s\",}\]]{1,60}))|<answer>\s{0,4}(?P<tag>[^<]{1,400}?)\s{0,4}</answer>"
)
SENTENCE_END = re.compile(
    r"(?<!approx)(?<!e\.g)(?<!i\.e)(?<![( ]ca)"
    r"(?:[.?]|!(?!\s?(?:[=≈*·×⋅/÷+−-]|\\(?:cdot|times|approx))))[*_]{0,3}(?=\s|$)|\n|[。．]"
)
"""The exclamation mark of a factorial ends nothing."""
ITEM = re.compile(r"\n[ \t]{0,8}(?:[-*•]|\d{1,2}[.)])[ \t]{1,4}(?=\S)")
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
    return stated(meant(response))


def stated(whole: str) -> Reading | None:
    """The same for what is meant of a response."""
    start = max(0, len(whole) - TAIL)
    spoken = whole[start:]
    found = last_mark(spoken)
    if found is not None and goes_on(spoken):
        found = last_mark(before_next(spoken, first_mark(spoken))) or found
    if found is None:
        return None
    span = found.span[0] + start, found.span[1] + start
    return Reading(found.text, found.rule, span)


def first_mark(spoken: str) -> int:
    """Where the first mark of an answer ends."""
    marks = (each.search(spoken) for each in (BOX, HASHES, FINAL, ANSWER))
    return min((each.end() for each in marks if each is not None), default=0)


def last_mark(spoken: str) -> Reading | None:
    """The last answer with a strong mark, or else the last with a weak one."""
    hashes = after(HASHES, spoken, "####") if "####" in spoken else None
    marked = [boxed(spoken), hashes, final(spoken)]
    strong = [each for each in marked if each is not None]
    if strong:
        return max(strong, key=lambda each: each.span)
    said = any(each in spoken for each in TELLING)
    weak = [after(ANSWER, spoken, "answer") if said else None, tagged(spoken)]
    if OPTIONS.search(spoken) is None:
        weak.append(after(LAST_LINE, spoken, "answer"))
    stated = [each for each in weak if each is not None]
    return max(stated, key=lambda each: each.span) if stated else None


def tagged(text: str) -> Reading | None:
    """The last answer in a field of JSON or in tags."""
    if 'answer"' not in text and "<answer>" not in text:
        return None
    found = deque(TAGGED.finditer(text), maxlen=1)
    if not found or (name := found[0].lastgroup) is None:
        return None
    return Reading(found[0][name], "answer", found[0].span(name))


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
        end, depth = closing_brace(text, match.end())
        if depth > 1:  # it breaks off within a formula
            continue
        inside = signed(text, match.start()) + text[match.end() + 1 : end].strip()
        yield Reading(inside, "boxed", (match.start(), min(end + 1, len(text))))


def signed(text: str, start: int) -> str:
    """The minus sign that stands before a box and belongs to it."""
    before = text[max(0, start - 2) : start]
    return "-" if before[-1:] in ("-", "−") and not before[:1].isalnum() else ""


def closing_brace(text: str, start: int) -> tuple[int, int]:
    """Where the brace at `start` closes, and how many are open there.

    Of one that never closes, where its line ends.
    """
    depth = 0
    for place in range(start, min(len(text), start + MAX_ANSWER)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place, 0
    line_end = text.find("\n", start, start + MAX_ANSWER)
    end = line_end if line_end >= 0 else min(len(text), start + MAX_ANSWER)
    line = text[start:end]
    return end, line.count("{") - line.count("}")


def final(text: str) -> Reading | None:
    if "inal" not in text and "INAL" not in text:
        return None
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
