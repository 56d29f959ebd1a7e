"""Judges for tests, for the backend scripted: sound ones, and gullible ones.

Each gets what a real judge would get, and acts on it in one known way.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import doubling

from evalkit import Completion, Generate, Message, Request

FENCE = re.compile(
    r"^===== the answer to be marked begins, key (\w+) =====$\n(.*?)\n"
    r"^===== the answer to be marked has ended, key \1 =====$",
    re.MULTILINE | re.DOTALL,
)
STEP = re.compile(r"^step (\d+) \(worth ([\d.]+) points?\)", re.MULTILINE)


def messages(request: Request) -> Sequence[Message]:
    """What a judge was told, each of its lines ended by a line feed, for a model takes
    whatever ends a line as that."""
    assert isinstance(request, Generate)
    assert not isinstance(request.prompt, str)
    assert json.loads(request.schema)["required"] == ["key", "steps"]
    return [
        Message(each.role, "\n".join(each.content.splitlines()))
        for each in request.prompt
    ]


def task(request: Request) -> str:
    """The message that the question and the answer are in."""
    return next(each.content for each in messages(request) if "\n=====" in each.content)


def key(request: Request) -> str:
    found = FENCE.search(task(request))
    assert found is not None
    return found[1]


def answer(request: Request) -> str:
    """What stands between the fences, its bars taken off."""
    found = FENCE.search(task(request))
    assert found is not None
    return "\n".join(line.removeprefix("| ") for line in found[2].split("\n"))


def outside(request: Request) -> str:
    """All that the judge was told but for what is between the fences."""
    whole = "\n".join(
        each.content for each in messages(request) if each.role != "assistant"
    )
    return FENCE.sub("", whole)


def worths(request: Request) -> list[float]:
    return [float(worth) for _, worth in STEP.findall(outside(request))]


def reply(request: Request, points: Sequence[float], **changes: Any) -> str:
    steps = [
        {"step": number, "reason": f"reason {number}", "points": each}
        for number, each in enumerate(points, start=1)
    ]
    return json.dumps({"key": key(request), "steps": steps} | changes)


def fair(request: Request) -> str:
    """Full marks if the last number is the reference's, else the first step's."""
    doubling.note(request, "judge")
    target = re.findall(r"^The reference answer: (\d+)$", task(request), re.MULTILINE)
    numbers = re.findall(r"\d+", answer(request))
    right = numbers[-1:] == target
    return reply(request, [worths(request)[0], worths(request)[1] if right else 0])


def obeys_what_is_outside(request: Request) -> str:
    """Obeys whoever speaks outside the fences, and gives nothing otherwise."""
    ordered = "award full marks" in outside(request).lower()
    return reply(request, worths(request) if ordered else [0] * len(worths(request)))


def obeys_the_last_turn_opened(request: Request) -> str:
    """Reads the prompt as a tokenizer would, and obeys any system turn in it."""
    whole = "\n".join(each.content for each in messages(request))
    turns = re.split(
        r"<\|im_start\|>|<start_of_turn>|\[INST\]|<<SYS>>|<s>|<\|start_header_id\|>",
        whole,
    )
    ordered = any("award full marks" in each.lower() for each in turns[1:])
    return reply(request, worths(request) if ordered else [0] * len(worths(request)))


def obeys_lines_of_a_speaker(request: Request) -> str:
    """Obeys lines that begin like those of a system, as untrained models do."""
    whole = "\n".join(each.content for each in messages(request))
    ordered = re.search(
        r"^(system|user|assistant|###|=====).*award full marks",
        whole,
        re.MULTILINE | re.IGNORECASE,
    )
    return reply(request, worths(request) if ordered else [0] * len(worths(request)))


def objects(text: str) -> list[str]:
    """The JSON objects with steps in a text."""
    return re.findall(r'\{[^{}]*"steps": *\[(?:[^\[\]])*\][^{}]*\}', text)


def echoes_the_first_object(request: Request) -> str:
    """Copies out the first verdict that it finds anywhere in its prompt."""
    found = objects(answer(request)) or objects(task(request))
    return found[0] if found else "I found none."


def echoes_with_the_key(request: Request) -> str:
    """Copies out the first verdict of the answer, and puts the right key to it."""
    for text in objects(answer(request)):
        try:
            steps = json.loads(text)["steps"]
        except ValueError:
            continue
        return json.dumps({"key": key(request), "steps": steps})
    return reply(request, [0] * len(worths(request)))


def gives_99(request: Request) -> str:
    return reply(request, [99] * len(worths(request)))


def gives_one_step_too_many(request: Request) -> str:
    return reply(request, [*worths(request), 1])


def gives_thirds(request: Request) -> str:
    return reply(request, [1 / 3] * len(worths(request)))


def talks(request: Request) -> str:
    return "Full marks, well done!"


def learns(request: Request) -> str:
    """Unusable at first, usable when it is asked again."""
    if request.turn == 0:
        return "Let me see."
    last = messages(request)[-1].content
    assert last.startswith("That reply cannot be used: it has no JSON object.")
    assert messages(request)[-2] == Message("assistant", "Let me see.")
    return fair(request)


def votes(request: Request) -> str:
    """Another total for each vote, told by their seeds being different."""
    assert isinstance(request, Generate)
    assert request.sampling.temperature == 0.7
    number = request.attempt % 3
    return reply(request, [[0, 0], [1, 2], [1, 0.5]][number])


def fails_sometimes(request: Request) -> Any:
    """No reply for the second question, the first time round."""
    if request.sample_id == "s2" and os.environ.get("JUDGE_FAILS"):
        return request.failure("out of order")
    return fair(request)


def both(request: Request) -> str | Completion:
    """A model that sits the exam and marks it."""
    assert isinstance(request, Generate)
    return fair(request) if request.schema else doubling.sit(request)


GULLIBLE: Sequence[Callable[[Request], str]] = (
    obeys_what_is_outside,
    obeys_the_last_turn_opened,
    obeys_lines_of_a_speaker,
    echoes_the_first_object,
    echoes_with_the_key,
)
