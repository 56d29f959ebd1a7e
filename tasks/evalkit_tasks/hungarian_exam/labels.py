"""Judging which of several named things were picked."""

import re
from dataclasses import dataclass
from typing import ClassVar

from evalkit.grading import plain
from evalkit_tasks.hungarian_exam.judge import Finding, Judge
from evalkit_tasks.hungarian_exam.prose import affirmed, without_remarks

ALL = re.compile(r"\b(?:all(?: of them| three)?|each of them|every one)\b", re.I)
NONE = re.compile(r"\bnone\b", re.I)


@dataclass(frozen=True, kw_only=True)
class LabelSet(Judge):
    """All the right labels and no other; what is said not to fit is not picked."""

    wanted: ClassVar[str] = "choice of functions"

    value: tuple[str, ...]
    of: tuple[str, ...]

    @property
    def target(self) -> str:
        return " and ".join(self.value)

    def look(self, passage: str, question: str) -> Finding | None:
        text = affirmed(without_remarks(plain(passage).replace("(x)", "")))
        labels = "".join(self.of)
        found = set(re.findall(rf"(?<![A-Za-z'])[{labels}](?![A-Za-z'])", text))
        if not found and ALL.search(text):
            found = set(self.of)
        if not found:
            return None if not NONE.search(text) else Finding("none", False, "")
        return Finding(", ".join(sorted(found)), found == set(self.value), "")
