"""What all types of final answers have in common."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from evalkit.grading.finals.prose import CUE, closing
from evalkit.grading.reading import final_answer

ALTERNATIVE = re.compile(r"\b(?:or|alternatively)\b", re.IGNORECASE)
MAX_ALTERNATIVES = 8
CONCLUSION = 20
"""Characters of a sentence by which its place is found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was made of a response."""

    read: str | None
    """The answer that was found, None if there was none."""
    right: bool
    why: str
    faults: int | None = None
    """For sets, lists and graphs: how many elements are missing or too many."""
    aspects: tuple[tuple[str, float], ...] = ()
    """Parts of an answer with points of their own: which share of each is right."""

    def read_from(self, place: str) -> "Finding":
        """The same, saying where the answer was read."""
        return replace(self, why=f"read from: {place}{self.why and f'; {self.why}'}")


class Final(ABC):
    """Knows a question's reference answer and one type of answers.

    A subclass is a frozen dataclass whose fields are the `answer` of a question.
    """

    wanted: ClassVar[str]
    """What it looks for, in words."""
    alternatives: ClassVar[bool] = False
    """Whether "or" can only part answers that exclude each other."""
    counted: ClassVar[bool] = False
    """Whether elements that are missing or too many are counted."""

    @property
    @abstractmethod
    def target(self) -> str:
        """The reference answer, written as a model might."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the aspects that its findings may tell apart."""
        return ()

    @abstractmethod
    def look(self, passage: str, question: str) -> Finding | None:
        """Judge the answer that a passage gives, None if it gives none."""

    def is_full(self, passage: str) -> bool:
        """Whether a passage gives a number with the unit that the answer has."""
        return False

    def settle(self, passage: str, question: str) -> Finding | None:
        """Judge a passage; an answer that another one stands beside is not right."""
        found = self.look(passage, question)
        if found is None or not (found.right and self.alternatives):
            return found
        for each in ALTERNATIVE.split(passage)[:MAX_ALTERNATIVES]:
            other = self.look(each, question)
            if other is not None and not other.right:
                return Finding(found.read, False, "offers more than one answer")
        return found

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        """Judge a response by its marked final answer, or else by how it ends.

        A response that was cut off ends where no answer was meant to stand: only
        what it states as its answer counts then.
        """
        stated = final_answer(response)
        if stated is not None and stated.marked:
            found = self.settle(stated.text, question)
            if found is None:
                why = f"the {stated.rule} holds no {self.wanted}"
                return Finding(stated.text, False, why)
            return found.read_from(stated.rule)
        weak = [] if stated is None else [stated.text]
        ending = closing(response, question, self.is_full) if finished else []
        if stated is not None and ending and CUE.match(ending[0]):
            # What is concluded at the end outweighs an answer stated on the way.
            concluded = response.rfind(ending[0][-CONCLUSION:])
            if concluded > stated.span[1]:
                weak, ending = ending[:1], [*weak, *ending[1:]]
        for passage in (*weak, *ending):
            found = self.settle(passage, question)
            if found is not None:
                return found.read_from("how the response ends")
        where = "where the response ends" if finished else "before it was cut off"
        return Finding(None, False, f"found no {self.wanted} {where}")
