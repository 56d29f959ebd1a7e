"""A sample of tests/stats/coverage.py, with seeds: intervals cover as often as told."""

import pytest

from tests.stats.coverage import (
    PARTS,
    by_samples,
    designs,
    limited,
    of_limits,
    suite,
    unequal,
)

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
        for limit, rate, case in limited(by_samples, apart=True)
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
    rates, sizes = [0.25] * PARTS, [1] * PARTS
    narrow = suite("joined", rates, sizes, of_limits).coverage(ROUNDS)[0]
    assert narrow < 0.87 < suite("printed", rates, sizes).coverage(ROUNDS)[0]
