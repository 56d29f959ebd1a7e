"""Answers and responses that an earlier grader got wrong, of every kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.grading import judge

FILE = Path(__file__).with_name("hunted.jsonl")
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["kind"])
def test_a_kind_of_mistake_is_not_made_again(row: dict[str, Any]) -> None:
    response = row.get("response") or rf"\boxed{{{row['answer']}}}"
    judgement = judge(row["reference"], response)
    assert judgement.equal == row["right"], (row, judgement)
