"""Marks are stored per marker, read back whole, and turned into scores."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.errors import DataError, UsageError
from evalkit.folder import RunFolder
from evalkit.marks.store import (
    MarkedAnswer,
    Marking,
    answers_sha256,
    markers,
    markings,
    read_marking,
    remarked,
    write_marking,
    write_markings,
)
from evalkit.types import Attempt, Mark, Outcome, SampleResult, Score, Turn


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def result(id: str, *texts: str, points: float = 4) -> SampleResult:
    """A sample with an answer of each text, all of them scored as right."""
    score = Score(value=1.0, points=points, outcome=Outcome.RIGHT, answer="6")
    return SampleResult(
        index=0,
        id=id,
        question="?",
        target="6",
        max_points=points,
        metadata={},
        attempts=tuple(
            Attempt(turns=(Turn(prompt="?", text=text, finish="stop"),), score=score)
            for text in texts
        ),
    )


def marking(*answers: MarkedAnswer, marker: str = "human") -> Marking:
    return Marking(marker=marker, by="Ann", facts={"a": "b"}, answers=answers)


def test_what_is_written_is_read_back(folder: RunFolder) -> None:
    mark = Mark(step="sets up the equation", worth=2, points=1.5, why="a sign")
    given = marking(
        MarkedAnswer(id="1a", attempt=0, points=1.5, marks=(mark,), votes=(1, 1.5, 2)),
        MarkedAnswer(id="1a", attempt=1, points=0, error="no answer", comment="ő"),
    )
    write_marking(folder, given)
    assert read_marking(folder, "human") == given
    assert [each.name for each in (folder.path / "marks").iterdir()] == ["human.json"]


def test_a_second_writing_replaces_the_first(folder: RunFolder) -> None:
    write_marking(folder, marking(MarkedAnswer(id="1a", attempt=0, points=1)))
    write_marking(folder, marking())
    assert read_marking(folder, "human") == marking()


def test_marks_of_several_runs_are_all_written_or_none(tmp_path: Path) -> None:
    folders = [RunFolder(tmp_path / name) for name in "abc"]
    for each in folders:
        each.path.mkdir()
    (folders[2].path / "marks").write_text("in the way")
    old, new = marking(), marking(MarkedAnswer(id="1a", attempt=0, points=1))
    write_marking(folders[0], old)
    with pytest.raises(UsageError, match=r"c/marks/human.json' cannot be written"):
        write_markings([(each, new) for each in folders])
    assert read_marking(folders[0], "human") == old
    assert markings(folders[1]) == ()
    write_markings([(each, new) for each in folders[:2]])
    assert [read_marking(each, "human") for each in folders[:2]] == [new, new]


def test_markings_come_judges_first_each_in_order(folder: RunFolder) -> None:
    assert markings(folder) == ()
    for name in ("human2", "judge-10", "human", "judge", "judge-2"):
        write_marking(folder, marking(marker=name))
    (folder.path / "marks" / "notes.json").write_text("not ours")
    expected = ("judge", "judge-2", "judge-10", "human", "human2")
    assert markers(folder) == expected
    assert tuple(each.marker for each in markings(folder)) == expected


def test_an_unknown_marker_is_told_who_there_is(folder: RunFolder) -> None:
    write_marking(folder, marking())
    with pytest.raises(UsageError, match=r"no marks by 'judge'.*automatic, human$"):
        read_marking(folder, "judge")


@pytest.mark.parametrize("name", ["automatic", "../human", "Human", "", "human0"])
def test_a_name_that_no_marker_has_is_refused(folder: RunFolder, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        write_marking(folder, marking(marker=name))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"marker": "human2"}',
        '{"marker": "human", "answers": [{"id": "1", "attempt": 0}]}',
        '{"marker": "human", "answers": [{"id": "1", "attempt": 0, "points": 1}, '
        '{"id": "1", "attempt": 0, "points": 2}]}',
    ],
)
def test_a_damaged_file_is_named(folder: RunFolder, text: str) -> None:
    write_marking(folder, marking())
    (folder.path / "marks" / "human.json").write_text(text)
    with pytest.raises(DataError, match=r"human\.json' is damaged"):
        read_marking(folder, "human")


def test_points_become_scores() -> None:
    results = [result("1a", "x", "y", "z"), result("1b", "w")]
    given = marking(
        MarkedAnswer(id="1a", attempt=0, points=4),
        MarkedAnswer(id="1a", attempt=1, points=1.5, comment="a slip"),
        MarkedAnswer(id="1a", attempt=2, points=0),
        MarkedAnswer(id="1b", attempt=0, points=3, error="cut off"),
    )
    first, second = remarked(results, given)
    scores = [each.score for each in first.attempts]
    assert [(each.outcome, each.points, each.value) for each in scores] == [
        (Outcome.RIGHT, 4, 1),
        (Outcome.PARTIAL, 1.5, 0.375),
        (Outcome.WRONG, 0, 0),
    ]
    assert scores[1].explanation == "a slip"
    assert scores[1].answer == "6"
    (failed,) = second.attempts
    assert failed.score.outcome is Outcome.ERROR
    assert failed.score.points == 0
    assert failed.score.explanation == "not marked by human: cut off"


def test_an_answer_that_nobody_marked_is_an_error_and_earns_nothing() -> None:
    (only,) = remarked([result("1a", "x")], marking())
    assert only.attempts[0].score == Score(
        value=0, outcome=Outcome.ERROR, explanation="not marked by human"
    )


@pytest.mark.parametrize("points", [4.5, -0.5, float("nan")])
def test_points_that_the_question_does_not_have_are_damage(points: float) -> None:
    given = marking(MarkedAnswer(id="1a", attempt=0, points=points))
    with pytest.raises(DataError, match="worth 4"):
        list(remarked([result("1a", "x")], given))


def test_the_digest_is_of_answers_and_not_of_scores() -> None:
    before = result("1a", "x")
    score = Score(value=0, outcome=Outcome.WRONG)
    regraded = replace(before, attempts=(replace(before.attempts[0], score=score),))
    given = [MarkedAnswer(id=id, attempt=0, points=1) for id in ("1a", "1b")]
    digest = answers_sha256([before], given)
    assert digest == answers_sha256([regraded], given)
    assert digest != answers_sha256([result("1a", "y")], given)
    assert digest != answers_sha256([result("1b", "x")], given)


def test_marks_are_of_the_marked_answers_however_many_others_there_are() -> None:
    one, other = result("1a", "x"), result("1b", "y")
    given = (MarkedAnswer(id="1a", attempt=0, points=1),)
    made = replace(marking(*given), results_sha256=answers_sha256([one], given))
    assert made.is_of([one])
    assert made.is_of([one, other])
    assert not made.is_of([result("1a", "z"), other])
    assert not made.is_of([other])
