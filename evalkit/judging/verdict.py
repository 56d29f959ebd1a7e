"""A judge's reply, taken at nothing but its exact form."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

import msgspec

from evalkit.errors import Unsound
from evalkit.grading import without_thinking
from evalkit.json_once import told_once
from evalkit.text import whole
from evalkit.types import Mark, Step

LONGEST_REPLY = 60_000
"""Characters of a reply, its thinking left aside."""
LONGEST_REASON = 1_000
"""Characters that are kept of a reason."""
PLACES = 64
"""Where in a reply a JSON object is looked for at most."""
LISTED = 100
"""A schema lists the points of a step one by one up to so many."""
BLOCK = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
OBJECT = re.compile(r'^[ \t]*\{|\{(?=\s*"(?:key|steps)")', re.MULTILINE)
UNKNOWN = re.compile(r"unknown field `.*`", re.DOTALL)
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
"""A character as JSON may spell it."""
BLANKS = "bfnrt"
"""What such a character is, behind its backslash, where it is none that is seen."""


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
    if is_copied(verdict, answer):
        raise BadReply("it repeats a verdict that the answer itself holds")
    steps = [
        StepVerdict(each.step, shortened(each.reason), each.points + 0.0)  # no -0.0
        for each in verdict.steps
    ]
    return Verdict(key=key, steps=steps)


def decoded(spoken: str) -> Verdict:
    """The JSON object that a reply ends with, in a code block or without."""
    problem = "it has no JSON object"
    for text in candidates(spoken):
        try:
            verdict = DECODER.decode(text)
        except msgspec.ValidationError as exc:
            # Names of fields are left out: the answer may have brought them along,
            # and what is told of them stands outside its fence.
            told = UNKNOWN.sub("unknown field", str(exc))
            problem = f"its JSON is not of the form asked for: {told}"
        except msgspec.DecodeError as exc:
            if problem == "it has no JSON object":
                problem = f"its JSON cannot be read: {exc}"
        except RecursionError:
            problem = "its JSON is too deep"
        else:
            check_once(text)
            return verdict
    raise BadReply(shortened(problem, 300))


def candidates(spoken: str) -> Iterator[str]:
    """Parts of a reply that may be the verdict: a code block at its end, and all that
    follows an opening brace."""
    for found in (*BLOCK.finditer(spoken),)[-1:]:
        if not spoken[found.end() :].strip("`"):
            yield found[1]
    for found in islice(OBJECT.finditer(spoken), PLACES):
        yield spoken[found.start() :]


def check_once(text: str) -> None:
    """Raise BadReply if JSON says something twice."""
    try:
        json.loads(text, object_pairs_hook=told_once, parse_int=str)
    except Unsound as exc:
        raise BadReply("its JSON has a field twice") from exc


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
    plain = ESCAPED.sub(unescaped, answer)
    if not verdict.total or '"points"' not in plain:
        return False
    said = letters(plain)
    return all(letters(each.reason) in said for each in verdict.steps)


def unescaped(found: re.Match[str]) -> str:
    """The character that JSON spells like that."""
    if found[1]:
        return chr(int(found[1], 16))
    return " " if found[2] in BLANKS else found[2]


def letters(text: str) -> str:
    """Letters and digits only: a judge is shown an answer with other brackets, and may
    space and punctuate what it copies as it likes."""
    return "".join(filter(str.isalnum, text.casefold()))


def shortened(text: str, length: int = LONGEST_REASON) -> str:
    """A text in one line that is not too long."""
    line = " ".join(whole(text[: 4 * length]).split())
    return line if len(line) <= length else line[:length] + "..."


def schema_of(rubric: Sequence[Step]) -> str:
    """The JSON Schema of a verdict, for engines that can hold a model to one.

    The key is left to the model: a judge that only copies a verdict out of the answer
    is told by a wrong one.
    """
    step = {
        "type": "object",
        "properties": {
            "step": {"type": "integer", "enum": [*range(1, len(rubric) + 1)]},
            "reason": {"type": "string"},
            "points": {"type": "number", **points_allowed(rubric)},
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


def points_allowed(rubric: Sequence[Step]) -> dict[str, Any]:
    """What a schema says of points: all those that some step can have, in halves."""
    worths = {each.points for each in rubric}
    most = max(worths)
    if most > LISTED:
        return {"minimum": 0, "maximum": most}
    return {"enum": sorted(worths | {half / 2 for half in range(int(2 * most) + 1)})}
