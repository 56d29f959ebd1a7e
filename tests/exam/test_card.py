"""What the card, the terminal and `evalkit show` tell of an exam."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.folder import RunFolder
from evalkit.marks.store import MarkedAnswer, Marking, answers_sha256, write_marking
from evalkit.report.marks import sections
from evalkit.report.words import BAR, bar
from evalkit.results import Results
from evalkit.types import Mark, Outcome
from tests.conftest import Evalkit
from tests.exam.finished import (
    UNCHECKED,
    finished_run,
    marked,
    renew_card,
    result,
    step,
    write_results,
)

SCHEME = '[{"points": 1, "step": "a value", "check": {"value": "84"}}]'
NASTY = "\x1b[2J | <script>alert(1)</script> `x` [a](http://b)\n# title"
EXAM = [
    marked("1", step("names <it>", 1, why='found "84"'), step("shows it", 0)),
    marked("2", step("proves it", 0, 3, UNCHECKED), figure="told in words"),
    marked("3a", step("the area", 1.5, 2), part="II", choose=1, scheme=SCHEME),
    marked("4", step("the height", 0, 2), part="II", choose=1),
]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return finished_run(tmp_path / "runs", EXAM)


def section(card: str, title: str) -> str:
    """One section of a card."""
    return card.split(f"\n## {title}\n")[1].split("\n## ")[0].strip()


@pytest.mark.parametrize(
    ("earned", "worth", "widest", "cells"),
    [
        (2, 2, 4, "████"),
        (0.5, 2, 4, "█░░░"),
        (0, 3, 4, "░░░░░░"),
        (0.01, 2, 4, "█░░░"),
        (1.99, 2, 4, "███░"),
        (1, 1, 50, "██"),
        (25, 50, 50, "█" * (BAR // 2) + "░" * (BAR // 2)),
    ],
)
def test_a_bar_has_a_cell_for_half_a_point(
    earned: float, worth: float, widest: float, cells: str
) -> None:
    assert bar(earned, worth, widest) == f"`{cells}`"


def test_parts_are_summed_with_what_counts(run: RunFolder) -> None:
    assert section(run.card.read_text(), "Points by part").splitlines()[2:] == [
        "| I | 1 | 5 | 20 % | 1 and 2 |",
        "| II | 1.5 | 2 | 75 % | 3, the best 1 of 2 |",
        "| **total** | **2.5** | **7** | **36 %** |  |",
    ]


def test_each_question_has_a_bar_and_stands_once(run: RunFolder) -> None:
    card = run.card.read_text()
    told = section(card, "Points by question")
    assert "| 1 | `██░░` | 1 of 2 | partial | 41 | 42 |" in told
    assert "| 2 | `░░░░░░` | 0 of 3 | wrong | 41 | 42 |" in told
    assert "| 3a | `███░` | 1.5 of 2 | partial | 41 | 42 |" in told
    assert "| 4 | `░░░░` | 0 of 2 | wrong, not counted | 41 | 42 |" in told
    assert told.index("### Part I\n") < told.index("### Part II\n")
    assert told.endswith("Figures are told in words in 2.")
    assert "## Questions" not in card


def test_lost_points_are_told_by_step(run: RunFolder) -> None:
    assert section(run.card.read_text(), "Where points were lost").splitlines() == [
        "- **1** lost 1 of 2: shows it (1)",
        f"- **2** lost 3 of 3: {UNCHECKED}",
        "- **3a** lost 0.5 of 2: the area (0.5)",
        "- **4** lost 2 of 2: the height (2)",
    ]


def test_a_lost_step_that_needs_a_judge_is_told_as_such(tmp_path: Path) -> None:
    found = marked("1", step("the area", 0), step("proves it", 0, 3, UNCHECKED), full=4)
    lost = section(
        finished_run(tmp_path, [found]).card.read_text(), "Where points were lost"
    )
    assert lost == f"- **1** lost 4 of 4: the area (1); proves it (3, {UNCHECKED})"


def test_an_answer_that_failed_lost_its_points_by_that(tmp_path: Path) -> None:
    found = marked("1", step("the area", 0), full=1)
    (got,) = found.attempts
    late = replace(got, score=replace(got.score, outcome=Outcome.TRUNCATED))
    card = finished_run(tmp_path, [replace(found, attempts=(late,))]).card.read_text()
    assert "- **1** lost 1 of 1: truncated" in card


def test_long_lists_of_lost_points_are_cut(tmp_path: Path) -> None:
    steps = [step(f"step {n}", 0) for n in range(5)]
    many = [marked(str(n), *steps) for n in range(1, 46)]
    card = finished_run(tmp_path, many).card.read_text()
    lines = section(card, "Where points were lost").splitlines()
    named = "step 0 (1); step 1 (1); step 2 (1); and 2 more steps"
    assert lines[0] == f"- **1** lost 5 of 5: {named}"
    assert len(lines) == 41
    assert lines[-1] == "- and 5 more questions"


def test_a_flawless_exam_lost_nothing(tmp_path: Path) -> None:
    card = finished_run(tmp_path, [result("1", 2.0, full=2)]).card.read_text()
    assert "Where points were lost" not in card
    assert "Marked by" not in card


def test_steps_are_averaged_over_attempts(tmp_path: Path) -> None:
    right, wrong = (marked("1", step("the area", n, 2)) for n in (2, 1))
    both = replace(right, attempts=(*right.attempts, *wrong.attempts))
    card = finished_run(tmp_path, [both]).card.read_text()
    assert "- **1** lost 0.5 of 2: the area (0.5)" in card


def test_a_rubric_is_no_markup(tmp_path: Path) -> None:
    found = marked(NASTY, step(NASTY, 0), part=NASTY)
    card = finished_run(tmp_path, [found, marked("2", step("b", 1))]).card.read_text()
    assert "\x1b" not in card
    assert "<script" not in card.replace("\\<script", "")
    assert "\n# title" not in card


def give(run: RunFolder, marker: str, *answers: MarkedAnswer, by: str = "") -> None:
    """Store what a marker gave."""
    marking = Marking(
        marker=marker,
        by=by,
        made="2026-11-22T10:00:00Z",
        results_sha256=answers_sha256(Results(run.results), answers),
        facts={"prompt": "1"} if marker == "judge" else {},
        answers=answers,
    )
    write_marking(run, marking)


def every(**points: float) -> list[MarkedAnswer]:
    return [
        MarkedAnswer(id=name.removeprefix("q"), attempt=0, points=given)
        for name, given in points.items()
    ]


@pytest.fixture
def judged(run: RunFolder) -> RunFolder:
    """A run that a judge and a person marked, the person not all of it."""
    proof = Mark(step="proves it", worth=3, points=2, why="one case\nis missing")
    answers = every(q1=2, q3a=0, q4=1)
    told = MarkedAnswer(id="2", attempt=0, points=2, marks=(proof,), votes=(1, 2, 2))
    give(run, "judge", told, *answers, by="hf:big|model")
    given = every(q1=2, q2=2, q4=1.5)
    unread = MarkedAnswer(id="3a", attempt=0, points=0, error="not to be read")
    give(run, "human", *given, unread, by="A. Teacher")
    return run


def test_the_card_has_each_markers_total(judged: RunFolder) -> None:
    told = section(renew_card(judged), "Marked by")
    assert "| automatic |  | 2.5 of 7 " in told
    assert "| judge | hf:big\\|model, 2026-11-22 | 5.0 of 7 " in told
    assert "| human | A. Teacher, 2026-11-22 | 5.5 of 7 " in told
    assert " | 1 answer not marked |" in told
    assert "- judge: prompt `1`" in told


def test_a_run_that_was_renamed_keeps_its_markers(judged: RunFolder) -> None:
    renamed = RunFolder(judged.path.rename(judged.path.parent.parent / "my run"))
    assert "| human | A. Teacher" in section(renew_card(renamed), "Marked by")


def test_the_card_of_a_run_that_is_judged_anew_has_its_markers(
    judged: RunFolder,
) -> None:
    draft = RunFolder(judged.regrading)
    draft.path.mkdir()
    judged.results.rename(draft.results)
    (told,) = sections(judged.read_record(), Results(draft.results))
    assert "| human | A. Teacher" in told.markdown


def test_the_card_compares_each_two_markers(judged: RunFolder) -> None:
    told = section(renew_card(judged), "Marked by").splitlines()
    judge = next(each for each in told if each.startswith("| automatic and judge |"))
    # 1, 0, 1.5, 0 against 2, 2, 0, 1.
    assert judge.startswith("| automatic and judge | 4 | 0 % | 50 % | ")
    assert judge.endswith(" | -0.62 |")
    # The answer that the person gave no points for is left out.
    human = next(each for each in told if each.startswith("| judge and human |"))
    assert human.startswith("| judge and human | 3 | 66.7 % | 100 % | ")


def test_marks_of_other_answers_are_told_as_such(judged: RunFolder) -> None:
    other = [*EXAM[:3], result("4", 2.0, part="II", choose=1, full=7)]
    write_results(judged, other[:3])
    assert "before the run's answers changed" in section(
        renew_card(judged), "Marked by"
    )


def test_show_tells_the_parts_and_the_markers(
    evalkit: Evalkit, judged: RunFolder
) -> None:
    shown = evalkit("show", str(judged.path))
    assert shown.returncode == 0, shown.stderr
    assert "  by part: I 1 of 5, II 1.5 of 2\n" in shown.stdout
    assert "  marked by judge (hf:big|model): 5.0 of 7 " in shown.stdout
    assert "; 1 answer not marked\n" in shown.stdout
    assert "marked by automatic" not in shown.stdout


def test_show_explains_each_point_of_a_sample(
    evalkit: Evalkit, judged: RunFolder
) -> None:
    first = evalkit("show", str(judged.path), "--sample=1").stdout
    assert '----- marks\n1 of 1   names <it> — found "84"\n0 of 1   shows it' in first
    assert "----- marks by judge, hf:big|model\npoints:    2 of 2\n" in first
    assert first.count("----- marks by ") == 2
    second = evalkit("show", str(judged.path), "--sample=2").stdout
    assert f"0 of 3   proves it — {UNCHECKED}\n" in second
    assert "points:    2 of 3 (votes: 1, 2, 2)\n" in second
    assert "2 of 3   proves it — one case is missing\n" in second
    assert "figure: told in words\n" in second
    third = evalkit("show", str(judged.path), "--sample=3a").stdout
    assert "not marked: not to be read\n" in third
    assert "part: II\n" in third
    assert "scheme" not in third
