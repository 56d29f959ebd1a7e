"""Decimal commas, as most of Europe writes them."""

import re

NUMBER = r"(?<![\d.,])(\d{1,9})(?:,|\{,\})(\d{1,12})(?!\d|[.,]\d|,\s?[.…])"
PAIR = r"[(\[{⦃|]\s?-?\d{1,9},-?\d{1,9}\s?[)\]}⦄|]"
"""Coordinates, intervals and sets of two."""
EITHER = re.compile(f"{PAIR}|{NUMBER}")
SIGN = r"\s{0,3}[-−]?\s?"
WORKED = re.compile(
    rf"(?:≈|\\approx|(?<=\d)\s?[·*×]){SIGN}{NUMBER}"
    rf"|(?<![A-Za-z_\d,])\d{{1,9}}(?:,\d{{1,9}})?[)}}]{{0,2}}\s{{0,3}}={SIGN}{NUMBER}"
)
"""What is rounded, equal to a number, or multiplied with one: no list is that."""
FINE = re.compile(
    r"(?<![\d.,])(?:\d{1,9},\d{4,12}|0,\d{1,3}\s?(?:%|°|€|[cmdk]?[mgNJWVAlL]|m?s|h|Hz|K|Ω"
    r"|k?Pa)(?![A-Za-z]))(?!\d|[.,]\d)"
)
"""Four digits behind the comma, or a unit behind such as 0,6 s."""
CENTS = re.compile(r"(?<![\d.,])\d{2,9},\d\d(?!\d|[.,]\d)")
MANY = 3
"""So many numbers with just two digits behind a comma are no lists either."""
POINT = re.compile(r"\d\.\d")


def with_points(text: str) -> str:
    """Decimal points for decimal commas, where a text is seen to use these.

    It is by results such as "49/25 = 1,96" or "≈ 0,187", by 1,0095 or 0,6 s, or by many
    numbers like 551,25; unless there is a decimal point. "k = -4,8" may be two numbers.
    Pairs in brackets stay, and so do groups of zeros: 275,000 is a thousandfold.
    """
    if POINT.search(text):
        return text
    seen = bool(FINE.search(text)) or any(map(is_decimal, WORKED.finditer(text)))
    seen = seen or len(set(CENTS.findall(text))) >= MANY
    return EITHER.sub(pointed, text) if seen else text


def is_decimal(match: re.Match[str]) -> bool:
    """Whether a comma between digits can only part a number's decimals."""
    whole, decimals = filter(None, match.groups())
    return len(decimals) != 3 or whole == "0"


def pointed(match: re.Match[str]) -> str:
    """A number with a point; a pair, or thousands, as they are."""
    whole, decimals = match[1], match[2]
    if decimals is None or (decimals == "000" and whole != "0"):
        return match[0]
    return f"{whole}.{decimals}"
