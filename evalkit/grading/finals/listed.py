"""Judging answers that list several things."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import (
    NEGATION,
    affirmed,
    givens,
    shown,
    without_reasons,
    without_remarks,
)
from evalkit.grading.finals.units import LENGTH, UNITS, Measure
from evalkit.grading.prose.expressions import linear_form
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.values import Value

NAMED = re.compile(r"(?<![\w)\-])[A-Za-z]\d{0,2}\s{0,3}(?:=|≈|∈)\s{0,3}⦃?\s{0,3}")
"""A name and what it equals; names such as x_1 are x by then, x1 is as it was."""
AND = re.compile(r"(?<=\d)\s{1,2}(?:und|és|et|y|en)\s{1,2}(?=[-\d])")
"""Between two numbers, in other languages."""
UNIT = re.compile(
    r"(?<=[\d)}])\s?(?!and\b|or\b)"
    r"(?:[%€Ωµ°]|[A-Za-z°Ωµ]{1,12}(?:/[a-z]{1,3}(?:\^\d)?)?)"
    r"(?=\s{0,3}(?:[,;.|=≈]|and\b|or\b|$))"
)
WORD = re.compile(r"[A-Za-z]+")
KEPT = MappingProxyType(
    {"and": "and", "or": "or", "again": "", "also": "", "at": "", "after": ""}
)
"""Words that may stand inside a list."""
MAX_ITEMS = 60
SEPARATOR = re.compile(r"[,;]|\band\b|\bor\b")
GROUP = re.compile(r"⦃([^⦃⦄]{1,300})⦄")
BRACES = re.compile(r"[{]([^{}]{1,300})[}]")
LETTERS = re.compile(
    r"(?<![\w'’])\w(?:\s{0,2}[,;]\s{0,2}\w(?!\w))*(?:\s{0,2},?\s{0,2}and\s{1,2}(?:also\s)?\w)?(?!\w)"
)
LONE = re.compile(
    r"(?:^|[=:]|\b(?:is|are|be|contains?|has|only|just|namely|elements?|letters?"
    r"|members?|answer)\b)"
    r"[\s({\[⦃\"'‘“]{0,6}(?P<letter>[^\W_])[\s)}\]⦄\"'’”.,;!]{0,8}$",
    re.IGNORECASE,
)
"""A letter by itself at the end of a text, or one that is all of it."""
ASSERTED = "§"
DECIMAL = re.compile(r"-?\d{1,9},\d{1,9}")
EXCLUDED = re.compile(
    r"(?:\b(?:for|with|provided|where|if|and)\s{1,3})?\b[a-z]\s{0,3}"
    r"(?:∉\s{0,3}[⦃{][^⦃⦄{}]{0,60}[⦄}]|≠\s{0,3}[-±]?\s?[^\s,;.]{1,20}(?:\s?(?:,|and|or)\s?-?\d{1,6}(?!\s?[=\w.])){0,4})"
)
"""What the name of the unknown must not equal."""
COEFFICIENTS = re.compile(
    r"\ba\s?=\s{0,3}\(?-?\s?[\d.,/]{1,12}\)?[,;\s]{1,4}(?:and\s)?"
    r"b\s?=\s{0,3}\(?-?\s?[\d.,/]{1,12}\)?[,;\s]{1,4}(?:and\s)?"
    r"c\s?=\s{0,3}\(?-?\s?[\d.,/]{1,12}(?<=\d)\)?"
)
"""What goes into the quadratic formula, not what comes out of it."""
RANGE = re.compile(r"(?<!lies )(?<!is )\bbetween\s(?:[a-z]\s?=\s?)?[-\d]")
LENGTHS = re.compile(rf"\b\d{{1,9}}(?:\.\d{{1,9}})?\s?{LENGTH.pattern}", LENGTH.flags)
"""Where something else than a length is wanted, these are not meant."""
NOTHING = re.compile(r"\bno (?:real )?(?:solutions?|roots?)\b", re.IGNORECASE)
QUOTED = re.compile(r"[\"'‘“](\w)[\"'’”]")
LEFT = re.compile(
    r"\b(?:so|thus|hence|therefore|leaving|leaves)\b[^.;]{0,300}\.?\s{0,3}$",
    re.IGNORECASE,
)
"""What remains of values of which some were turned down."""
ONLY = re.compile(r"\bonly\b[^.;]{0,300}", re.IGNORECASE)


def values(segment: str) -> list[Value] | None:
    """The numbers of "0.2; 1" or "3 ± 2", None if any item is none."""
    segment = unbracketed(segment)
    commas = ";" not in segment
    items = SEPARATOR.split(segment) if commas else re.split(r";|\band\b", segment)
    found: list[Value] = []
    if len(items) > MAX_ITEMS:
        return None
    for item in filter(None, map(bare, items)):
        for sign in ("+", "-") if "±" in item else ("",):
            form = linear_form(item.replace("±", sign).partition("=")[0], ())
            if form is None:
                return None
            found.append(form[""])
    return found or None


def unbracketed(segment: str) -> str:
    """A list without the brackets around all of it."""
    segment = bare(segment.strip(" ,;\"'"))
    inner = segment[1:-1]
    whole = segment[:1] + segment[-1:] in ("()", "[]") and not re.search(r"[()]", inner)
    return inner if whole else segment


def decimal_commas(text: str) -> str:
    """A plain text with points in "0,2 and 1" but not in "0,2,1" or "0, 2"."""
    pieces = re.split(r"([,;]\s|\sand\s|\sor\s)", text)
    single = all(each.count(",") < 2 or len(each) < 3 for each in pieces)
    if not single or not (len(pieces) > 1 or re.search(r"(?<!\d)0,\d", text)):
        return text
    return DECIMAL.sub(lambda match: match[0].replace(",", "."), text)


def bare(item: str) -> str:
    """An item of a list without the brackets of the list."""
    item = item.strip().rstrip(" .")
    paired = item.count("{") == item.count("}")
    return item if paired else item.strip(" {}")


def segments(text: str) -> Iterator[str]:
    """Parts of a plain text between words, where a list of numbers may stand."""
    text = NAMED.sub(ASSERTED, UNIT.sub("", text))
    kept = WORD.sub(lambda m: KEPT.get(m[0], "|"), text)
    yield from re.split(r"[|=≈∈:\n…⦃⦄⇒→]|\.(?=\s|$)|\.\.\.", kept)


def number_lists(text: str) -> Iterator[list[Value]]:
    """The lists of numbers in a plain text, in order."""
    for segment in segments(text):
        found = values(segment.replace(ASSERTED, " ").strip(" ,;"))
        if found is not None:
            yield found


def spelled(found: Sequence[Value]) -> str:
    return ", ".join(shown(each) for each in found)


def differing(one: Sequence[Value], other: Sequence[float], slack: float) -> int:
    """How many numbers only one of two lists holds, whatever their order."""
    missing = list(other)
    extra = 0
    for number in {float(each) for each in one}:
        near = [each for each in missing if abs(each - number) <= slack + 1e-9]
        if near:
            missing.remove(near[0])
        else:
            extra += 1
    return extra + len(missing)


@dataclass(frozen=True, kw_only=True)
class LetterSet(Final):
    """A set whose elements are letters."""

    wanted: ClassVar[str] = "set"
    counted: ClassVar[bool] = True
    alternatives: ClassVar[bool] = True

    value: tuple[str, ...]

    @property
    def target(self) -> str:
        return ", ".join(self.value)

    def look(self, passage: str, question: str) -> Finding | None:
        text = without_reasons(QUOTED.sub(r"\1", plain(passage)))
        groups = GROUP.findall(text) or BRACES.findall(text)
        lists = [each for each in groups if LETTERS.fullmatch(each.strip())]
        lists = lists or [each[0] for each in LETTERS.finditer(text)]
        several = [each for each in lists if SEPARATOR.search(each)]
        lists = several or self.lone(text)
        if not lists:
            return None
        items = SEPARATOR.split(lists[-1].replace("also ", ""))
        found = {each.strip() for each in items if each.strip()}
        faults = len(found ^ set(self.value))
        return Finding(", ".join(sorted(found)), not faults, "", faults=faults)

    def lone(self, text: str) -> list[str]:
        """The one letter that a text may state where the set has no more than one.

        Elsewhere a letter by itself is the name of something, or a word.
        """
        if len(self.value) > 1:
            return []
        braces = [each.strip() for each in GROUP.findall(text) or BRACES.findall(text)]
        found = [each for each in braces if LETTERS.fullmatch(each)]
        last = LONE.search(text.strip())
        return found or ([last["letter"]] if last else [])


@dataclass(frozen=True, kw_only=True)
class IntegerList(Final):
    """All integers of some kind, each written out."""

    wanted: ClassVar[str] = "list of integers"
    counted: ClassVar[bool] = True

    value: tuple[int, ...]

    @property
    def target(self) -> str:
        return ", ".join(str(each) for each in self.value)

    def look(self, passage: str, question: str) -> Finding | None:
        if len(self.value) < 2:  # nothing but what is said tells a number from a list
            return NumberSet(value=self.value).look(passage, question)
        lists = number_lists(without_remarks(plain(passage)))
        long = [each for each in lists if len(each) > 1]
        if not long:
            return None
        faults = len(
            {float(each) for each in long[-1]} ^ {float(v) for v in self.value}
        )
        return Finding(spelled(long[-1]), not faults, "", faults=faults)


@dataclass(frozen=True, kw_only=True)
class NumberSet(Final):
    """Exactly these numbers: a root that was tried and dropped is not among them."""

    wanted: ClassVar[str] = "set of numbers"
    counted: ClassVar[bool] = True

    value: tuple[float, ...]
    tol_abs: float = 0.0
    unit: str = ""

    @property
    def target(self) -> str:
        return ", ".join(f"{each:g}" for each in self.value)

    def look(self, passage: str, question: str) -> Finding | None:
        text = AND.sub(" and ", without_remarks(plain(passage)))
        text = EXCLUDED.sub(", ", without_reasons(text))
        text = decimal_commas(COEFFICIENTS.sub(" ", text))
        if self.unit and not isinstance(UNITS.get(self.unit), Measure):
            text = LENGTHS.sub(" ", text)
        only = ONLY.search(text)
        found = only and named(affirmed(only[0]))
        left = LEFT.search(text)
        if not found and left and NEGATION.search(passage):
            found = named(affirmed(left[0]))
        text = affirmed(text)
        found = found or named(text) or unnamed(text, question)
        if not found and NOTHING.search(passage):
            return Finding("no solution", not self.value, "")
        if RANGE.search(text) or not found:
            return None
        faults = differing(found, self.value, self.tol_abs)
        return Finding(spelled(found), not faults, "", faults=faults)


def named(text: str) -> list[Value]:
    """All values of "x = 2 or x = 3"; nothing if one of them cannot be read."""
    parts = [each.partition(ASSERTED)[2] for each in segments(text) if ASSERTED in each]
    lists = [values(each.replace(ASSERTED, " ").strip(" ,;")) for each in parts]
    return [] if None in lists else [value for each in lists for value in each or ()]


def unnamed(text: str, question: str) -> list[Value]:
    """The only list of numbers in a text that does not just repeat the question."""
    if re.search(r"[=≈]", text):
        return []
    lists = list(number_lists(text))
    if len(lists) > 1:
        known = givens(question)
        lists = [each for each in lists if not known.issuperset(each)]
    return lists[0] if len(lists) == 1 else []
