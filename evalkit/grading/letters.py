"""The letter of a choice, as it is said."""

import re
from collections import deque

from evalkit.grading.closing import last_sentence
from evalkit.grading.reading import Reading

LETTER = re.compile(
    r"(?:\b(?:options?|choices?|statement|answer|select|choose|pick|opción|válasz)\b"
    r"[ :*-]{0,4}(?:is[ :*]{0,4})?|选项|選項|选|答案[是为：:]?\s?)"
    r"\(?(?P<letter>[A-J])\)?(?![\w])"
    r"|(?:\b(?:leaves|hence|therefore|thus|must be|would say|only|so)[, ]|∴\s?)"
    r"\(?(?P<therefore>[A-J])\)?(?=[*_.,:;)\s]|$)(?!\s[a-z]{2,}ful|\s(?:careful|few|lot))"
    r"|^\s{0,3}[*_]{0,2}\(?(?P<line>[A-J])\)?(?=[*_.:)]|$|\s(?:is|-|holds)\b)"
    r"|(?<!\w)\((?P<round>[A-J])\)|\*\*\(?(?P<bold>[A-J])[.)]{0,2}\*\*"
    r"|(?P<item>[A-J])项",
    re.MULTILINE,
)
BOTH = re.compile(r"\(?[A-J]\)?[*_]{0,2},? (?:and|or) [*_]{0,2}\(?[A-J]\)?(?![\w])")
DENIED = re.compile(r"(?:\bnot|isn't|wrong|incorrect|except|错误|不是)\W{0,4}$")
WRONG = re.compile(r"[)*_]{0,3},?\s(?:is|are|:)?\s?(?:not|wrong|incorrect|false)\b")
LEADING = re.compile(
    r"\W{0,6}(?:\\text\w*\{)?\s?(?:(?:the )?(?:option|choice|opción)\s|la\s)?"
    r"(?:\\text\w*\{)?\W{0,3}(?P<letter>[A-J])(?![\w'’])(?!\s?[+=*/^(<>])"
    r"(?!,?\s(?:(?:and|or)\s)?[A-J]\b)(?!\s(?!is\b|because\b|since\b|as\b|项)[a-z])",
    re.IGNORECASE,
)
LISTED = re.compile(r"^B[:.)]", re.MULTILINE)


def last_letter(spoken: str) -> Reading | None:
    """The last letter that is said as a choice is said, and not denied."""
    _, end = last_sentence(spoken)
    found = [
        each
        for each in deque(LETTER.finditer(spoken, max(0, end - 20_000), end), maxlen=20)
        if not denied(spoken, each)
    ]
    if not found:
        return None
    last = found[-1]
    if BOTH.search(spoken, max(0, last.start() - 40), end):
        return None
    start = last.start(last.lastgroup or "letter")
    return Reading(spoken[start], "choice letter", (start, start + 1))


def denied(spoken: str, letter: re.Match[str]) -> bool:
    place = letter.start(letter.lastgroup or "letter")
    before = spoken[max(0, place - 24) : place]
    return (
        DENIED.search(before) is not None or WRONG.match(spoken, place + 1) is not None
    )


def leading_letter(statement: str) -> str | None:
    """The letter that a statement begins with: "C, since 3 < 5"."""
    match = LEADING.match(statement)
    if match is None or BOTH.search(statement) or LISTED.search(statement):
        return None
    return match["letter"] if match["letter"].isupper() else None
