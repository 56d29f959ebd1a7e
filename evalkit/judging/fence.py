"""Keeping the answer under judgement from passing for anything but an answer.

It stands between two lines with a key that is made from a digest of the answer itself
and of the run, so that whoever wrote the answer could not know it. Each of its lines is
led by a bar, so that none of them can begin like a line of the judge's own prompt. What
chat templates take for the beginning or end of a turn is spelt with other characters.
"""

import hashlib
import re

from evalkit.text import visible, whole

LONGEST = 24_000
"""Characters of an answer that are shown; of a longer one its beginning and end."""
KEY = 12
"""Hexadecimal digits of a key."""

LT = "<\N{FULLWIDTH LESS-THAN SIGN}\N{SMALL LESS-THAN SIGN}"
GT = ">\N{FULLWIDTH GREATER-THAN SIGN}\N{SMALL GREATER-THAN SIGN}"
BAR = "|\N{FULLWIDTH VERTICAL LINE}"
OPEN = "[\N{FULLWIDTH LEFT SQUARE BRACKET}"
CLOSE = "]\N{FULLWIDTH RIGHT SQUARE BRACKET}"
"""Each with what some tokenizers make the same of."""
TAG = re.compile(rf"[{LT}]{{1,4}}[/{BAR}]?[^\s{LT}{GT}]{{1,64}}[{GT}]{{1,4}}")
"""Anything in angles without a blank: <|im_end|>, </s>, <start_of_turn>, <<SYS>>."""
BARRED = re.compile(rf"[{LT}](?=[{BAR}])|(?<=[{BAR}])[{GT}]")
"""An angle beside a bar, whatever follows: half of such a token is no better."""
NAMED = re.compile(
    rf"[{re.escape(OPEN)}](?:/?(?:INST|SYS|SYSTEM|USER|ASSISTANT|IMG|AUDIO|PREFIX|"
    r"MIDDLE|SUFFIX|CLS|SEP|[GS]?MASK|PAD|UNK|BOS|EOS|EOT|UNUSED\d*|THINK|ARGS|"
    r"[A-Z]{3,32}(?:_[A-Z0-9]{1,32}){1,8})|"
    rf"[{BAR}][^\s{re.escape(OPEN + CLOSE)}]{{1,64}}[{BAR}])[{re.escape(CLOSE)}]",
    re.IGNORECASE,
)
"""What some models write in square brackets: [INST], [/INST], [gMASK], [|user|], and
names of several words: [SYSTEM_PROMPT], [TOOL_CALLS], [UNUSED_TOKEN_145]."""
TILDED = re.compile(r"[\[\]](?=[!a-z]{0,2}~)[!~a-z]{2,3}[\[\]]")
"""Brackets with a tilde, by which a family of models opens and ends turns: ]~b]."""
LIKENESSES = str.maketrans(
    dict.fromkeys(LT, "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}")
    | dict.fromkeys(GT, "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}")
    | dict.fromkeys(OPEN, "\N{LEFT WHITE SQUARE BRACKET}")
    | dict.fromkeys(CLOSE, "\N{RIGHT WHITE SQUARE BRACKET}")
)
"""What stands for the brackets of such tokens: alike for people, not for tokenizers."""
HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Letters and marks that cannot be seen: a text can be spelt in them for machines."""


def fence_key(run: str, place: str, answer: str, digits: int = KEY) -> str:
    """A key that the answer does not hold and whose author could not foresee.

    The same answer at the same place in the same run has the same key, so that a
    judging that was cut off asks the same again.
    """
    number = 0
    while True:
        salt = f"{run}\0{place}\0{number}\0".encode()
        key = hashlib.sha256(salt + whole(answer).encode()).hexdigest()[:digits]
        if key not in answer:
            return key
        number += 1


def fenced(answer: str) -> str:
    """The answer as it is shown to a judge: defused, shortened, each line led by a
    bar."""
    shown = defused(all_seen(whole(answer).replace("\r\n", "\n")))
    if len(shown) <= LONGEST:
        return barred(shown)
    half = LONGEST // 2
    left_out = len(shown) - 2 * half
    return "\n".join(
        (
            barred(shown[:half]),
            f"({left_out} characters of the answer are left out here)",
            barred(shown[-half:]),
        )
    )


def all_seen(text: str) -> str:
    """The text with all that cannot be seen written out."""
    return HIDDEN.sub(lambda found: f"\\x{ord(found[0]):02x}", visible(text))


def barred(text: str) -> str:
    """The text with a bar before each line, however its lines are parted."""
    return "\n".join(f"| {line}" for line in text.splitlines())


def defused(text: str) -> str:
    """The text without any token that could open or end a turn.

    Angles become quotation marks of that shape, square brackets white ones; formulas
    stay readable.
    """
    for pattern in (TAG, NAMED, BARRED, TILDED):
        text = pattern.sub(lambda found: found[0].translate(LIKENESSES), text)
    return text
