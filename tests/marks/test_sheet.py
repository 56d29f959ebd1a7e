"""A sheet is blind, in an order that is the same every time, and safe to open."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.marks.csv_sheet import COLUMNS, csv_sheet, guarded, unguarded
from evalkit.marks.page import page
from evalkit.marks.sheet import read_runs, shuffled
from tests.marks.runs import MODEL, make_run

ANSWERS = {str(number): (f"{number} is it", "no idea") for number in range(1, 9)}


def rows_of(content: bytes) -> list[dict[str, str]]:
    """A sheet as a spreadsheet reads it."""
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_nothing_in_a_sheet_names_the_model(tmp_path: Path) -> None:
    run = make_run(tmp_path, ANSWERS)
    questions = shuffled([run], None)
    for content in (csv_sheet(questions), page("quiz", questions)):
        for word in (*MODEL.split("/"), "scripted", run.record.spec.digest[:8]):
            assert word.encode() not in content


def test_each_answer_has_a_row_with_all_that_a_marker_needs(tmp_path: Path) -> None:
    run = make_run(tmp_path, ANSWERS)
    content = csv_sheet(shuffled([run], None))
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    rows = rows_of(content)
    assert len(rows) == 16
    (row,) = [each for each in rows if each["answer"] == "3 is it"]
    assert tuple(row) == COLUMNS
    assert row["number"] == "3"
    assert row["reference"] == "2"
    assert row["rubric"] == "1 p: sets up $2x=4$\n2 p: solves it"
    assert (row["points possible"], row["points"], row["comment"]) == ("3", "", "")
    assert len({each["id"] for each in rows}) == 16


def test_answers_of_several_runs_to_a_question_stand_together(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, ANSWERS, model=name) for name in ("one", "two", "three")]
    numbers = [row["number"] for row in rows_of(csv_sheet(shuffled(runs, None)))]
    groups = [number for i, number in enumerate(numbers) if numbers[i - 1] != number]
    assert len(numbers) == 48
    assert sorted(groups) == sorted(ANSWERS)
    assert groups != sorted(ANSWERS)


def test_the_order_is_the_runs_own_and_another_by_seed(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, ANSWERS, model=name) for name in ("one", "two", "three")]
    first = csv_sheet(shuffled(runs, None))
    assert first == csv_sheet(shuffled(runs[::-1], None))
    assert first != csv_sheet(shuffled(runs, 1))
    assert csv_sheet(shuffled(runs, 1)) != csv_sheet(shuffled(runs, 2))


def test_a_seed_reorders_the_answers_to_a_question_too(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1": [f"answer {n}" for n in range(9)]})
    orders = {
        tuple(row.id for row in shuffled([run], seed)[0]) for seed in (None, 1, 2)
    }
    assert len(orders) == 3


def test_the_order_within_a_question_tells_no_model(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, ANSWERS, model=name) for name in ("one", "two")]
    firsts = {rows[0].run.record.spec.model for rows in shuffled(runs, None)}
    assert firsts == {"one", "two"}


def test_an_id_is_no_number_date_or_word(tmp_path: Path) -> None:
    for row in rows_of(csv_sheet(shuffled([make_run(tmp_path, ANSWERS)], None))):
        assert not set(row["id"]) & set("0123456789aeiou=+@")


def test_a_request_that_failed_has_no_row(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1": ("fine",), "2": ("lost",)})
    first, second = run.folder.results.read_text().splitlines()
    assert '"error":null' in second
    failed = second.replace('"error":null', '"error":"no server"')
    run.folder.results.write_text(f"{first}\n{failed}\n")
    (again,) = read_runs([run.folder.path])
    assert [row.result.id for row in again.rows()] == ["1"]


def test_runs_of_other_tasks_or_the_same_run_cannot_share(tmp_path: Path) -> None:
    one = make_run(tmp_path, ANSWERS, model="one").folder.path
    other = make_run(tmp_path, ANSWERS, model="two", task="else").folder.path
    with pytest.raises(UsageError, match="cannot be marked together"):
        read_runs([one, other])
    with pytest.raises(UsageError, match="named twice"):
        read_runs([one, one])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝", "'", "'="])
def test_no_cell_is_a_formula(tmp_path: Path, start: str) -> None:
    evil = f'{start}HYPERLINK("http://127.0.0.1/"&A1,"x")'
    rows = rows_of(csv_sheet(shuffled([make_run(tmp_path, {"1": (evil,)})], None)))
    assert rows[0]["answer"] == f"'{evil}"
    assert unguarded(rows[0]["answer"]) == evil


@given(st.text())
def test_the_guard_can_be_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_an_answer_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1": ("x" * 50_000,)})
    answer = rows_of(csv_sheet(shuffled([run], None)))[0]["answer"]
    assert len(answer) < 32_767
    assert answer.endswith("[… 18000 more characters: export to .html to read them]")


def test_signs_that_hide_or_steer_are_written_out(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1": ("a\r\nb\u202ec\x00\x1b[2J",)})
    answer = rows_of(csv_sheet(shuffled([run], None)))[0]["answer"]
    assert answer == "a\nb\\x202ec\\x00\\x1b[2J"


def test_no_cell_hides_or_steers(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1\x1b[2J": ("x",)})
    (row,) = rows_of(csv_sheet(shuffled([run], None)))
    assert row["number"] == "1\\x1b[2J"
    assert row["question"].startswith("Question 1\\x1b[2J: ")
