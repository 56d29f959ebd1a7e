"""Judging which of two events is the more probable."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from evalkit.grading.finals.final import Final, Finding
from evalkit.grading.finals.prose import (
    ENDING,
    without_reasons,
    without_remarks,
)
from evalkit.grading.prose.expressions import linear_form
from evalkit.grading.prose.notation import plain
from evalkit.grading.prose.numbers import leading_quantity
from evalkit.grading.prose.values import Value
from evalkit.grading.spoken import without_thinking

MORE = r"\b(?:more (?:probable|likely)|likelier|higher|greater|larger|bigger)\b"
LESS = r"\b(?:less (?:probable|likely)|lower|smaller)\b"
COMPARED = re.compile(r"P ?\( ?([AB]) ?\)[^<>PAB\n]{0,40}([<>])[^<>PAB\n]{0,40}P ?\(")
CHAINED = re.compile(r"P ?\( ?([AB]) ?\)[^\n]{0,80}?([<>])[^\n]{0,80}?P ?\( ?[AB] ?\)")
DIRECT = re.compile(rf"\b([AB])\b[^AB\n.,]{{0,30}}{MORE}")
SUBJECT = re.compile(rf"\b([AB])\b[^AB\n]{{0,80}}?(?:({MORE})|{LESS})")
PREDICATE = re.compile(rf"{MORE}[^AB\n]{{0,40}}\b([AB])\b")
ALONE = re.compile(
    r"\W{0,10}(?:(?:[Oo]nly|[Jj]ust)\s)?(?:[Ee]vent\W{1,3})?([AB])\W{0,10}"
)
NEAR = 0.006


def other(event: str) -> str:
    return "B" if event == "A" else "A"


def chosen(text: str) -> str | None:
    """The event that a plain text calls the more probable."""
    if alone := ALONE.fullmatch(text):
        return alone[1]
    if direct := DIRECT.search(text):
        return direct[1]
    for pattern in (SUBJECT, COMPARED, CHAINED):
        if match := pattern.search(text):
            return match[1] if match[2] not in (None, "<") else other(match[1])
    predicate = PREDICATE.search(text)
    return predicate[1] if predicate else None


def probabilities(event: str, text: str) -> Iterator[Value]:
    """The values that a plain text gives for the probability of an event."""
    stated = re.compile(
        rf"P ?\( ?{event} ?\) ?[=≈]([^P<>\n]{{1,200}})"
        rf"|\bprobability of (?:event )?{event}\b[^=\dAB\n]{{0,30}}(?:is|=|:)"
        rf"([^P<>\n]{{1,60}})|\b[Ee]vent {event} \(([^()\n]{{1,40}})\)"
    )
    for match in stated.finditer(text):
        said = next(filter(None, match.groups()))
        sentence = re.split(r"[.,](?=\s)|;", said)[0]
        found = leading_quantity(re.split(r"[=≈]", sentence)[-1].strip())
        if found is not None:
            yield found[0].value / 100 if found[0].percent else found[0].value


@dataclass(frozen=True, kw_only=True)
class MoreProbable(Final):
    """The right event; probabilities, where the response gives any, must be right."""

    wanted: ClassVar[str] = "choice of an event"
    alternatives: ClassVar[bool] = True

    value: str
    probabilities: Mapping[str, str]

    @property
    def target(self) -> str:
        given = (f"P({name}) = {value}" for name, value in self.probabilities.items())
        return f"{self.value} is more probable, for {', '.join(given)}"

    @property
    def parts(self) -> tuple[str, ...]:
        return ("choice", *(f"P({event})" for event in self.probabilities))

    def judge(self, question: str, response: str, *, finished: bool = True) -> Finding:
        found = super().judge(question, response, finished=finished)
        text = plain(without_thinking(response)[-ENDING:])
        right: list[tuple[str, float]] = []
        for event, probability in self.probabilities.items():
            said = list(probabilities(event, text))
            form = linear_form(probability, ()) or {}
            near = bool(said) and abs(float(said[-1]) - float(form[""])) <= NEAR
            right.append((f"P({event})", float(near)))
            if said and not near:
                why = f"P({event}) is not {float(said[-1]):.4g}"
                found = replace(found, right=False, why=why)
        return replace(found, aspects=(*found.aspects, *right))

    def look(self, passage: str, question: str) -> Finding | None:
        text = plain(passage)
        event = chosen(text) or chosen(without_reasons(without_remarks(text)))
        if event is None:
            return None
        right = event == self.value
        return Finding(event, right, "", aspects=(("choice", float(right)),))
