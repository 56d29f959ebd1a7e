"""Making a scheme from the JSON of a rubric, and saying what is wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from evalkit.grading.finals.final import Final
from evalkit.grading.marking.checks import (
    AllOf,
    Answers,
    AnyOf,
    Check,
    Contains,
    EachOf,
    Equates,
    Follows,
    Reached,
    Says,
    Solves,
    constant,
    everything,
)
from evalkit.grading.marking.equations import Equation, Roots
from evalkit.grading.marking.phrases import Phrase
from evalkit.grading.marking.scheme import Scheme, SchemeStep
from evalkit.grading.maths.lexer import tokens
from evalkit.grading.maths.nodes import Node, names
from evalkit.grading.maths.parser import expression
from evalkit.grading.maths.tokens import UnreadableError
from evalkit.rows import is_list

WORD = re.compile(r"[A-Za-z]\w*")

Json = Mapping[str, Any]


class SchemeError(ValueError):
    """A rubric that cannot be followed."""

    def __init__(self, what: str, step: int | None = None) -> None:
        super().__init__(what if step is None else f"step {step}: {what}")
        self.what = what
        self.step = step
        """Number, from 1, of the step that it is about; None for the whole."""


def scheme_of(rubric: Sequence[Json], final: Final, points: float) -> Scheme:
    """The scheme of a question, from its rubric as `check.schema.json` describes it.

    Raises SchemeError if the points of the steps do not add up to the question's, or a
    step cannot be checked as it says.
    """
    steps = tuple(step_of(each, number) for number, each in enumerate(rubric, start=1))
    for number, step in enumerate(steps, start=1):
        for check in () if step.check is None else everything(step.check):
            if isinstance(check, Answers):
                check_final(check, final, number)
    total = sum(each.points for each in steps)
    if total != points:
        raise SchemeError(
            f"the steps' points add up to {total:g}, the question has {points:g}"
        )
    return Scheme(steps, final)


def check_final(check: Answers, final: Final, number: int) -> None:
    """Refuse what this type of final answer never tells."""
    if check.aspect and check.aspect not in final.parts:
        known = ", ".join(map(repr, final.parts)) or "none"
        raise SchemeError(
            f"a {final.wanted} has no aspect {check.aspect!r}; it has {known}", number
        )
    if check.per_fault and not final.counted:
        raise SchemeError(f"per_fault is not for a {final.wanted}", number)


def step_of(rubric: Json, number: int) -> SchemeStep:
    """One step; `number` is its place from 1."""
    needs = tuple(rubric.get("needs", ()))
    if any(not 0 < each < number for each in needs):
        raise SchemeError(f"needs must name steps before it, not {needs}", number)
    try:
        check = check_of(rubric["check"]) if "check" in rubric else None
        if isinstance(check, Answers) and check.per_fault:
            check = Answers(per_fault=check.per_fault / rubric["points"])
    except (ValueError, KeyError, TypeError) as exc:
        raise SchemeError(str(exc), number) from exc
    return SchemeStep(
        points=float(rubric["points"]),
        step=rubric["step"],
        check=check,
        needs=needs,
        implied=bool(rubric.get("implied", True)),
    )


def check_of(given: Json) -> Check:
    """A check from its JSON; ValueError names what it cannot be made of."""
    kinds = [name for name in READERS if name in given]
    if len(kinds) != 1:
        known = ", ".join(READERS)
        raise SchemeError(f"a check has exactly one of {known}, not {sorted(given)}")
    return READERS[kinds[0]](given)


def parsed(text: str) -> Node:
    """An expression of a scheme."""
    try:
        return expression(tokens(text))
    except UnreadableError as exc:
        raise SchemeError(f"cannot read {text!r} as mathematics: {exc}") from exc


def number(text: str | float) -> float:
    """A number of a scheme, which may be written as an expression."""
    if isinstance(text, int | float):
        return float(text)
    node = parsed(text)
    try:
        return constant(node)
    except ValueError as exc:
        raise SchemeError(f"{text!r} {exc}") from exc


def listed(given: Any) -> list[Any]:
    """One thing or several, as several."""
    return given if is_list(given) else [given]


def phrase(text: str) -> Phrase:
    """A phrase of a scheme, none of whose alternatives is empty."""
    found = Phrase(text)
    if not all(found.alternatives):
        raise SchemeError(f"{text!r} has an alternative without words")
    return found


def two_sides(text: str) -> tuple[Node, Node]:
    left, sign, right = text.partition("=")
    if not sign or "=" in right:
        raise SchemeError(f"an equation has one sign of equality, unlike {text!r}")
    return parsed(left), parsed(right)


def read_final(given: Json) -> Check:
    wanted = given["final"]
    aspect = "" if wanted is True else str(wanted)
    return Answers(aspect=aspect, per_fault=float(given.get("per_fault", 0.0)))


def read_value(given: Json) -> Check:
    return Reached(
        targets=tuple(map(number, listed(given["value"]))),
        within=given.get("within"),
        worked=bool(given.get("worked", False)),
        stated=bool(given.get("stated", False)),
        using=tuple(map(number, listed(given.get("using", [])))),
        whole=bool(given.get("whole", False)),
    )


def read_equation(given: Json) -> Check:
    renamed = bool(given.get("renamed", False))
    return Equates(
        tuple(
            Equation(left, right, renamed)
            for left, right in map(two_sides, listed(given["equation"]))
        )
    )


def read_roots(given: Json) -> Check:
    unknowns = dict(given["roots"])
    if len(unknowns) != 1:
        raise SchemeError('roots takes one unknown, such as {"x": [2, 3]}')
    (name, solutions), *_ = unknowns.items()
    return Solves(
        Roots(
            "" if given.get("renamed") else name,
            tuple(map(number, listed(solutions))),
            given.get("within"),
            isolated=bool(given.get("isolated", False)),
        )
    )


def read_term(given: Json) -> Check:
    terms = tuple(map(parsed, listed(given["term"])))
    for text, term in zip(listed(given["term"]), terms, strict=True):
        if not names(term):
            raise SchemeError(f"{text!r} has no unknown: that is a value, not a term")
    return Contains(
        terms,
        renamed=bool(given.get("renamed", False)),
        part=bool(given.get("part", False)),
        side=bool(given.get("side", False)),
    )


def read_says(given: Json) -> Check:
    return Says(tuple(map(phrase, listed(given["says"]))))


def read_follows(given: Json) -> Check:
    sources = {name: phrase(text) for name, text in given["from"].items()}
    letters = {name: f"v_{place}" for place, name in enumerate(sources)}
    formula = parsed(WORD.sub(lambda m: letters.get(m[0], m[0]), str(given["follows"])))
    if names(formula) != frozenset(letters.values()):
        raise SchemeError(
            f'"from" must explain just the names in {given["follows"]!r}, '
            f"not {sorted(sources)}"
        )
    return Follows(
        formula,
        tuple((letters[n], s) for n, s in sources.items()),
        worked=bool(given.get("worked", False)),
    )


def read_any(given: Json) -> Check:
    return AnyOf(tuple(map(check_of, given["any"])))


def read_all(given: Json) -> Check:
    return AllOf(tuple(map(check_of, given["all"])))


def read_each(given: Json) -> Check:
    return EachOf(tuple(map(check_of, given["each"])))


READERS: Mapping[str, Callable[[Json], Check]] = MappingProxyType(
    {
        "final": read_final,
        "value": read_value,
        "equation": read_equation,
        "roots": read_roots,
        "term": read_term,
        "says": read_says,
        "follows": read_follows,
        "any": read_any,
        "all": read_all,
        "each": read_each,
    }
)
