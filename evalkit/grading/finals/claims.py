"""Judging verdicts on claims, each with an example that bears it out."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import gcd
from types import MappingProxyType
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import ENDING
from evalkit.grading.prose.notation import plain
from evalkit.grading.spoken import without_thinking

LABEL = re.compile(
    r"(?:\b(?P<counted>(?i:first|second|third))\s(?i:claim|statement|assertion)\b"
    r"|\b(?i:claim|statement|assertion|proposition|part)\b[ *_]{0,4}\(?"
    r"(?P<named>I{1,3}|[123])\b"
    r"|^[ #>*_(-]{0,8}(?P<heading>I{1,3})[).:*_ -]{1,6}(?=\S)"
    r"|(?<![\w'’])\(?(?P<inline>I{1,3})(?:\)|:|\s{0,2}[-=|]|\s(?=is\b|holds\b|does\b)))",
    re.MULTILINE,
)
NUMBERED = re.compile(r"^[ #>*_(-]{0,8}(?P<heading>[123])[).:]", re.MULTILINE)
ROMAN = MappingProxyType(
    {
        **{"1": "I", "2": "II", "3": "III"},
        **{"first": "I", "second": "II", "third": "III"},
    }
)
DENIED = re.compile(
    r"\b(?:false|incorrect|wrong|untrue|fails?)\b"
    r"|(?:\bnot|n['’]t)\s{1,2}(?:always\s|necessarily\s)?(?:true|hold|correct|valid)\b",
    re.IGNORECASE,
)
AFFIRMED = re.compile(r"\b(?:true|holds?|correct|valid)\b", re.IGNORECASE)


class Witness(ABC):
    """An example that proves a claim or refutes it."""

    @abstractmethod
    def trials(self, text: str) -> list[bool]:
        """For each example that a text names, whether it is one."""


class FourDivisors(Witness):
    """A positive integer with exactly four divisors."""

    COUNT: ClassVar[re.Pattern[str]] = re.compile(
        r"\b4\s(?=(?:\w{1,12}\s){0,2}(?:divisors|factors)\b)", re.IGNORECASE
    )
    NAMED: ClassVar[re.Pattern[str]] = re.compile(
        r"\b(\d{1,6})\b\s(?:only\s)?(?:has|have)\b"
        r"|\b(?:divisors|factors)\sof\s(?:the\s\w{1,8}\s)?(\d{1,6})\b"
        r"|\bdivides?\s(\d{1,6})\b|[*^]\s?\d{1,5}\s?=\s?(\d{1,6})\b"
        r"|(?:\be\.g\.|\b(?:example|instance|as|witness|integer|number|take|consider"
        r"|namely|like|is|with|for)\b|\bn\s?=)[^\d\n]{0,12}\b(\d{1,6})\b",
        re.IGNORECASE,
    )

    def trials(self, text: str) -> list[bool]:
        text = self.COUNT.sub("four ", text)
        named = [each[each.lastindex or 0] for each in self.NAMED.finditer(text)]
        first = re.search(r"\b\d{1,6}\b", text)
        if not named and first:
            named = [first[0]]
        return [self.proves(int(each)) for each in named]

    def proves(self, n: int) -> bool:
        return sum(n % each == 0 for each in range(1, n + 1)) == 4


class SharedFactor(Witness):
    """Integers n and m with a common factor, although n does not divide m."""

    ORDERED: ClassVar[re.Pattern[str]] = re.compile(
        r"\bn\s?=\s?(?P<n1>\d{1,6})\b\D{1,24}\bm\s?=\s?(?P<m1>\d{1,6})\b"
        r"|\bm\s?=\s?(?P<m2>\d{1,6})\b\D{1,24}\bn\s?=\s?(?P<n2>\d{1,6})\b"
        r"|\b(?P<n3>\d{1,6})\s{0,2}(?:(?:does not|doesn['’]t|cannot|can['’]t)\sdivide"
        r"|∤|is\snot\sa\s(?:divisor|factor)\sof)\s{0,2}(?P<m3>\d{1,6})\b"
    )
    PAIRED: ClassVar[re.Pattern[str]] = re.compile(
        r"\b(\d{1,6})\s{0,2}(?:,|;|and|&)\s{0,2}(?:m\s?=\s?)?(\d{1,6})\b"
    )

    def trials(self, text: str) -> list[bool]:
        ordered: list[tuple[int, int]] = []
        for match in self.ORDERED.finditer(text):
            names = {name[0]: int(n) for name, n in match.groupdict().items() if n}
            ordered.append((names["n"], names["m"]))
        if ordered:
            return [self.proves(n, m) for n, m in ordered]
        pairs = [(int(each[1]), int(each[2])) for each in self.PAIRED.finditer(text)]
        return [self.proves(n, m) or self.proves(m, n) for n, m in pairs]

    def proves(self, n: int, m: int) -> bool:
        return n > 0 and m % n != 0 and gcd(n, m) > 1


WITNESSES = MappingProxyType[str, Witness](
    {"four_divisors": FourDivisors(), "shared_factor": SharedFactor()}
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is to be said of one claim."""

    holds: bool
    witness: str
    """Name of the kind of example that settles it."""
    example: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Claims(Final):
    """Each claim must be given its verdict and an example that settles it."""

    wanted: ClassVar[str] = "verdict on each claim"

    claims: Mapping[str, Claim]

    @property
    def target(self) -> str:
        return " ".join(
            f"Claim {label} is {str(claim.holds).lower()} "
            f"({' and '.join(map(str, claim.example))})."
            for label, claim in self.claims.items()
        )

    @property
    def parts(self) -> tuple[str, ...]:
        return (*self.claims, *(f"{label} example" for label in self.claims))

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        """Judge all that is said of each claim: the reasons may stand anywhere."""
        passage = without_thinking(response)[-ENDING:]
        none = Finding(None, False, f"found no {self.wanted}")
        return self.look(passage, question) or none

    def look(self, passage: str, question: str) -> Finding | None:
        text = plain(passage)
        said = {label: list(about(label, text)) for label in self.claims}
        if len(said) == 1 and not labels(text):  # there is no other to be told from
            said = {label: [text] for label in said}
        verdicts = {label: verdict(each) for label, each in said.items()}
        known = {label: each for label, each in verdicts.items() if each is not None}
        if not known:
            return None
        read = ", ".join(f"{label} {str(known[label]).lower()}" for label in known)
        faults: list[str] = []
        aspects: list[tuple[str, float]] = []
        for label, claim in self.claims.items():
            told = verdicts[label] == claim.holds
            shown = told and exemplified(claim, said[label], before_all(text))
            aspects += (label, float(told)), (f"{label} example", float(shown))
            if not told:
                faults.append(f"no right verdict on claim {label}")
            elif not shown:
                faults.append(f"no valid example for claim {label}")
        return Finding(read, not faults, "; ".join(faults), aspects=tuple(aspects))


def exemplified(claim: Claim, said: list[str], before: str) -> bool:
    """Whether a valid example stands with a claim, or else before all of them."""
    witness = WITNESSES[claim.witness]
    trials = [trial for each in said for trial in witness.trials(each)]
    return any(trials or witness.trials(before))


def labels(text: str) -> list[re.Match[str]]:
    """Where claims are named."""
    return list(LABEL.finditer(text)) or list(NUMBERED.finditer(text))


def before_all(text: str) -> str:
    """What is said before any claim is named."""
    named = labels(text)
    return text[: named[0].start()] if named else text


def about(label: str, text: str) -> Iterator[str]:
    """What a text says of the claim with a label, in all places."""
    matches = labels(text)
    starts = [each.start() for each in matches] + [len(text)]
    for match, end in zip(matches, starts[1:], strict=True):
        name = next(filter(None, match.groups()))
        if ROMAN.get(name.lower(), name) == label:
            yield text[match.end() : end]


def verdict(said: list[str]) -> bool | None:
    """Whether a claim was said to hold, by the last words on it that say so."""
    for text in reversed(said):
        denied, affirmed = DENIED.search(text), AFFIRMED.search(text)
        if denied and (affirmed is None or denied.start() <= affirmed.start()):
            return False
        if affirmed:
            return True
    return None
