"""Cells that a spreadsheet must take for text: an apostrophe before what it would not.

A formula computes; a number or a date is written anew as the spreadsheet likes it, so
that `35.392 %` comes back as 35.39%, `1/2` as 1 February and `007` as 7.
"""

import re

STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "'")
"""What a spreadsheet would take for the start of a formula, and our guard itself."""
WORD = re.compile(r"[^\W\d_]+")
VALUE = re.compile(
    r"(?=\D*\d)[\d\s.,/:;%‰'’()+\-–−]*+[$€£¥₩₹₽¢]?[\d\s.,/:;%‰'’()+\-–−]*+"
)
"""A number, date or time as any country writes it, but for its words."""
LETTERS = frozenset(
    ("e", "a", "p", "am", "pm", "t", "z", "ft", "kr", "zł", "kč", "年", "月", "日")
)
"""Short words of such: exponents, halves of the day, currencies."""
TRUTHS = frozenset(
    (
        "true",
        "false",
        "igaz",
        "hamis",
        "wahr",
        "falsch",
        "vrai",
        "faux",
        "vero",
        "falso",
    )
)


def without_formula(text: str) -> str:
    """A text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(STARTS) else text


def guarded(text: str) -> str:
    """A text that a spreadsheet keeps as it is; `unguarded` undoes it."""
    return f"'{text}" if changes(text) else text


def unguarded(text: str) -> str:
    """What `guarded` or `without_formula` was given."""
    rest = text.removeprefix("'")
    return rest if changes(rest) else text


def changes(text: str) -> bool:
    """Whether a spreadsheet may take a text for anything else."""
    return text.startswith(STARTS) or is_value(text)


def is_value(text: str) -> bool:
    """Whether a text looks like a number, a date or a truth.

    The name of a month or a day may be any word: every language has its own.
    """
    if text.strip().casefold() in TRUTHS:
        return True
    if "\n" in text.strip():
        return False
    words = [word.casefold() for word in WORD.findall(text)]
    long = [word for word in words if word not in LETTERS]
    if len(long) > 2 or any(len(word) < 3 for word in long):
        return False
    return VALUE.fullmatch(WORD.sub("", text)) is not None
