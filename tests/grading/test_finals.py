"""Final answers in texts that also hold other numbers."""

import json
from typing import Any

import pytest

from evalkit.grading import final_of


def read(kind: str, answer: dict[str, Any], response: str) -> tuple[str | None, bool]:
    """What is read as the final answer, and whether it is right."""
    finding = final_of(kind, json.dumps(answer)).judge("Find it.", response)
    return finding.read, finding.right


VOLUME = {"value": 396.77, "tol_abs": 0.5, "unit": "cm^3"}


@pytest.mark.parametrize(
    "response",
    [
        "So the frustum's height is 4.33\nV = 2·198.38\nThe volume is ≈ 396.8 cm³.",
        "So one cone has height 4.33 and\nV1 ≈ 198.4 cm³.\nThe body: 2V1 ≈ 396.8 cm³.",
        "Thus the volume is 396.8 cm³.\nOne of the two cones has 198.4 cm³.",
        "Thus the volume is 396.8.\nThis is right to one decimal.",
    ],
)
def test_a_last_sentence_with_the_unit_outweighs_a_conclusion_without(
    response: str,
) -> None:
    assert read("number", VOLUME, response)[1]


def test_a_conclusion_with_the_unit_stands() -> None:
    response = "Thus the volume is 198.4 cm³.\nThe other half would make it 396.8 cm³."
    assert not read("number", VOLUME, response)[1]


def test_a_unit_may_stand_in_brackets() -> None:
    mean = {"value": 1.9167, "tol_abs": 0.005}
    assert read("number", mean, "The sum is 46, 46 : 24 = 1.92 (m/s²)")[1]
    assert not read("number", mean, "The sum is 46, 46 : 24 = 1.95 (m/s²)")[1]


@pytest.mark.parametrize(
    ("response", "right"),
    [
        ("46/24 ≈ 1.92", True),
        ("46/24 ≈ 1.9", True),
        ("46/24 = 1.9166 ≈ 1.917", True),
        ("46/24 ≈ 1.91", False),
        ("46/24 = 1.9166 ≈ 1.91", False),
        ("46/24 = 1.9166... ≈ 1.91 (m/s²)", False),
    ],
)
def test_what_is_rounded_wrongly_is_wrong(response: str, right: bool) -> None:
    assert read("number", {"value": 23 / 12, "tol_abs": 0.004}, response)[1] == right


ROOTS = {"value": [0.2, 1], "tol_abs": 0.0005}


@pytest.mark.parametrize(
    "response",
    [
        "t1 = 0.2 (going up), t2 = 1 (coming down)",
        "With a = -5, b = 6, c = -1 we get t = 0.2 or t = 1.",
        "With a = −5, b = 6 and c = −1: $t_1 = 0.2$, $t_2 = 1$",
    ],
)
def test_roots_are_told_from_indices_and_coefficients(response: str) -> None:
    assert read("number_set", ROOTS, response) == ("0.2, 1", True)


TABLE = {"table": {"A": [525, 551.25], "B": [424, 449.44]}, "tol_abs": 0.01}


@pytest.mark.parametrize(
    ("conclusion", "grows"),
    [
        ("The gap grows, so the reader is wrong.", True),
        ("There is an increase in the gap.", True),
        ("We see a growing difference.", True),
        ("A's lead gets bigger every year.", True),
        ("B is growing faster and the gap is gradually becoming smaller.", False),
        ("The difference will slowly shrink.", False),
        ("The gap grows at first, but the reader's comment is in line with it.", False),
        ("The gap is not getting smaller.", True),
    ],
)
def test_whether_a_gap_grows(conclusion: str, grows: bool) -> None:
    values = "525, 551.25; 424, 449.44. "
    told, _ = read("table_plus_argument", TABLE, values + conclusion)
    assert told == "4 of 4 values" + ", the gap grows" * grows
