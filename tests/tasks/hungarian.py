"""The Hungarian exam as tests use it."""

import json
from typing import Any

from evalkit import Answer, Score
from evalkit_tasks.hungarian_exam import HungarianExam
from tests.conftest import shared

EXAM = HungarianExam()
SAMPLES = {each.id: each for each in EXAM.samples()}


def score(number: str, text: str) -> Score:
    return EXAM.score(SAMPLES[number], Answer(text=text))


def graded() -> list[dict[str, Any]]:
    """Answers of models with the points that people gave them."""
    lines = (shared("exam") / "graded_dev.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]
