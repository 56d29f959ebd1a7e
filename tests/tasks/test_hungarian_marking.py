"""Points for the Hungarian exam: full solutions, partial ones, a person's marks.

The files of solutions were written from the questions and rubrics alone, without the
marking at hand; those with "kept" or "later" in their names were first marked when it
was done.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evalkit import UsageError
from evalkit.grading import UNCHECKED
from evalkit_tasks.hungarian_exam import HungarianExam, mark
from tests.conftest import ROOT, shared

HERE = Path(__file__).parent
SAMPLES = {each.id: each for each in HungarianExam().samples()}
PROOF = "15c"
INVENTED = ("hungarian_graded.jsonl",)
"""Answers written in the manner of three models, with points by the rubric."""

KNOWN_LIMITS = frozenset(
    {
        "hungarian_partial.jsonl:11",  # 2: 720 by accident, from 6! with no relatio
        "hungarian_partial.jsonl:54",  # 9: 120 by accident, as 5!
        "hungarian_partial.jsonl:83",  # 12a: f certain, h left open
        "hungarian_partial.jsonl:106",  # 13c: 4 forgotten, everything else follows
        "hungarian_partial.jsonl:108",  # 13c: 5/6 and 25/36 in other roles, wrong cho
        "hungarian_partial.jsonl:109",  # 13c: both probabilities right, no decision
        "hungarian_partial.jsonl:114",  # 14a: mean slip; the rest follows (rounds to
        "hungarian_partial.jsonl:120",  # 14b: 20·1.9 wrong, the rest follows
        "hungarian_partial.jsonl:142",  # 15a: other leg miscalculated, the rest follo
        "hungarian_partial.jsonl:165",  # 16a: 2 not squared, the rest follows
        "hungarian_partial.jsonl:174",  # 16b: multiplies the first numerator by x + 1
        "hungarian_partial.jsonl:179",  # 16b: bare right answer
        "hungarian_partial.jsonl:189",  # 17a: 500 as the first term, the rest follows
        "hungarian_partial.jsonl:192",  # 17a: arithmetic progression
        "hungarian_partial.jsonl:224",  # 18a: densest packing from memory
        "hungarian_partial.jsonl:232",  # 18b: complement of no gold ball; 64/729 in a
        "hungarian_partial.jsonl:235",  # 18c: full cones instead of truncated ones; o
        "hungarian_partial.jsonl:242",  # 18c: mean radius: right sizes, cylinder inst
        "hungarian_partial_kept.jsonl:9",  # 4: right vector named only to be rejected
        "hungarian_partial_kept.jsonl:23",  # 10: right idea rejected, geometric mean
        "hungarian_partial_kept.jsonl:31",  # 12b: cut off after g
        "hungarian_partial_kept.jsonl:39",  # 13c: 5·5 slip
        "hungarian_partial_kept.jsonl:41",  # 14a: 0.3² = 0.9, the rest follows
        "hungarian_partial_kept.jsonl:50",  # 14d: second root with a wrong sign
        "hungarian_partial_kept.jsonl:51",  # 14d: 0.2 and 1 in other roles
        "hungarian_partial_kept.jsonl:56",  # 15b: bare right answer
        "hungarian_partial_kept.jsonl:71",  # 17a: counts 2018 as well: first term and
        "hungarian_partial_kept.jsonl:78",  # 17c: reciprocal on the right side, sign
        "hungarian_partial_kept.jsonl:88",  # 18c: truncated cones are rejected
        "hungarian_partial_later.jsonl:83",  # 13c: 1 forgotten, everything else follows
        "hungarian_partial_later.jsonl:153",  # 16c: circular, begins with the sum 0
        "hungarian_partial_later.jsonl:158",  # 17c: solved for n, which is not computed
        "hungarian_partial_later.jsonl:214",  # 16a: 2 not squared, the rest follows
        "hungarian_partial_later.jsonl:215",  # 16a: all of it in unfinished thinking
        "hungarian_partial_later.jsonl:220",  # 17a: all of it in unfinished thinking
        "hungarian_partial_later.jsonl:230",  # 18c: all of it in unfinished thinking
        "hungarian_partial_later.jsonl:235",  # 4: two wrong signs that cancel
        "hungarian_partial_later.jsonl:260",  # 17b: a slip within the tolerance
    }
)
"""Answers whose points are not those of a careful person: by file and line, from 1."""


def rows(name: str) -> list[tuple[str, dict[str, Any]]]:
    """The lines of a file, each with its place."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [(f"{name}:{n}", json.loads(each)) for n, each in enumerate(lines, start=1)]


SETS = ("", "_kept", "_later")
FULL = [each for kind in SETS for each in rows(f"hungarian_solutions{kind}.jsonl")]
PARTIAL = [
    each
    for kind in SETS
    for each in rows(f"hungarian_partial{kind}.jsonl")
    if each[1]["number"] != PROOF
]


def test_every_question_is_solved_in_several_ways() -> None:
    counts = Counter(row["number"] for _, row in FULL)
    assert counts.keys() == SAMPLES.keys()
    assert min(counts.values()) >= 17


@pytest.mark.parametrize(("place", "row"), FULL, ids=[each for each, _ in FULL])
def test_full_solutions_get_full_marks_unless_only_people_can_tell(
    place: str, row: dict[str, Any]
) -> None:
    found = mark(row["number"], row["response"])
    if row["number"] == PROOF:
        assert found.points == 0
        assert all(each.why == UNCHECKED for each in found.marks)
    else:
        lost = [each for each in found.marks if each.points < each.worth]
        assert found.points == SAMPLES[row["number"]].points, lost


@pytest.mark.parametrize(("place", "row"), PARTIAL, ids=[each for each, _ in PARTIAL])
def test_other_answers_get_what_a_careful_person_gives(
    place: str, row: dict[str, Any]
) -> None:
    found = mark(row["number"], row["response"])
    within = row["low"] <= found.points <= row["high"]
    assert within != (place in KNOWN_LIMITS), (found.points, row["why"], found.marks)


def test_steps_and_points_add_up() -> None:
    for sample in SAMPLES.values():
        assert sum(each.points for each in sample.rubric) == sample.points
    for _, row in PARTIAL:
        found = mark(row["number"], row["response"])
        assert sum(each.points for each in found.marks) == found.points
        assert all(0 <= each.points <= each.worth for each in found.marks)


def test_an_unknown_question_names_a_close_one() -> None:
    with pytest.raises(UsageError, match="no question named '15z'"):
        mark("15z", "anything")


@pytest.mark.parametrize("graded", ["exam/graded_dev.jsonl", "hungarian_graded.jsonl"])
def test_marks_agree_with_a_persons(graded: str) -> None:
    """By real answers that a person marked in 2023, and by made ones like them."""
    path = HERE / graded if graded in INVENTED else shared(graded)
    script = ROOT / "tests" / "bench" / "exam_agreement.py"
    told = subprocess.run(
        (sys.executable, str(script), str(path)),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    bound = 4.0 if graded in INVENTED else 3.0  # a proof is worth 4 points to a person
    first, _, *models = told.splitlines()
    assert float(first.rpartition("kappa ")[2]) >= 0.93
    assert float(first.partition("exact")[2].split()[0]) >= 85.0
    assert float(first.partition("mean absolute")[2].split()[0]) <= 0.18
    assert len(models) == 3
    for line in models:
        ours, theirs = line.partition("total ")[2].split(", by the person ")
        assert abs(float(ours) - float(theirs)) <= bound
