"""Judging vectors and lines: expressions that are linear in two names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import (
    shown,
    without_reasons,
    without_remarks,
)
from evalkit.grading.prose.expressions import leading_form, linear_form
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.values import Form, Value

WORD = re.compile(r"[A-Za-z]+")
HALF_OF = re.compile(r"\bhalf(?: of)?\s*(?=\()")
PAIR = re.compile(r"[(\[<]([^()\[\]<>]{1,80})[)\]>]")
COLUMN = re.compile(r"(?<![⁄}])\{([^{}]{1,40})\}\s?\{([^{}]{1,40})\}")
PART = re.compile(r"[|;:\n→⇒]|,(?=\s)|\.(?=\s|$)")
STRAY = " .,{}&"


def parts(text: str, names: Sequence[str]) -> list[str]:
    """A plain text cut at its words, names excepted."""
    text = HALF_OF.sub("1/2*", text)
    cut = WORD.sub(lambda match: match[0] if match[0] in names else "|", text)
    return [each.strip() for each in PART.split(cut)]


def read(text: str, names: Sequence[str]) -> Form | None:
    """An expression with nothing about it but what the cutting left."""
    text = text.lstrip(" .,}&")
    found = leading_form(text, names)
    if found is None or text[found[1] :].strip(STRAY):
        return None
    return found[0]


def expressions(
    passage: str, names: Sequence[str], *, alone: bool = False
) -> Iterator[Form]:
    """The expressions of a passage in which a name has a coefficient.

    One that stands `alone` is taken for no expression unless it may be one.
    """
    for part in parts(plain(passage), names):
        for side in re.split(r"[=≈]", part):
            form = read(side, names)
            passed = side.strip(STRAY) in names and not alone
            if form is not None and not passed and any(map(form.get, names)):
                yield form


def equations(passage: str, names: Sequence[str]) -> Iterator[tuple[Value, ...]]:
    """The lines a*x + b*y = c of a passage, as (a, b, c)."""
    for part in parts(plain(passage), names):
        sides = re.split(r"[=≈]", part)
        left, right = read(sides[0], names), read(sides[-1], names)
        if len(sides) > 1 and left is not None and right is not None:
            a, b = (left.get(each, 0) - right.get(each, 0) for each in names)
            if a or b:
                yield a, b, right.get("", 0) - left.get("", 0)


def proportional(one: Sequence[Value], other: Sequence[Value]) -> bool:
    """Whether one vector is a multiple of the other and neither is zero."""
    size = max(abs(float(each)) for each in one) * max(abs(float(e)) for e in other)
    crossed = (
        float(one[i] * other[j] - one[j] * other[i])
        for i in range(len(one))
        for j in range(i)
    )
    return size > 0 and all(abs(each) <= 1e-9 * size for each in crossed)


def spelled(numbers: Sequence[Value]) -> str:
    return f"({'; '.join(map(shown, numbers))})"


@dataclass(frozen=True, kw_only=True)
class VectorExpression(Final):
    """A vector as a combination of given vectors."""

    wanted: ClassVar[str] = "combination of the given vectors"
    alternatives: ClassVar[bool] = True

    coefficients: Mapping[str, str]

    @property
    def target(self) -> str:
        terms = (f"({value}) {name}" for name, value in self.coefficients.items())
        return " + ".join(terms)

    @property
    def is_one_of_them(self) -> bool:
        """Whether the vector is one of those that it is a combination of."""
        forms = [linear_form(each, ()) or {} for each in self.coefficients.values()]
        return [each[""] for each in forms if each.get("")] == [1]

    def look(self, passage: str, question: str) -> Finding | None:
        names = tuple(self.coefficients)
        forms = list(expressions(passage, names))
        forms = forms or list(expressions(passage, names, alone=self.is_one_of_them))
        if not forms:
            return None
        stated = [forms[-1].get(each, 0) for each in ("", *names)]
        wanted = [linear_form(each, ()) or {} for each in self.coefficients.values()]
        differences = (
            float(a) - float(b)
            for a, b in zip(stated, (0, *(each[""] for each in wanted)), strict=True)
        )
        right = all(abs(each) < 1e-9 for each in differences)
        terms = zip(map(shown, stated[1:]), names, strict=True)
        return Finding(" + ".join(f"({a}) {name}" for a, name in terms), right, "")


@dataclass(frozen=True, kw_only=True)
class LineEquation(Final):
    """An equation of a line, in any form that is linear in x and y."""

    wanted: ClassVar[str] = "equation of a line"
    alternatives: ClassVar[bool] = True

    line: tuple[float, float, float]

    @property
    def target(self) -> str:
        a, b, c = self.line
        return f"{a:g}x + ({b:g})y = {c:g}"

    @property
    def parts(self) -> tuple[str, ...]:
        return ("direction",)

    def look(self, passage: str, question: str) -> Finding | None:
        names = ("x", "y")
        text = plain(passage)
        given = list(equations(question, names))
        found = list(equations(without_remarks(without_reasons(text)), names))
        found = found or list(equations(text, names))
        lines = [
            each
            for each in found
            if not any(proportional(each, other) for other in given)
        ]
        if not lines:
            return None
        a, b, c = map(shown, lines[-1])
        right = proportional(lines[-1], self.line)
        aspects = (("direction", float(proportional(lines[-1][:2], self.line[:2]))),)
        return Finding(f"({a})x + ({b})y = {c}", right, "", aspects=aspects)


@dataclass(frozen=True, kw_only=True)
class Direction(Final):
    """A vector of any length, up or down one line."""

    wanted: ClassVar[str] = "vector"
    alternatives: ClassVar[bool] = True

    direction: tuple[float, float]

    @property
    def target(self) -> str:
        return spelled([int(each) for each in self.direction])

    def look(self, passage: str, question: str) -> Finding | None:
        text = plain(passage)
        vectors = list(pairs(without_remarks(text))) or list(pairs(text))
        for form in expressions(passage, ("i", "j")):
            if form.get("i") and form.get("j"):
                vectors.append((form["i"], form["j"]))
        if not vectors:
            return None
        right = proportional(vectors[-1], self.direction)
        return Finding(spelled(vectors[-1]), right, "")


def pairs(text: str) -> Iterator[tuple[Value, Value]]:
    """Two numbers in brackets, or the whole of a text."""
    bare = text.strip(STRAY)
    text = COLUMN.sub(r"(\1, \2)", text)
    for inside in (bare, *(match[1] for match in PAIR.finditer(text))):
        items = [linear_form(each, ()) for each in re.split(r"[,;|]", inside)]
        if len(items) == 2 and items[0] is not None and items[1] is not None:
            yield items[0][""], items[1][""]
