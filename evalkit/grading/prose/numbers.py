"""Numbers as models write them: with separators, units, signs of money and percent."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from evalkit.grading.prose.expressions import MAX_CHARS, leading_form
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.values import UnreadableError, Value, constant
from evalkit.grading.reading import Reading
from evalkit.grading.spoken import TAIL, without_thinking

SCALES = MappingProxyType(
    {
        "thousand": Fraction(10**3),
        "million": Fraction(10**6),
        "billion": Fraction(10**9),
        "trillion": Fraction(10**12),
    }
)
HEDGE = re.compile(
    r"[\s~*_'\"≈{]*(?:(?:approximately|approx|about|around|roughly|exactly|only|just)"
    r"\b[.\s~≈]{0,8})?[€£¥]?"
)
UNIT = re.compile(
    r"[^\S\n]{0,3}((?:[A-Za-zµμΩ°%€£¥'.*/(){}\-]|[^\S\n](?! )|\^{?-?\d}?){0,60})"
)
UNKNOWNS = frozenset("eiknxyz")
"""Behind a number, such a letter makes it a term of an expression."""
NO_UNITS = frozenset(
    {"and", "or", "but", "so", "if", "when", "then", "is", "are", "was", "not"}
)
LINK = re.compile(r"[=≈]")
WORD = re.compile(r"[A-Za-z]{2,}")
MAX_WORDS = 4
"""In a name before an equals sign."""
WINDOW = 160
"""A number in running text is no longer, its unit included."""
START = re.compile(r"(?<![\w.,^])[-+]?(?:[\d√π⁄]|[.]\d)")
ROOTS = re.compile(r"[√⁄]*")
LAST = re.compile(r"(?:(?<![\w)\]}])[-−])?\$?(?:\d[\d.,]*(?:/\d+)?|(?<![\w.])\.\d+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and what is written behind it."""

    value: Value
    unit: str = ""
    written: str = ""
    """The number alone, in the plain notation."""

    @property
    def percent(self) -> bool:
        return self.unit.startswith("%") or self.unit.lower().startswith("percent")

    @property
    def scale(self) -> Fraction | None:
        """What a word such as million multiplies by, None without one."""
        first, _, _ = self.unit.lower().partition(" ")
        return SCALES.get(first)


def quantity(text: str) -> Quantity | None:
    """The number that a whole text states, None if it states anything else.

    "x = 5/6 ≈ 0.83" states 5/6: what follows "≈" repeats it less precisely.
    """
    if len(text) > MAX_CHARS:
        return None
    exact, _, rounded = plain(text).partition("≈")
    name, *links = exact.split("=")
    repeated = LINK.split(rounded) if rounded else []
    first = whole_quantity(name)
    stated = [whole_quantity(each) for each in (*links, *repeated)]
    if None in stated or (first is None and len(WORD.findall(name)) > MAX_WORDS):
        return None
    settled = [first, *stated[: len(links)]]
    return next(filter(None, (*reversed(settled), *stated)), None)


def whole_quantity(text: str) -> Quantity | None:
    """A number with nothing around it but a hedge before and a unit behind."""
    text = text.strip().rstrip(".,;*_ ")
    found = leading_quantity(text)
    if found is None or text[found[1] :].strip() or found[0].unit in UNKNOWNS:
        return None
    words = found[0].unit.split()
    return None if NO_UNITS.intersection(words) else found[0]


def leading_quantity(text: str) -> tuple[Quantity, int] | None:
    """The number that a plain text begins with, and where its unit ends."""
    hedge = HEDGE.match(text)
    start = hedge.end() if hedge else 0
    found = leading_form(text[start : start + MAX_CHARS])
    if found is None:
        return None
    try:
        value = constant(found[0])
    except UnreadableError:
        return None
    end = start + found[1]
    unit = UNIT.match(text, end)
    written = text[start:end].strip()
    if unit is None or unit[1].startswith(("^", "*", "/", "-")):
        return Quantity(value, "", written), end
    name = unit[1].translate({ord("{"): "", ord("}"): ""}).strip(" ().*")
    return Quantity(value, name, written), unit.end()


def mentions(text: str) -> Iterator[Quantity]:
    """Every number in a plain text, in order."""
    place = 0
    while match := START.search(text, place):
        found = leading_quantity(text[match.start() : match.start() + WINDOW])
        after = ROOTS.match(text, match.end())
        tried = after.end() if after else match.end()
        place = tried if found is None else match.start() + max(found[1], 1)
        if found is not None:
            yield found[0]


def number(text: str) -> Fraction | None:
    """The exact rational number that a text states, its unit left out.

    "2 million" is 2000000; a percent sign is a unit like others: "12%" is 12.
    """
    found = quantity(text)
    if found is None or isinstance(found.value, float):
        return None
    return found.value * (found.scale or Fraction(1))


def last_number(text: str) -> Reading | None:
    """The last number written in digits anywhere in a text."""
    start = max(0, len(text) - TAIL)
    found = deque(LAST.finditer(without_thinking(text), start), maxlen=1)
    if not found:
        return None
    written = found[0][0].rstrip(".,")
    place = found[0].start()
    return Reading(written, "last number", (place, place + len(written)))
