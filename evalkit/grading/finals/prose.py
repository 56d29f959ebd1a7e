"""Finding one's way in running text."""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.numbers import mentions
from evalkit.grading.prose.values import Value
from evalkit.grading.spoken import without_thinking

ENDING = 6000
"""How much of a response's end may hold an unmarked answer."""
REACH = 8
"""How many sentences from the end a conclusion may stand."""
UNFINISHED = re.compile(r"(?:\b(?:and|with|or|where)|,)\s*$")
"""How a conclusion breaks off that goes on in another line."""
ANSWER = re.compile(r"[\s*_>#]*(?:it(?:['’]s| is)|(?:the )?answer)\b", re.IGNORECASE)
"""How a response begins that answers first."""
BRIEF = 80
"""A first sentence that answers is no longer than this."""
SHORT = 40
"""Items of a list that nothing announces are no longer than this."""

DISPLAY = re.compile(r"\$\$[^$]{1,1500}\$\$|\\\[.{1,1500}?\\\]", re.DOTALL)
BREAK = re.compile(r"(?<!approx\.)(?<!e\.g\.)(?<!i\.e\.)(?<=[.!?])[*_]{0,3}\s+|\n+")
BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
FORMULA = re.compile(r"\$\$|\\\[|\\\(.{1,300}\\\)[.,;]?$|\$[^$]{1,300}\$[.,;]?$")
BROKEN_OFF = re.compile(r"\b(?:is|are|be|get|have|equals|gives)\s*$")
"""How a sentence ends that a formula of its own line completes."""
CONTINUED = re.compile(r"[&\s]*(?:=(?!>)|≈|\\approx)")
CUE = re.compile(
    r"[\s*_>#-]*(?:so|therefore|thus|hence|consequently|answer"
    r"|rounded|rounding|in conclusion|in summary|as a result|to conclude|we conclude"
    r"|based on)\b",
    re.IGNORECASE,
)
ASIDE = re.compile(r"[A-Za-z]{3}|[=≠<>≤≥]")
BRACKET = re.compile(r"[()\[\]]")
REASON = re.compile(
    r"\b(?:(?:this|that|which|it) is (?:so )?)?(?:because|since|given that)\b"
    r"[^,\n]{0,400}",
    re.IGNORECASE,
)
COMMENT = re.compile(
    r"[\s*_>#(-]*(?:(?:this|that)\s(?:is|holds)\s(?:so\s)?(?:because|since)|note\b"
    r"|(?:(?:sanity|double|cross|quick|now|let me|let['’]s|let us)[\s-])?"
    r"(?:check|verify)\b|control\s?[:(]|verification\b|remark\b)",
    re.IGNORECASE,
)
"""How a sentence begins that explains or checks what was said before."""
NEGATION = re.compile(
    r"\b(?:not?|nor|neither|never|cannot|except|excluding|rather than|\w+n['’]t)\b"
    r"|≠|∉|\bnone\b|\breject|\bdiscard|\bextraneous|\binvalid|\bexclude",
    re.IGNORECASE,
)
CONTRAST = re.compile(
    r"\b(?:while|whereas|although|though|unlike|but(?! also))\b[^,.;]{0,300}",
    re.IGNORECASE,
)
CLAUSE = re.compile(
    r"[.;](?=\s|$)|,\s|\n|\b(?:so|since|because|hence|therefore|where|which)\b",
    re.IGNORECASE,
)
COUNTED = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen", "twenty"),
)
NUMBER_WORDS: Mapping[str, Fraction] = MappingProxyType(
    {
        "half": Fraction(1, 2),
        **{word: Fraction(count) for count, word in enumerate(COUNTED, start=2)},
    }
)


def closing(response: str, question: str, is_full: Callable[[str], bool]) -> list[str]:
    """Passages that may state an unmarked answer, the likeliest first.

    The last sentence that begins as a conclusion does, then the last sentences; a
    brief first one is the last resort. Where the conclusion lacks the unit, there are
    exceptions: a last sentence with it that speaks of what was asked, as the conclusion
    does not, and a first one with it such as "It is 12%", where nothing is concluded.
    """
    spoken = list(sentences(without_thinking(response)[-ENDING:]))
    pieces = [each for each in spoken if not COMMENT.match(each)] or spoken
    concluding = [
        each
        for each in pieces[-REACH:]
        if CUE.match(each) and not UNFINISHED.search(each)
    ]
    opening = [each for each in spoken[:1] if len(each) <= BRIEF]
    ending = [*concluding[-1:], *reversed(pieces[-3:])]
    if not any(map(is_full, ending[:1])):
        likelier = opening if not concluding and ANSWER.match(response) else []
        if concluding and speaks(pieces[-1], concluding[-1], question):
            likelier = pieces[-1:]
        ending = [*filter(is_full, likelier), *ending]
    return list(dict.fromkeys((*ending, *opening)))


def speaks(one: str, other: str, question: str) -> bool:
    """Whether only one of two sentences has a word of what the question asks."""
    *_, asked = sentences(question) if question.strip() else ("",)
    words = set(re.findall(r"[a-z]{5,}", asked.lower()))
    said = [
        words & set(re.findall(r"[a-z]{5,}", each.lower())) for each in (one, other)
    ]
    return bool(said[0]) and not said[1]


def sentences(text: str) -> Iterator[str]:
    """Sentences and lines; what a colon announces belongs to its sentence."""
    text = DISPLAY.sub(lambda match: match[0].replace("\n", " "), text)
    sentence, listing, listed = "", False, False
    for piece in filter(None, (each.strip() for each in BREAK.split(text))):
        if piece.startswith("```"):
            continue
        announced = sentence.rstrip("*_ ").endswith(":")
        formula = bool(FORMULA.match(piece))
        announced = announced or (formula and bool(BROKEN_OFF.search(sentence)))
        bullet = formula or bool(BULLET.match(piece))
        listing = bullet and (announced or listing or (listed and len(piece) < SHORT))
        listed = bullet
        if announced or listing or CONTINUED.match(piece):
            sentence += "; " if listing and not announced else " "
            sentence += BULLET.sub("", piece, count=1)
            continue
        if sentence:
            yield sentence
        sentence = piece
    if sentence:
        yield sentence


def without_remarks(text: str) -> str:
    """A text without the asides in brackets; brackets of formulas stay."""
    kept, place, opened = "", 0, list[int]()
    for mark in BRACKET.finditer(text):
        if mark[0] in "([":
            opened.append(mark.start())
        elif opened:
            start = opened.pop()
            if not opened and ASIDE.search(text, start, mark.end()):
                kept += text[place:start] + " "
                place = mark.end()
    return kept + text[place:]


def without_reasons(text: str) -> str:
    """A text without the reasons it gives, unless there is nothing else."""
    kept = REASON.sub(" ", text)
    return kept if re.search(r"\w", kept) else text


def affirmed(text: str) -> str:
    """The clauses of a text that deny nothing and set nothing off by contrast."""
    text = CONTRAST.sub("", text)
    kept, place = "", 0
    for mark in (*CLAUSE.finditer(text), None):
        end = mark.start() if mark else len(text)
        if not NEGATION.search(text, place, end):
            kept += text[place:end] + (mark[0] if mark and len(mark[0]) < 3 else ", ")
        place = mark.end() if mark else end
    return kept.strip(" ,;\n")


def givens(question: str) -> frozenset[Value]:
    """The numbers that a question itself names."""
    words = (NUMBER_WORDS.get(each) for each in re.findall(r"[a-z]+", question.lower()))
    spelled = (each for each in words if each is not None)
    return frozenset((*(each.value for each in mentions(plain(question))), *spelled))


def shown(value: Value) -> str:
    """A number for people: a decimal where that is exact, or there is no fraction."""
    decimal = f"{float(value):.10g}"
    exact = isinstance(value, Fraction) and Fraction(decimal) != value
    return str(value) if exact else decimal
