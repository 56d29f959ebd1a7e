"""Telling a secret from the words that people put where one is asked for."""

import re

PRINTED = re.compile(r"[!-~]+")
SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
PLACE = re.compile(r"[~.]{0,2}/|[A-Za-z]:\\|.*://", re.DOTALL)
"""How a value begins that says where something is."""
LONG = 20
"""Characters of a key that somebody has issued, at least."""
LONGEST_WORD = 12
"""Letters of a word that a person would write."""
PIECE, SHORT_PIECE = 6, 8
"""Characters in a row that give a long or a short secret away."""


def least_of(value: str) -> int:
    """How many characters in a row give a value away; 0 if it is no secret.

    Servers that want no key are given one all the same: ``1``, ``EMPTY``, ``none``,
    ``sk-no-key-required``. To hide these would only spoil what is told. Words of a
    longer phrase are common ones, so that only much of it in a row counts.
    """
    if not PRINTED.fullmatch(value) or PLACE.match(value):
        return 0
    if len(set(value.lower())) < PIECE:
        return 0
    if is_wordy(value):
        return max(SHORT_PIECE, len(value) // 2) if len(value) >= LONG else 0
    if len(value) >= LONG:
        return PIECE
    digits = sum(map(str.isdigit, value))
    is_mixed = digits >= 3 and any(map(str.isalpha, value))
    return SHORT_PIECE if is_mixed and len(value) >= SHORT_PIECE else 0


def is_wordy(value: str) -> bool:
    """Whether a value is made of words, or is a number, and not drawn at random."""
    words = [each for each in SEPARATORS.split(value) if each]
    if len(words) == 1 and words[0].isdigit():
        return True
    return all(each.isalpha() and len(each) <= LONGEST_WORD for each in words)
