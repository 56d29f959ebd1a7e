"""Numbers in digits: separators, repeating decimals, exponents, other bases."""

import re
from fractions import Fraction

from evalkit.grading.maths.limits import MAX_DIGITS, MAX_EXPONENT
from evalkit.grading.maths.tables import BASES
from evalkit.grading.maths.tokens import Token, UnreadableError

NUMBER = (
    r"(?P<continental>\d{1,3}(?:\.\d{3})+,\d+(?![\d,])|\d{1,3}(?:\.\d{3}){2,}(?![\d.]))"
    r"|(?P<number>(?:[1-9]\d{0,2}(?:SEPARATOR\d{3})+(?!\d)|\d+)"
    r"(?:\{?\.\}?\d+|\.(?=\\overline|\\bar|\\dot))?|\.\d+)"
    r"(?P<repeat>\\(?:overline|bar|dot)\s?(?:\{\d{1,40}\}|\d))?"
    r"(?P<ellipsis>(?:\.\.\.|\\[lc]?dots|…)(?!\s?,))?"
    r"(?P<exponent>[eE][+-]?\d{1,6}(?![\w.]))?"
)
SEPARATOR = r"\s?\{\s?,\s?\}(?:\\!)?\s?|,\\!\s?|\\,|\\!|\\;|\\ |~| |'"
UNGROUPED = NUMBER.replace("SEPARATOR", f"(?:{SEPARATOR})")
GROUPED = NUMBER.replace("SEPARATOR", f"(?:,|{SEPARATOR})")
BASED = re.compile(
    r"\s?_\s?(?:\{\s?(?:\\text\s?\{)?\s?(\d{1,2}|[a-z]{3,9})\s?\}{1,2}|(\d{1,2}))"
)
DIGITS = re.compile(r"[^\d.]")


def number(match: re.Match[str], text: str, spaced: bool) -> tuple[Token, int]:
    """A number, with the base that stands behind it, and where it ends."""
    written = match["number"]
    if written is None:
        whole, _, part = match["continental"].partition(",")
        written = whole.replace(".", "") + ("." + part if part else "")
    plain = DIGITS.sub("", written) if not written.isdigit() else written
    if len(plain) > MAX_DIGITS:
        raise UnreadableError("too many digits")
    base = BASED.match(text, match.end())
    if base and not match["exponent"]:
        radix = base[1] or base[2]
        radix_value = int(radix) if radix.isdigit() else BASES.get(radix, 0)
        return based(plain, radix_value, spaced), base.end()
    whole, _, part = plain.partition(".")
    value = Fraction(plain.rstrip(".") or "0")
    repeat = match["repeat"]
    if repeat:
        value = repeating(whole, part, DIGITS.sub("", repeat))
    elif match["ellipsis"] and part:
        value = endless(whole, part, value)
    if match["exponent"]:
        exponent = int(match["exponent"][1:])
        if abs(exponent) > MAX_EXPONENT:
            raise UnreadableError("exponent too large")
        value *= Fraction(10) ** exponent
    significant = len((whole + part).lstrip("0"))
    decimal = bool(part) and not repeat and not match["ellipsis"]
    token = Token("number", plain, spaced, value, len(part), significant, decimal)
    return token, match.end()


def repeating(whole: str, part: str, period: str) -> Fraction:
    """0.1(6): the period goes on for ever."""
    scale = 10 ** len(part)
    fixed = Fraction(int(whole + part or "0"), scale)
    return fixed + Fraction(int(period), (10 ** len(period) - 1) * scale)


def endless(whole: str, part: str, value: Fraction) -> Fraction:
    """0.333...: a last digit that is written three times goes on for ever."""
    if len(part) >= 3 and len(set(part[-3:])) == 1:
        fixed = part.rstrip(part[-1])
        return repeating(whole, fixed, part[-1])
    return value


def based(digits: str, base: int, spaced: bool) -> Token:
    """A numeral in another base; its value is exact."""
    whole, _, part = digits.partition(".")
    if not 2 <= base <= 36 or any(int(each) >= base for each in whole + part):
        raise UnreadableError("no such numeral")
    value = Fraction(int(whole + part or "0", base), base ** len(part))
    return Token("based", f"{digits}_{base}", spaced, value, digits=base)
