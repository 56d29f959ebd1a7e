"""What a judge is told. The words are data: files beside this module.

Any change of these files, or of how an answer is fenced, raises PROMPT_VERSION.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from evalkit.types import Step

PROMPT_VERSION = 1

PARTS = ("system", "ask", "again")
NAME = re.compile(r"\{([a-z]+)\}")


@cache
def template(part: str) -> str:
    """One of the parts, without the line end that its file ends with."""
    path = files("evalkit.judging").joinpath("prompt", f"{part}.txt")
    return path.read_text(encoding="utf-8").rstrip("\n")


def template_sha256() -> str:
    """A digest of all parts, by which records tell what a judge was told."""
    whole = "\0".join(template(part) for part in PARTS)
    return hashlib.sha256(whole.encode()).hexdigest()


def filled(part: str, values: Mapping[str, str]) -> str:
    """A part with its names replaced, all at once: what is put in is not looked at."""
    return NAME.sub(lambda found: values[found[1]], template(part))


def points_of(points: float) -> str:
    """Points in words."""
    return f"{points:g} point" if points == 1 else f"{points:g} points"


def rubric_text(rubric: Sequence[Step]) -> str:
    """The steps, numbered from 1, with what each is worth."""
    return "\n".join(
        f"step {number} (worth {points_of(each.points)}): {each.step}"
        for number, each in enumerate(rubric, start=1)
    )


def worked_text(solution: str) -> str:
    """A worked answer, where the question comes with one."""
    if not solution:
        return ""
    return f"\nA worked answer; others may be as good:\n{solution}\n"


def step_range(rubric: Sequence[Step]) -> str:
    """Which steps a verdict has."""
    return "step 1" if len(rubric) == 1 else f"steps 1 to {len(rubric)}"
