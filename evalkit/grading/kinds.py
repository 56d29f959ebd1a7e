"""Where answers of different kinds are looked for when no mark gives them away."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from evalkit.grading.answers.words import OUT_OF, SPELLED_NUMBER, spelled
from evalkit.grading.reading import TAIL, Reading

Finder = Callable[[str], Reading | None]
"""Looks through a response from which thinking has been blanked out."""

MAX_WHOLE = 300
FENCE = re.compile(r"^[ \t]{0,3}```[^\n`]{0,40}$", re.MULTILINE)
OUTPUT = re.compile(
    r"```(?:output|text|result)?[ \t]*\r?\n(?P<value>[^`]{0,4000}?)\r?\n[ \t]*```"
)
NUMBER = re.compile(
    r"(?:(?<![\w)\]}])[-−])?(?:\\?[$€£¥]\s?)?"
    r"(?<![A-Za-z_])(?:\d[\d.,]*(?:/\d+)?|(?<![\w.])\.\d+)(?:\s?\\?%)?"
)
FORMULA = re.compile(
    r"\$\$(?P<display>[^$]{1,2000})\$\$|(?<!\\)\$(?P<inline>[^$\n]{1,1000})(?<!\\)\$"
    r"|\\\((?P<round>.{1,1000}?)\\\)|\\\[(?P<square>.{1,2000}?)\\\]",
    re.DOTALL,
)
LETTER = re.compile(
    r"(?:\b(?:options?|choices?|answer|select|choose|pick)\b[ :*]{0,4}(?:is[ :*]{0,4})?"
    r")\(?(?P<letter>[A-J])\)?(?=[*_.,:;)\s]|$)"
    r"|^\s{0,3}[*_]{0,2}\(?(?P<line>[A-J])\)?(?=[*_.:)]|$)|\((?P<round>[A-J])\)|\*\*\(?(?P<bold>[A-J])[.)]{0,2}\*\*",
    re.MULTILINE,
)
BOTH = re.compile(r"\(?[A-J]\)?[*_]{0,2},? (?:and|or) [*_]{0,2}\(?[A-J]\)?(?![\w])")
REFUSAL = re.compile(
    r"\b(?:can(?:not|'t| not)|could(?: not|n't)|unable to|(?:im|not )possible to|don't)"
    r"\b[^.\n]{0,40}\b(?:determined?|find|answer|solve|say|tell|know|calculate)\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?。])\s+|\n+")
CLOSING = re.compile(r"I hope it is correct|[Hh]ope this helps|[Ll]et me know")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: finders for responses that mark none, tried in order."""

    name: str
    unmarked: tuple[Finder, ...]
    numeric: bool = False
    """Whether a number within a longer statement is the answer."""


def text_of(spoken: str) -> str:
    """The end of a response, in which an unmarked answer is looked for."""
    return spoken[-TAIL:]


def whole(spoken: str) -> Reading | None:
    """A response that is nothing but its answer."""
    said = spoken.strip()
    if not said or len(said) > MAX_WHOLE or "\n\n" in said or "```" in said:
        return None
    if "\\boxed" in said:
        return None
    start = spoken.find(said)
    return Reading(said, "whole response", (start, start + len(said)))


def printed(spoken: str) -> Reading | None:
    """What a program printed, where the text behind it says it again."""
    outputs = list(deque(OUTPUT.finditer(spoken), maxlen=1))
    if not outputs:
        return None
    match = outputs[0]
    value = match["value"].strip()
    after = spoken[match.end() :]
    number = NUMBER.fullmatch(value)
    if number is None or not after.strip():
        return None
    value = value.removesuffix(".0")
    for found in NUMBER.finditer(after):
        if found[0].rstrip(".,").replace(",", "").lstrip("\\$") == value:
            start = match.end() + found.start()
            written = found[0].rstrip(".,")
            return Reading(written, "printed value", (start, start + len(written)))
    for found in SPELLED_NUMBER.finditer(after):
        if spelled(found[0].lower()) == value:
            start = match.end() + found.start()
            return Reading(found[0], "printed value", (start, start + len(found[0])))
    return None


def last_formula(spoken: str) -> Reading | None:
    """The last formula of the closing paragraph."""
    start = closing_paragraph(spoken)
    found = deque(FORMULA.finditer(spoken, start), maxlen=1)
    if not found:
        return None
    match = found[0]
    name = match.lastgroup or "inline"
    return Reading(match[name].strip(), "last formula", match.span())


def closing_line(spoken: str) -> Reading | None:
    """The last line, for when it is nothing but an answer."""
    end = len(spoken.rstrip())
    start = spoken.rfind("\n", 0, end) + 1
    line = whole(spoken[start:end])
    if line is None:
        return None
    return Reading(line.text, "last line", (start + line.span[0], start + line.span[1]))


def closing_value(spoken: str) -> Reading | None:
    """The last formula of the last sentence, if the last number stands in it."""
    start = max(0, len(spoken) - TAIL)
    start += last_sentence(spoken[start:])
    found = deque(FORMULA.finditer(spoken, start), maxlen=1)
    if not found or NUMBER.search(spoken, found[0].end()):
        return None
    name = found[0].lastgroup or "inline"
    return Reading(found[0][name].strip(), "last formula", found[0].span())


def closing_paragraph(spoken: str) -> int:
    """Where the last paragraph that says anything begins."""
    end = len(spoken.rstrip())
    if spoken.startswith("$$", max(0, end - 2)) or spoken.startswith(
        "\\]", max(0, end - 2)
    ):
        opening = spoken.rfind("$$" if spoken[end - 1] == "$" else "\\[", 0, end - 2)
        end = opening if opening >= 0 else end
    start = spoken.rfind("\n\n", 0, end)
    return max(start, 0)


def closing_number(spoken: str) -> Reading | None:
    """The last number in the response, as digits or in the last sentence as words."""
    end = len(spoken)
    tail = text_of(spoken)
    offset = end - len(tail)
    found = deque(NUMBER.finditer(tail), maxlen=1)
    sentence = last_sentence(tail)
    out_of = deque(OUT_OF.finditer(tail, sentence), maxlen=1)
    if out_of:
        place = out_of[0].start() + offset
        return Reading(out_of[0][0], "last number", (place, place + len(out_of[0][0])))
    if not found or found[0].start() < sentence:
        words = deque(SPELLED_NUMBER.finditer(tail, sentence), maxlen=1)
        if words and not (found and words[0][0].lower() == "one"):
            place = words[0].start() + offset
            return Reading(
                words[0][0], "number in words", (place, place + len(words[0][0]))
            )
    if not found:
        return None
    written = found[0][0].rstrip(".,")
    place = found[0].start() + offset
    return Reading(written, "last number", (place, place + len(written)))


def last_sentence(text: str) -> int:
    """Where the last sentence begins that is no farewell."""
    end = len(text.rstrip())
    starts = [0, *(m.end() for m in SENTENCE.finditer(text, max(0, end - 2000), end))]
    for start in reversed(starts):
        if text[start:end].strip() and not CLOSING.search(text, start, end):
            return start
        end = start
    return 0


def last_letter(spoken: str) -> Reading | None:
    """The last letter that is said as a choice is said."""
    tail = text_of(spoken)
    found = deque(LETTER.finditer(tail), maxlen=1)
    if not found:
        return None
    if BOTH.search(tail, max(0, found[0].start() - 40)):
        return None
    group = found[0].lastgroup or "letter"
    start = found[0].start(group) + len(spoken) - len(tail)
    return Reading(found[0][group], "choice letter", (start, start + 1))


def ends_in_code(spoken: str) -> bool:
    """Whether a response stops at a program whose output never came."""
    fences = [match[0].strip() for match in deque(FENCE.finditer(spoken), maxlen=2)]
    if not fences:
        return False
    if fences[-1] != "```":
        return True
    before = "```code" if len(fences) == 1 else fences[0].lower()
    code = before != "```" and not before.startswith(
        ("```output", "```text", "```result")
    )
    return code and spoken.rstrip().endswith("```")


def without_code(spoken: str) -> str:
    """The response with fenced blocks blanked out, every place where it was."""
    fences = list(FENCE.finditer(spoken))
    tagged = [match[0].strip() != "```" for match in fences]
    parts: list[str] = []
    # A response may begin within a block that was opened before it.
    place, inside = 0, tagged[:2] == [False, True]
    for match, opens in zip(fences, tagged, strict=True):
        before = spoken[place : match.start()]
        parts.append(blank(before) if inside else before)
        parts.append(" " * len(match[0]))
        place, inside = match.end(), opens or not inside
    return "".join((*parts, blank(spoken[place:]) if inside else spoken[place:]))


def blank(text: str) -> str:
    """Spaces and line ends in place of a text."""
    return "\n".join(" " * len(line) for line in text.split("\n"))


def refuses(spoken: str) -> bool:
    """Whether a response ends by saying that it has no answer."""
    return REFUSAL.search(spoken, last_sentence(spoken)) is not None


STATING = (whole, closing_line)
"""They find what may be an answer; whether it is one is asked."""
MATH = Kind("math", (*STATING, last_formula))
QUANTITY = Kind(
    "number", (*STATING, printed, closing_value, closing_number), numeric=True
)
CHOICE = Kind("choice", (*STATING, last_letter))
TEXT = Kind("text", (*STATING, last_formula))
