"""What judging an answer comes to, and why."""

from dataclasses import dataclass

from evalkit.grading.reading import Reading

GRADER = "4"
"""Raised with every change that can move a verdict; it is in every record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an answer equals the reference, and which rule decided it."""

    equal: bool
    rule: str
    """In a few words: "same number", "rounds to the reference", "other unit"."""
    reference: str
    """The reference as it was understood."""
    answer: str
    """The answer as it was understood."""
    undecided: bool = False
    """Whether deciding it would have taken more time or memory than is allowed; it
    does not count as equal then."""

    def __bool__(self) -> bool:
        return self.equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was read out of a response, and the verdict on it."""

    reading: Reading | None
    """None if the response states no answer."""
    verdict: Verdict | None
    """None if there was nothing to judge."""

    @property
    def equal(self) -> bool:
        return self.verdict is not None and self.verdict.equal

    @property
    def undecided(self) -> bool:
        return self.verdict is not None and self.verdict.undecided

    @property
    def why(self) -> str:
        """One line for people."""
        if self.reading is None or self.verdict is None:
            return "no answer found"
        return f"{self.verdict.rule}; read from: {self.reading.rule}"
