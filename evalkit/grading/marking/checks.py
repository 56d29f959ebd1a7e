"""What can be checked of a response, a small class each: is it there, and where.

A check's fields are the JSON of a scheme; docs/marking.md describes them for people.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from evalkit.grading.marking.equations import Equation, Roots, same_function
from evalkit.grading.marking.floats import real_value, value_at
from evalkit.grading.marking.paper import Paper, Value
from evalkit.grading.marking.phrases import Phrase
from evalkit.grading.maths.nodes import Node, names, walk

INEXACT = 0.003
"""Of a number that has no short decimal: how far rounding on the way may lead."""
EXACT = 1e-9
MAX_CANDIDATES = 12
"""Values that an answer may have given for one earlier step."""
MAX_TRIALS = 2000
TELLING = 3
"""A whole number with so many digits does not stand there by accident."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a check holds, and which part of its points that is worth."""

    why: str
    share: float = 1.0


class Check(ABC):
    """Something that a response must contain."""

    @abstractmethod
    def look(self, paper: Paper) -> Evidence | None:
        """What bears it out, None if nothing does."""


def slack(target: float) -> float:
    """How far from a value still counts as it.

    Whole numbers and those with up to two decimals must be met; others may have
    been rounded.
    """
    hundredfold = target * 100
    if abs(hundredfold - round(hundredfold)) < EXACT * max(1.0, abs(hundredfold)):
        return EXACT * max(1.0, abs(target))
    return INEXACT * abs(target)


@dataclass(frozen=True, slots=True)
class Reached(Check):
    """A value is stated, or a calculation is written out that comes to it."""

    targets: tuple[float, ...]
    within: float | None = None
    worked: bool = False
    stated: bool = False
    using: tuple[float, ...] = ()
    """Numbers that the calculation must contain."""
    whole: bool = False
    """Whether a part of a longer calculation is not enough."""

    def look(self, paper: Paper) -> Evidence | None:
        best: Value | None = None
        for each in paper.values:
            if self.fits(each) and (best is None or each.worked > best.worked):
                best = each
        return None if best is None else Evidence(f"found: {paper.quote(best.place)}")

    def fits(self, value: Value) -> bool:
        if (self.worked and not value.worked) or (self.stated and value.worked):
            return False
        if self.whole and not value.whole:
            return False
        if not (value.kept or self.worked) or not value.parts.issuperset(self.using):
            return False
        return any(
            abs(value.number - t) <= (slack(t) if self.within is None else self.within)
            for t in self.targets
        )


@dataclass(frozen=True, slots=True)
class Equates(Check):
    """An equation with the same meaning as one of these."""

    equations: tuple[Equation, ...]

    def look(self, paper: Paper) -> Evidence | None:
        for one, other, place in paper.equations:
            if any(each.same(one, other) for each in self.equations):
                return Evidence(f"found: {paper.quote(place)}")
        return None


@dataclass(frozen=True, slots=True)
class Solves(Check):
    """An equation that has just these solutions."""

    roots: Roots

    def look(self, paper: Paper) -> Evidence | None:
        for one, other, place in paper.equations:
            if self.roots.solve(one, other):
                return Evidence(f"found: {paper.quote(place)}")
        return None


@dataclass(frozen=True, slots=True)
class Contains(Check):
    """An expression that is the same function as one of these."""

    terms: tuple[Node, ...]
    renamed: bool = False
    """Whether a single unknown may have any name."""
    part: bool = False
    """Whether a part of an expression will do."""
    side: bool = False
    """Whether it must be said to equal something."""

    def look(self, paper: Paper) -> Evidence | None:
        for place, statement in enumerate(paper.statements):
            if self.side and len(statement.sides) < 2:
                continue
            sides = [each for each in statement.sides if each is not None]
            for side in sides:
                parts = walk(side) if self.part else (side,)
                if any(self.is_one(each, paper) for each in parts):
                    return Evidence(f"found: {paper.quote(place)}")
        return None

    def is_one(self, node: Node, paper: Paper) -> bool:
        if node in paper.asked:
            return False
        return any(same_function(node, t, renamed=self.renamed) for t in self.terms)


@dataclass(frozen=True, slots=True)
class Says(Check):
    """Phrases, each in some sentence that does not deny it."""

    phrases: tuple[Phrase, ...]

    def look(self, paper: Paper) -> Evidence | None:
        said: list[str] = []
        for phrase in self.phrases:
            found = next(filter(None, map(phrase.found, paper.sentences)), None)
            if found is None:
                return None
            said.append(found)
        return Evidence(f"found: {' … '.join(said)}")


@dataclass(frozen=True, slots=True)
class Answers(Check):
    """The final answer is right, or one aspect of it; or nearly right."""

    aspect: str = ""
    per_fault: float = 0.0
    """Share of the step's points that each element missing or too many costs."""

    def look(self, paper: Paper) -> Evidence | None:
        found = paper.finding
        if self.aspect:
            share = dict(found.aspects).get(self.aspect, 0.0)
            return Evidence(f"final answer: {found.read}", share) if share else None
        if found.right:
            return Evidence(f"final answer: {found.read}")
        if not self.per_fault or found.faults is None:
            return None
        share = 1.0 - self.per_fault * found.faults
        why = f"final answer: {found.read}; missing or too many: {found.faults}"
        return Evidence(why, share) if share > 0 else None


@dataclass(frozen=True, slots=True)
class Follows(Check):
    """The value that results from what the answer gave for earlier steps."""

    formula: Node
    sources: tuple[tuple[str, Phrase], ...]
    """What each name of the formula stands for: where the answer gives it."""
    worked: bool = False
    """Whether a calculation with those values must be written out."""

    def look(self, paper: Paper) -> Evidence | None:
        given = {
            name: list(islice(self.given(phrase, paper), MAX_CANDIDATES))
            for name, phrase in self.sources
        }
        for values in islice(product(*given.values()), MAX_TRIALS):
            point = {n: v for n, (v, _) in zip(given, values, strict=True)}
            after = max(place for _, place in values)
            place = self.reached(point, after, paper)
            if place is not None:
                had = ", ".join(f"{v:.6g}" for v, _ in values)
                return Evidence(f"follows from {had}: {paper.quote(place)}")
        return None

    def given(self, phrase: Phrase, paper: Paper) -> Iterator[tuple[float, int]]:
        """Values in lines with a phrase, or right behind such a line."""
        for place, statement in enumerate(paper.statements):
            if phrase.found(paper.around(statement)) is not None:
                yield from ((each, place) for each in paper.results(place))

    def reached(
        self, point: Mapping[str, float], after: int, paper: Paper
    ) -> int | None:
        """Where the value of the formula stands, at or behind a place."""
        wanted = value_at(self.formula, dict(point))
        if wanted is None or abs(wanted.imag) > EXACT:
            return None
        target, inputs = wanted.real, set(point.values())
        within = INEXACT * abs(target)
        if any(abs(target - each) <= within for each in inputs):
            return None  # what was given would be taken for what follows
        for each in paper.values:
            near = abs(each.number - target) <= within
            shown = each.worked and each.kept and each.parts.issuperset(inputs)
            if self.worked and not shown:
                continue
            if is_telling(each) and each.place >= after and near:
                return each.place
        return None


def is_telling(value: Value) -> bool:
    """Whether a number can hardly stand there by accident."""
    written = f"{abs(value.number):.6g}"
    digits = written.replace(".", "").strip("0")
    return value.worked or len(digits) >= TELLING - ("." in written)


@dataclass(frozen=True, slots=True)
class AnyOf(Check):
    """At least one of several."""

    checks: tuple[Check, ...]

    def look(self, paper: Paper) -> Evidence | None:
        found = [e for each in self.checks if (e := each.look(paper)) is not None]
        return max(found, key=lambda each: each.share, default=None)


@dataclass(frozen=True, slots=True)
class AllOf(Check):
    """Each of several."""

    checks: tuple[Check, ...]

    def look(self, paper: Paper) -> Evidence | None:
        found: list[Evidence] = []
        for each in self.checks:
            evidence = each.look(paper)
            if evidence is None:
                return None
            found.append(evidence)
        why = "; ".join(dict.fromkeys(each.why for each in found))
        return Evidence(why, min((each.share for each in found), default=1.0))


@dataclass(frozen=True, slots=True)
class EachOf(Check):
    """Several, each worth the same part of the points."""

    checks: tuple[Check, ...]

    def look(self, paper: Paper) -> Evidence | None:
        found = [e for each in self.checks if (e := each.look(paper)) is not None]
        share = sum(each.share for each in found) / len(self.checks)
        why = "; ".join(dict.fromkeys(each.why for each in found))
        return Evidence(why, share) if found else None


def everything(check: Check) -> Iterator[Check]:
    """A check and all that it is made of."""
    yield check
    if isinstance(check, AnyOf | AllOf | EachOf):
        for each in check.checks:
            yield from everything(each)


def constant(node: Node) -> float:
    """The value of an expression in a scheme; ValueError if it has none."""
    found = real_value(node)
    if found is None:
        unknown = ", ".join(sorted(names(node)))
        raise ValueError("is no real number" + (f": {unknown}" if unknown else ""))
    return found
