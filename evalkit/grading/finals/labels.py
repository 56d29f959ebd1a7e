"""Judging which of several named things were picked."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import affirmed, without_remarks
from evalkit.grading.prose.notation import plain

ALL = re.compile(r"\b(?:all(?: of them| three)?|each of them|every one)\b", re.I)
FEW = re.compile(
    r"\b(?:(?:only|just|exactly|has)\s(?:a\s)?(?:one|single|1)|a\ssingle"
    r"|vanish(?:es)?\sonly|zero\sonly|only\s(?:the\s|its\s)?(?:zero|root|solution))\b",
    re.I,
)
"""Said of a label, it denies that there are several of something."""
ADDED = re.compile(r"\b(?:also|too|even|as well)\b", re.I)
NONE = re.compile(r"\bnone\b", re.I)


@dataclass(frozen=True, kw_only=True)
class LabelSet(Final):
    """All the right labels and no other; what is said not to fit is not picked."""

    wanted: ClassVar[str] = "choice of functions"
    counted: ClassVar[bool] = True

    value: tuple[str, ...]
    of: tuple[str, ...]

    @property
    def target(self) -> str:
        return " and ".join(self.value)

    @property
    def parts(self) -> tuple[str, ...]:
        return self.value

    def look(self, passage: str, question: str) -> Finding | None:
        said = without_remarks(plain(passage).replace("(x)", ""))
        clauses = re.split(r"(?<=[,;.])", affirmed(said))
        text = "".join(each for each in clauses if not FEW.search(each))
        found = self.picked(text)
        if not found and ALL.search(text):
            found = set(self.of)
        if not found:
            return None if not NONE.search(said) else Finding("none", False, "")
        faults = len(found ^ set(self.value))
        return Finding(
            ", ".join(sorted(found)),
            not faults,
            "",
            faults=faults,
            aspects=self.aspects(found),
        )

    def aspects(self, found: set[str]) -> tuple[tuple[str, float], ...]:
        """Each right label that was picked; one too many takes one of them away."""
        picked = [each for each in self.value if each in found]
        kept = picked[: max(0, len(picked) - len(found - set(self.value)))]
        return tuple((each, float(each in kept)) for each in self.value)

    def picked(self, text: str) -> set[str]:
        """The labels of a text; what follows a list of several is a comment on it."""
        label = re.compile(rf"(?<![A-Za-z'])[{''.join(self.of)}](?![A-Za-z'])")
        clauses = [each for each in re.split(r"[;.]", text) if label.search(each)]
        first = set(label.findall(clauses[0])) if clauses else set[str]()
        if len(first) > 1 and not ADDED.search(text):
            return first
        return {name for each in clauses for name in label.findall(each)}
