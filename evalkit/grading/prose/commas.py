"""Decimal commas, as most of Europe writes them."""

import re

NUMBER = r"(?<![\d.,])(\d{1,9})(?:,|\{,\})(\d{1,12})(?!\d|[.,]\d)"
PAIR = r"[(\[{⦃|]\s?-?\d{1,9},-?\d{1,9}\s?[)\]}⦄|]"
"""Coordinates, intervals and sets of two."""
EITHER = re.compile(f"{PAIR}|{NUMBER}")
RESULT = re.compile(r"(?:[=≈]|\\approx)\s{0,3}[-−]?\s?" + NUMBER)
POINT = re.compile(r"\d\.\d")


def with_points(text: str) -> str:
    """Decimal points for decimal commas, where a text is seen to use these.

    It does if it gives a result such as "= 2,5" or "≈ 0,187" and has no decimal point.
    Pairs in brackets stay, and so do groups of zeros: 275,000 is a thousandfold.
    """
    if POINT.search(text) or not any(map(is_decimal, RESULT.finditer(text))):
        return text
    return EITHER.sub(pointed, text)


def is_decimal(match: re.Match[str]) -> bool:
    """Whether a comma between digits can only part a number's decimals."""
    return len(match[2]) != 3 or match[1] == "0"


def pointed(match: re.Match[str]) -> str:
    """A number with a point; a pair, or thousands, as they are."""
    whole, decimals = match[1], match[2]
    if decimals is None or (decimals == "000" and whole != "0"):
        return match[0]
    return f"{whole}.{decimals}"
