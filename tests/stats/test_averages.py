"""Averages over parts: what they are with one part, with many, and at their ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats import macro_average, stratified_mean, wilson
from evalkit.stats.averages import joined, units_of

shares = st.integers(0, 400).map(lambda k: k / 400)
sizes = st.integers(1, 3000)
parts = st.lists(st.tuples(shares, sizes), min_size=1, max_size=20)


def test_joined_limits_add_their_squares() -> None:
    found = macro_average([10, 1400], [20, 2000])
    (low, high), (other_low, other_high) = wilson(10, 20), wilson(1400, 2000)
    assert found["value"] == pytest.approx(0.6)
    assert found["interval"][0] == pytest.approx(
        0.6 - math.hypot(0.5 - low, 0.7 - other_low) / 2
    )
    assert found["interval"][1] == pytest.approx(
        0.6 + math.hypot(high - 0.5, other_high - 0.7) / 2
    )


def test_one_part_is_that_part() -> None:
    assert macro_average([3], [8])["interval"] == pytest.approx(wilson(3, 8))
    assert stratified_mean([3 / 8], [8])["interval"] == pytest.approx(wilson(3, 8))


@given(parts)
def test_the_average_lies_in_its_interval_and_mirrors(
    drawn: list[tuple[float, int]],
) -> None:
    means, units = [p for p, _ in drawn], [n for _, n in drawn]
    found = stratified_mean(means, units)
    low, high = found["interval"]
    assert 0 <= low <= found["mean"] <= high <= 1
    mirrored = stratified_mean([1 - p for p in means], units)["interval"]
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(parts)
def test_the_order_of_parts_changes_nothing(drawn: list[tuple[float, int]]) -> None:
    one = stratified_mean([p for p, _ in drawn], [n for _, n in drawn])
    drawn = drawn[::-1]
    other = stratified_mean([p for p, _ in drawn], [n for _, n in drawn])
    assert one["interval"] == pytest.approx(other["interval"], abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1))
def test_pooled_parts_are_one_task(drawn: list[tuple[int, int]]) -> None:
    counts = [(min(k, n), n) for k, n in drawn]
    right, asked = sum(k for k, _ in counts), sum(n for _, n in counts)
    found = stratified_mean(
        [k / n for k, n in counts],
        [n for _, n in counts],
        [n for _, n in counts],
        pull=math.inf,
    )
    assert found["interval"] == pytest.approx(wilson(right, asked), abs=1e-9)


def test_parts_that_are_alike_are_nearly_one_task() -> None:
    found = stratified_mean([0.3] * 57, [100] * 57)
    assert found["interval"] == pytest.approx(wilson(0.3 * 5700, 5700), abs=1e-9)


def test_parts_that_differ_are_known_better_than_one_task() -> None:
    found = stratified_mean([0.1, 0.9] * 20, [200] * 40)
    error = math.sqrt(0.1 * 0.9 / 200 / 40)
    assert error < found["se"] < 1.1 * error  # pulled a little towards a half
    assert found["n_eff"] > 2 * 40 * 200


def test_a_part_of_one_question_is_not_certain() -> None:
    sure, unsure = (
        stratified_mean([1.0, 0.5], [n, 1000])["interval"] for n in (1000, 1)
    )
    assert unsure[1] - unsure[0] > 5 * (sure[1] - sure[0])


def test_where_two_parts_make_the_spread_their_limits_count() -> None:
    # Nine parts are known well, and one was asked twice, both times with success.
    means, units = [1.0] + [0.9] * 9, [2] + [5000] * 9
    found = stratified_mean(means, units)
    ends = [wilson(p * n, n) for p, n in zip(means, units, strict=True)]
    assert found["interval"][0] == pytest.approx(joined(means, ends)["interval"][0])
    assert found["interval"][0] < 0.91 - (1 - wilson(2, 2)[0]) / 10 + 0.001


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_an_average_at_an_end_has_all_questions_in_it(mean: float) -> None:
    found = stratified_mean([mean] * 4, [5, 10, 15, 20])
    n_eff = 16 / (1 / 5 + 1 / 10 + 1 / 15 + 1 / 20)
    assert found["n_eff"] == pytest.approx(n_eff)
    assert found["interval"] == pytest.approx(wilson(mean * n_eff, n_eff))


@given(shares, st.floats(0.5, 1e5), st.sampled_from([0.8, 0.95, 0.99]))
def test_units_are_what_wilsons_interval_was_made_of(
    p: float, n: float, level: float
) -> None:
    ends = wilson(p * n, n, level)
    assert units_of(p, ends, level) == pytest.approx(n, rel=1e-4)


def test_units_of_no_width_are_endless_and_of_all_widths_hardly_any() -> None:
    assert math.isinf(units_of(0.5, (0.5, 0.5)))
    assert units_of(0.5, (0.0, 1.0)) == units_of(0.5, (-3.0, 4.0)) < 1


def test_values_of_any_range_are_joined() -> None:
    found = joined([-2.0, 4.0], [(-5.0, 0.0), (0.0, 5.0)], [3, 1])
    assert found["value"] == pytest.approx(-0.5)
    assert found["interval"][0] == pytest.approx(-0.5 - math.hypot(0.75 * 3, 0.25 * 4))
    assert found["interval"][1] == pytest.approx(-0.5 + math.hypot(0.75 * 2, 0.25 * 1))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: stratified_mean([], []), "there are no parts"),
        (lambda: stratified_mean([0.5], [3], [1, 2]), "weights must be 1"),
        (lambda: stratified_mean([0.5], [3], [-1]), "0 or more"),
        (lambda: stratified_mean([0.5], [3], [0]), "no part has any weight"),
        (lambda: macro_average([0], [0]), "without questions has no share"),
    ],
)
def test_what_cannot_be_averaged_is_refused(call: object, why: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=why):
        call()
