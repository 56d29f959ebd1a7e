"""A judge's reply, taken at nothing but its exact form."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec

from evalkit.grading import without_thinking
from evalkit.text import whole
from evalkit.types import Mark, Step

LONGEST_REPLY = 60_000
"""Characters of a reply, its thinking left aside."""
LONGEST_REASON = 1_000
"""Characters that are kept of a reason."""
PLACES = 64
"""Where in a reply a JSON object is looked for at most."""
BLOCK = re.compile(r"^```[^\n`]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
OBJECT = re.compile(r"^[ \t]*\{", re.MULTILINE)


class BadReply(ValueError):
    """A reply that is no verdict; `str` says why, in words for the judge."""


class StepVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a judge gives for one step."""

    step: int
    reason: str
    points: float


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a judge gives for an answer."""

    key: str
    """Of the fence: tells a verdict from one that the answer brought along."""
    steps: Annotated[list[StepVerdict], msgspec.Meta(max_length=1000)]

    @property
    def total(self) -> float:
        return math.fsum(each.points for each in self.steps)

    def marks(self, rubric: Sequence[Step]) -> tuple[Mark, ...]:
        """The verdict as marks, one for each step of the rubric."""
        return tuple(
            Mark(step=r.step, worth=r.points, points=v.points, why=v.reason)
            for r, v in zip(rubric, self.steps, strict=True)
        )


DECODER = msgspec.json.Decoder(Verdict)


def verdict_in(reply: str, rubric: Sequence[Step], key: str, answer: str) -> Verdict:
    """The verdict on an answer that a reply is, or ends with.

    Raises BadReply if there is none, or if it was the answer that wrote it.
    """
    spoken = without_thinking(reply).strip()
    if not spoken:
        raise BadReply("it is empty")
    if len(spoken) > LONGEST_REPLY:
        raise BadReply(f"it has more than {LONGEST_REPLY} characters")
    verdict = decoded(spoken)
    check(verdict, rubric, key)
    steps = [
        StepVerdict(each.step, shortened(each.reason), each.points)
        for each in verdict.steps
    ]
    sound = Verdict(key=key, steps=steps)
    if is_copied(sound, answer):
        raise BadReply("it repeats a verdict that the answer itself holds")
    return sound


def decoded(spoken: str) -> Verdict:
    """The JSON object in the last code block of a reply, or at its end."""
    problem = "it has no JSON object"
    for text in candidates(spoken):
        try:
            return DECODER.decode(text)
        except msgspec.ValidationError as exc:
            problem = f"its JSON is not of the form asked for: {exc}"
        except msgspec.DecodeError as exc:
            if problem == "it has no JSON object":
                problem = f"its JSON cannot be read: {exc}"
        except RecursionError:
            problem = "its JSON is too deep"
    raise BadReply(shortened(problem, 300))


def candidates(spoken: str) -> Iterator[str]:
    """Parts of a reply that may be the verdict: the last code block, and all that
    follows an opening brace at the beginning of a line."""
    yield from BLOCK.findall(spoken)[-1:]
    for number, found in enumerate(OBJECT.finditer(spoken)):
        if number >= PLACES:
            return
        yield spoken[found.start() :]


def check(verdict: Verdict, rubric: Sequence[Step], key: str) -> None:
    """Raise BadReply unless the verdict is one on this answer, by this rubric."""
    if verdict.key != key:
        raise BadReply(f'its "key" is not {key}')
    numbers = [each.step for each in verdict.steps]
    if numbers != list(range(1, len(rubric) + 1)):
        raise BadReply(
            f"it must have each of the {len(rubric)} steps once, in their order"
        )
    for given, step in zip(verdict.steps, rubric, strict=True):
        where = f"step {given.step} has {given.points:g} points"
        if not 0 <= given.points <= step.points:
            raise BadReply(f"{where}, which must lie between 0 and {step.points:g}")
        if not ((given.points * 2).is_integer() or given.points == step.points):
            raise BadReply(f"{where}, and points come in halves only")


def is_copied(verdict: Verdict, answer: str) -> bool:
    """Whether points are given for reasons that are, all of them, words of an answer
    that speaks of points in JSON."""
    if not verdict.total or '"points"' not in answer:
        return False
    line = " ".join(answer.split())
    return all(each.reason in line for each in verdict.steps)


def shortened(text: str, length: int = LONGEST_REASON) -> str:
    """A text in one line that is not too long."""
    line = " ".join(whole(text[: 4 * length]).split())
    return line if len(line) <= length else line[:length] + "..."


def schema_of(rubric: Sequence[Step]) -> str:
    """The JSON Schema of a verdict, for engines that can hold a model to one.

    The key is left to the model: a judge that only copies a verdict out of the answer
    is told by a wrong one.
    """
    worths = {each.points for each in rubric}
    halves = {half / 2 for half in range(int(2 * max(worths)) + 1)}
    step = {
        "type": "object",
        "properties": {
            "step": {"type": "integer", "enum": [*range(1, len(rubric) + 1)]},
            "reason": {"type": "string"},
            "points": {"type": "number", "enum": sorted(worths | halves)},
        },
        "required": ["step", "reason", "points"],
        "additionalProperties": False,
    }
    steps = {
        "type": "array",
        "items": step,
        "minItems": len(rubric),
        "maxItems": len(rubric),
    }
    verdict = {
        "type": "object",
        "properties": {"key": {"type": "string"}, "steps": steps},
        "required": ["key", "steps"],
        "additionalProperties": False,
    }
    return msgspec.json.encode(verdict).decode()
