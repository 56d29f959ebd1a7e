"""A small exam for tests, written to a folder as a person would."""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

HEADING: Json = {
    "name": "small_exam",
    "title": "A small exam",
    "version": 1,
    "language": "en",
    "points": 9,
    "parts": [
        {"name": "I", "title": "Short problems"},
        {"name": "II", "title": "One of two problems", "choose": 1},
    ],
    "notes": ["Written for tests."],
}
QUESTIONS: list[Json] = [
    {
        "number": "1",
        "part": "I",
        "points": 3,
        "question": "How long is the diagonal of a rectangle of 12 cm by 5 cm?",
        "answer_type": "number",
        "answer": {"value": 13, "unit": "cm"},
        "rubric": [
            {"points": 1, "step": "the theorem", "check": {"says": "Pythagor"}},
            {"points": 1, "step": "169", "check": {"value": 169}},
            {"points": 1, "step": "13 cm", "check": {"final": True}},
        ],
    },
    {
        "number": "2a",
        "part": "II",
        "points": 2,
        "question": "What are the whole numbers whose square is 49?",
        "answer_type": "number_set",
        "answer": {"value": [-7, 7]},
        "rubric": [
            {
                "points": 2,
                "step": "both",
                "check": {"final": True, "per_fault": 1},
            },
        ],
        "figure": "None was lost.",
    },
    {
        "number": "2b",
        "part": "II",
        "points": 4,
        "question": "Prove that the sum of two even numbers is even.",
        "answer_type": "proof",
        "answer": {"proof": "2a + 2b = 2(a + b)"},
        "rubric": [
            {"points": 1.5, "step": "both as twice a number"},
            {"points": 2.5, "step": "the sum as twice a number"},
        ],
    },
    {
        "number": "3",
        "part": "II",
        "points": 6,
        "question": "Compute 17 times 23. Show your work.",
        "answer_type": "number",
        "answer": {"value": 391},
        "rubric": [
            {
                "points": 4,
                "step": "a calculation",
                "check": {"value": 391, "worked": True},
                "implied": False,
            },
            {"points": 2, "step": "391", "check": {"final": True}, "needs": [1]},
        ],
        "solution": "17 · 23 = 17 · 20 + 17 · 3 = 340 + 51 = 391\nFinal answer: 391",
    },
]
WORKED: list[Json] = [
    {
        "id": "worked-1",
        "question": "Compute 2 times 3.",
        "target": "6",
        "solution": "2 · 3 = 6\nFinal answer: 6",
        "answer_type": "number",
        "answer": {"value": 6},
    },
    {
        "id": "worked-2",
        "question": "Name an even number.",
        "target": "2",
        "solution": "Twice 1 is 2.\nFinal answer: 2",
    },
]
Change: TypeAlias = Callable[[Json, list[Json]], object]


def unchanged(heading: Json, questions: list[Json]) -> None:
    """The exam as it is."""


def made(folder: Path, change: Change = unchanged) -> Path:
    """The small exam in a folder, after a change to what is written there."""
    heading, questions = deepcopy(HEADING), deepcopy(QUESTIONS)
    change(heading, questions)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exam.json").write_text(json.dumps(heading, indent=2), encoding="utf-8")
    write_lines(folder / "questions.jsonl", questions)
    write_lines(folder / "worked.jsonl", WORKED)
    return folder


def write_lines(path: Path, values: Iterable[Json]) -> None:
    """JSON lines, letters as they are."""
    lines = (json.dumps(each, ensure_ascii=False) for each in values)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
