"""inspect_ai's half: the same prompts, read and scored the same way."""

import json
import os
import re
from pathlib import Path

from clock import tick
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Target, accuracy, scorer
from inspect_ai.solver import Generate, TaskState, solver


@solver
def asked():
    """Generate, noting when."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        tick()
        return await generate(state)

    return solve


@scorer(metrics=[accuracy()])
def last_number():
    """Right if the last number is the target."""

    async def score(state: TaskState, target: Target) -> Score:
        numbers = re.findall(r"-?\d+", state.output.completion.replace(",", ""))
        right = bool(numbers) and numbers[-1] == target.text
        tick()
        return Score(value="C" if right else "I", answer=state.output.completion)

    return score


@task
def prompts():
    """The prepared prompts."""
    rows = map(json.loads, Path(os.environ["PROMPTS"]).read_text().splitlines())
    return Task(
        dataset=[
            Sample(id=row["id"], input=row["prompt"], target=row["target"])
            for row in rows
        ],
        solver=asked(),
        scorer=last_number(),
        config=GenerateConfig(max_tokens=int(os.environ["MAX_TOKENS"])),
    )
