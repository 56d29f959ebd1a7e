"""Scores of answers that were marked step by step."""

import pytest

from evalkit import Answer, Mark, Outcome, Sample, marked

SAMPLE = Sample(id="1", question="?", target="1", points=49.0)


def marks(*points: float) -> list[Mark]:
    return [Mark(step="a step", worth=7.0, points=each) for each in points]


@pytest.mark.parametrize("half", [n / 2 for n in range(98)])
def test_half_points_stay_exact(half: float) -> None:
    score = marked(SAMPLE, Answer(), read="1", marks=marks(half))
    assert score.points == half
    assert score.value == half / 49
    assert score.outcome is (Outcome.PARTIAL if half else Outcome.WRONG)


def test_all_points_are_right() -> None:
    score = marked(SAMPLE, Answer(), read=None, marks=marks(*[7.0] * 7), why="shown")
    assert (score.value, score.outcome, score.points) == (1.0, Outcome.RIGHT, 49.0)
    assert len(score.marks) == 7
    assert score.explanation == "shown"


def test_no_points_are_told_apart_as_ever() -> None:
    none = marks(0.0, 0.0)
    cut = Answer(text="so", finish="length")
    assert marked(SAMPLE, cut, read="2", marks=none).outcome is Outcome.TRUNCATED
    assert marked(SAMPLE, Answer(), read=None, marks=none).outcome is Outcome.NO_ANSWER
    assert marked(SAMPLE, cut, read="2", marks=marks(1.0)).outcome is Outcome.PARTIAL


def test_more_points_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        marked(SAMPLE, Answer(), read="1", marks=marks(49.0, 0.5))
