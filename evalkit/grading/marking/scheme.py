"""Marking an answer step by step, by a scheme that is data.

A step earns its points if its check holds; or, where nothing has to be shown for it,
with a right final answer. Nobody reads proofs here: a step without a check earns
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.grading.finals.final import Final
from evalkit.grading.marking.checks import Check, Evidence
from evalkit.grading.marking.paper import Paper
from evalkit.grading.prose.commas import with_points
from evalkit.types import EMPTY, UNCHECKED, Mark

HALF = 0.5
"""Points are given in halves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeStep:
    """A step of a rubric with what must be found for its points."""

    points: float
    step: str
    check: Check | None = None
    needs: tuple[int, ...] = ()
    """Numbers, from 1, of steps without which this one earns nothing."""
    implied: bool = True
    """Whether a right final answer shows it too."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer with its points."""

    points: float
    marks: tuple[Mark, ...]
    read: str | None
    """The final answer that was found."""
    why: str
    """Where that was read, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What earns the points of one question."""

    steps: tuple[SchemeStep, ...]
    final: Final

    @property
    def unchecked(self) -> float:
        """Points that only a judge or a person can give."""
        return sum(each.points for each in self.steps if each.check is None)

    def mark(self, question: str, response: str, *, finished: bool = True) -> Marked:
        """Mark a response; `finished` says that it was not cut off for want of tokens.

        Never more than the question's points; each step's in halves.
        """
        response = with_points(response)
        finding = self.final.judge(question, response, finished=finished)
        paper = Paper(question, response, finding)
        marks: list[Mark] = []
        for step in self.steps:
            marks.append(mark_of(step, marks, paper))
        total = sum(each.points for each in marks)
        return Marked(total, tuple(marks), finding.read, finding.why)


def mark_of(step: SchemeStep, earlier: Sequence[Mark], paper: Paper) -> Mark:
    """What a step earns, after those before it."""
    if step.check is None:
        why = UNCHECKED if paper.says else EMPTY
        return Mark(step=step.step, worth=step.points, points=0.0, why=why)
    found = step.check.look(paper)
    whole = found is not None and found.share >= 1.0
    if not whole and step.implied and paper.finding.right:
        found = Evidence("given with the right final answer")
    lacking = [n for n in step.needs if earlier[n - 1].points <= 0]
    if found is not None and lacking:
        without = " and ".join(map(str, lacking))
        found = Evidence(f"{found.why}; but nothing was earned for step {without}", 0.0)
    points = 0.0 if found is None else halves(step.points * found.share)
    why = "not found" if found is None else found.why
    return Mark(step=step.step, worth=step.points, points=points, why=why)


def halves(points: float) -> float:
    """Points rounded down to halves."""
    return int(points / HALF + 1e-9) * HALF
