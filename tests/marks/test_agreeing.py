"""How far two markers agree, as it is told."""

from pathlib import Path

import pytest

from evalkit.marks.agreeing import compare, leaning, percent
from evalkit.marks.store import MarkedAnswer, Marking, write_marking
from tests.marks.runs import make_run


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (219 / 220, "99.5 %"),
        (9999 / 10_000, "99.9 %"),
        (1 / 10_000, "0.1 %"),
        (1 / 3, "33.3 %"),
        (29 / 100, "29 %"),
        (1.0, "100 %"),
        (0.0, "0 %"),
    ],
)
def test_all_and_none_are_told_from_nearly_so(share: float, shown: str) -> None:
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (0.5, "human gave 1.50 points less on average"),
        (3.0, "human gave 1.00 points more on average"),
        (2.0, "human and human2 gave the same on average"),
    ],
)
def test_who_gave_less_is_told_without_a_sign(
    tmp_path: Path, points: float, said: str
) -> None:
    run = make_run(tmp_path, {"1": ("one",)})
    for marker, given in (("human", points), ("human2", 2.0)):
        answer = MarkedAnswer(id="1", attempt=0, points=given)
        write_marking(run.folder, Marking(marker=marker, answers=(answer,)))
    assert leaning(compare([run], "human", "human2")) == said
