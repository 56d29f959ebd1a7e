"""What the scripted models of these runs say; the sheets' points are in make.py."""

import json
import re
from collections.abc import Sequence
from hashlib import sha256

from evalkit import Completion, Generate, Message, Rank, Ranked, Request

CUT = "Let me see. First we note that"
RIGHT = {"test-0": "24", "test-1": "90", "test-2": "3"}


def weigh(request: Request) -> str | Completion:
    """Ranks choices by a hash of their texts, and answers questions with a letter."""
    if not isinstance(request, Rank):
        return "The answer is B."
    return request.ranking([ranked(request, choice) for choice in request.choices])


def ranked(request: Rank, choice: str) -> Ranked:
    """A choice with a log-probability that follows from the texts."""
    digest = sha256(f"{request.prompt}{choice}".encode()).digest()
    size = len(choice.encode())
    return Ranked(
        logprob=-digest[0] / 16, tokens=1 + size // 4, size=size, greedy=digest[1] > 200
    )


def think(request: Request) -> str | Completion:
    """Thinks apart from the answer, in the text itself, without end, or not at all."""
    if not isinstance(request, Generate):
        return request.failure("it does not rank")
    number = int(request.sample_id.removeprefix("test-"))
    right = RIGHT.get(request.sample_id, "44")
    text = f"So we get \\boxed{{{right}}}."
    told = [
        {"text": text, "reasoning": "Is it \\boxed{7}? No."},
        {"text": f"<think>\nPerhaps \\boxed{{8}}.\n</think>\n\n{text}"},
        {"text": CUT, "finish": "length"},
        {"text": "I would rather not say."},
        {"text": "", "reasoning": "All of it went into thoughts."},
        {"text": text},
    ][number]
    finish = told.pop("finish", "stop")
    done = request.completion(told["text"], finish="stop")
    return Completion(
        request_id=done.request_id,
        text=done.text,
        finish="length" if finish == "length" else "stop",
        prompt=done.prompt,
        prompt_tokens=40,
        completion_tokens=len(done.text) // 4,
        reasoning=told.get("reasoning", ""),
    )


def count(request: Request) -> str:
    """Steps to a number that is right for every second question."""
    number = int(request.sample_id.removeprefix("test-"))
    right = (24, 90, 3, 512, 8, 44)[number]
    return f"It comes to \\boxed{{{right + number % 2}}}."


def judge(request: Request) -> str:
    """Marks an exam: talks at first, then gives the points that a hash tells."""
    assert isinstance(request, Generate)
    assert not isinstance(request.prompt, str)
    messages: Sequence[Message] = request.prompt
    if request.turn == 0 and request.attempt % 3 == 1:
        return "Let me think about that."
    asked = "\n".join(each.content for each in messages)
    key = re.findall(r"key (\w+) =====$", asked, re.MULTILINE)[0]
    steps = re.findall(r"^step (\d+) \(worth ([\d.]+) points?\)", asked, re.MULTILINE)
    digest = sha256(f"{request.sample_id}/{request.attempt}".encode()).digest()
    given = [
        {
            "step": int(number),
            "reason": f"as the answer has it in step {number}",
            "points": float(worth) if digest[int(number)] % 2 else 0,
        }
        for number, worth in steps
    ]
    return json.dumps({"key": key, "steps": given})
