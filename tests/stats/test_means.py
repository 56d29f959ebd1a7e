"""Means of scores: the one rule for questions, attempts and clusters."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.stats import clustered_mean, wilson, wilson_effective
from evalkit.stats.means import Scores

# statsmodels 0.15: OLS on a constant, cov_type="cluster", for the values and clusters.
VALUES = [1, 0, 1, 1, 0.5, 0, 0, 0, 1, 1, 0.25, 0.75]
CLUSTERS = [0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 4]
MEAN, ERROR = 0.5416666666666666, 0.11940103


def scores(values: list[float], clusters: list[str] | None = None) -> Scores:
    """All of them taken, each in its cluster."""
    found = Scores()
    for value, cluster in zip(values, clusters or [""] * len(values), strict=True):
        found.add(value, cluster)
    return found


def test_clusters_have_the_standard_error_of_statsmodels() -> None:
    found = clustered_mean(VALUES, CLUSTERS)
    assert (found["mean"], found["clusters"]) == (pytest.approx(MEAN), 5)
    assert found["se"] == pytest.approx(ERROR, abs=1e-8)
    expected = wilson_effective(MEAN, found["se"], 5, 4)["interval"]
    assert found["interval"] == pytest.approx(expected)


def test_scores_as_they_come_are_those_clusters() -> None:
    worth = scores(VALUES, [f"c{each}" for each in CLUSTERS]).worth()
    assert worth.interval(MEAN) == pytest.approx(
        clustered_mean(VALUES, CLUSTERS)["interval"]
    )
    assert worth.method == "Wilson on the effective number, 5 clusters (under 10)"


def test_questions_in_no_cluster_are_clusters_of_one() -> None:
    mixed = ["a", "a", "a", "a", "", "", "", "", "", "b", "b", "b"]
    named = [each or f"alone {n}" for n, each in enumerate(mixed)]
    values = [1.0, 1.0, 1.0, 1.0, 0.5, 0.0, 0.0, 1.0, 0.25, 0.0, 0.0, 0.0]
    one, other = scores(values, mixed), scores(values, named)
    assert one.units == other.units == len(set(named))
    assert one.worth().n_eff == pytest.approx(other.worth().n_eff)
    assert "7 clusters" in one.worth().method
    expected = clustered_mean(values, named)["interval"]
    assert one.worth().interval(one.mean) == pytest.approx(expected)


def test_right_and_wrong_without_clusters_is_wilson() -> None:
    worth = scores([1.0, 0.0, 1.0, 1.0]).worth()
    assert (worth.n_eff, worth.method) == (4, "Wilson")


MIDDLING = [0.5, 0.25, 0.75, 0.0, 1.0, 0.5, 0.25, 0.75, 0.5, 0.25, 0.75, 0.5] * 4


def test_other_scores_have_their_effective_number() -> None:
    worth = scores(MIDDLING).worth()
    n = len(MIDDLING)
    mean = math.fsum(MIDDLING) / n
    error = math.sqrt(math.fsum((x - mean) ** 2 for x in MIDDLING) / (n - 1) / n)
    expected = wilson_effective(mean, error, n, n - 1)
    assert worth.n_eff == pytest.approx(expected["n_eff"])
    assert worth.n_eff > n  # they vary less than right and wrong do
    assert worth.method == "Wilson on the effective number"


@pytest.mark.parametrize(
    ("values", "few"),
    [
        ([0.01] * 40 + [0.9] * 4, True),
        ([0.99] * 40 + [0.1] * 4, True),
        ([0.01] * 40 + [0.9] * 9, False),
        ([0.5, 0.25, 0.75, 0.4] * 2, True),
    ],
    ids=["four large", "four small", "nine large", "eight in all"],
)
def test_a_spread_that_few_make_is_not_believed(values: list[float], few: bool) -> None:
    found = scores(values)
    worth = found.worth()
    assert (worth.method == "Wilson (under 5 samples carry half the spread)") is few
    if few:
        expected = wilson(math.fsum(values), len(values))
        assert worth.interval(found.mean) == pytest.approx(expected)


def test_values_all_alike_are_not_certain() -> None:
    worth = scores([0.5] * 20).worth()
    assert (worth.n_eff, worth.method) == (20, "Wilson")


def test_one_cluster_is_one_question() -> None:
    worth = scores([1.0, 0.0, 1.0], ["a"] * 3).worth()
    assert worth.n_eff == 1
    assert worth.method.endswith(", 1 cluster (under 10)")


def test_clusters_never_narrow_an_interval() -> None:
    # Within each cluster one is right and one is wrong: by clusters nothing varies.
    values = [1.0, 0.0] * 12
    clusters = [str(n // 2) for n in range(24)]
    assert scores(values, clusters).worth().n_eff <= 12


questions = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.sampled_from("abcde")),
    min_size=2,
    max_size=30,
)


@given(questions, st.randoms(use_true_random=False))
def test_the_order_of_questions_changes_nothing(
    pairs: list[tuple[float, str]], chance: "object"
) -> None:
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one = scores(*map(list, zip(*pairs, strict=True))).worth()  # type: ignore[arg-type]
    other = scores(*map(list, zip(*shuffled, strict=True))).worth()  # type: ignore[arg-type]
    assert (one.method, one.n_eff) == (other.method, pytest.approx(other.n_eff))


@given(questions)
def test_doubling_every_cluster_leaves_a_cluster_interval(
    pairs: list[tuple[float, str]],
) -> None:
    values, clusters = map(list, zip(*pairs, strict=True))
    if len(set(clusters)) > 1:
        once = clustered_mean(values, clusters)
        twice = clustered_mean(values * 2, clusters * 2)
        assert twice["interval"] == pytest.approx(once["interval"], abs=1e-9)


def test_a_single_cluster_has_no_interval_of_its_own() -> None:
    with pytest.raises(ValueError, match="two or more, not 1"):
        clustered_mean([1, 0], ["a", "a"])
