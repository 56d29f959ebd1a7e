"""A sample of tests/stats/coverage.py, with seeds: intervals cover as often as told."""

import pytest

from evalkit.stats import macro_average
from tests.stats.coverage import LIMITS, PARTS, Case, designs, limited, suite, unequal

ROUNDS = 400
SLACK = 3 * (0.93 * 0.07 / ROUNDS) ** 0.5
"""What chance may take from a coverage of .93 in so many rounds."""


@pytest.mark.parametrize("apart", [False, True], ids=["of one rate", "spread"])
def test_suites_cover_at_every_limit(apart: bool) -> None:
    found = {
        (limit, rate): case.coverage(ROUNDS)[0]
        for limit, rate, case in limited(apart=apart)
    }
    assert min(found.values()) > 0.93 - SLACK, found
    assert sum(found.values()) / len(found) > 0.94


def test_suites_by_samples_cover_at_every_limit() -> None:
    found = {
        (limit, rate): case.coverage(ROUNDS)[0]
        for limit, rate, case in limited(apart=True, weighted=True)
    }
    assert min(found.values()) > 0.93 - SLACK, found


def test_suites_of_unlike_parts_cover() -> None:
    found = {case.name: case.coverage(ROUNDS)[0] for case in unequal()}
    assert min(found.values()) > 0.93 - SLACK, found


def test_designs_cover() -> None:
    found = {case.name: case.coverage(100)[0] for _, n, _, case in designs() if n == 30}
    assert min(found.values()) > 0.93 - 2 * SLACK, found


def test_the_simulation_tells_an_interval_that_is_too_narrow() -> None:
    # Limits joined part by part: what a run with --limit 1 must not be given.
    whole = suite([0.25] * PARTS, [LIMITS[0]] * PARTS)
    narrow = Case(
        "joined limits",
        0.25,
        lambda chance: macro_average(
            [float(chance.random() < 0.25) for _ in range(PARTS)], [1] * PARTS
        )["interval"],
    )
    assert narrow.coverage(ROUNDS)[0] < 0.87 < whole.coverage(ROUNDS)[0]
