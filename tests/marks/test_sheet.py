"""A sheet is blind, in an order that is the same every time, and safe to open."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.marks.csv_sheet import COLUMNS, csv_sheet
from evalkit.marks.guarding import guarded, unguarded
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
    assert row["reference"] == "'2"  # else a spreadsheet may write it anew
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


VALUES = (
    *("35.392 %", "1.5", "1,5", "1/2", "007", "1e5", "1E+5", "12:30", "3 pm", "1 1/2"),
    *("2024-01-05", "5. Januar 2020", "Mai 5", "1.234,5", "$5", "5 Ft", "(3)", "TRUE"),
    *(" 7 ", "50%", "1 000", "false", "１２", "1-2", "Monday, 5 May", ".5"),
    "Igaz",
)
TEXTS = (
    "3 is it",
    "x = 5",
    "no",
    "12 cm",
    "a 1 b 2 c 3",
    "$\\frac12$",
    "1; see (2a)?",
    "",
)


@pytest.mark.parametrize("value", VALUES)
def test_no_cell_of_text_is_a_number_or_a_date(tmp_path: Path, value: str) -> None:
    run = make_run(tmp_path, {"1": (value,)})
    (row,) = rows_of(csv_sheet(shuffled([run], None)))
    assert row["answer"] == f"'{value}"
    assert unguarded(row["answer"]) == value
    assert row["reference"] == "'2"
    plain = (row["number"], row["points possible"], row["points"], row["comment"])
    assert plain == ("1", "3", "", "")
    assert not row["id"].startswith("'")


@pytest.mark.parametrize("text", TEXTS)
def test_other_texts_have_no_guard(text: str) -> None:
    assert guarded(text) == text


def answer_of(tmp_path: Path, text: str) -> str:
    """The cell that an answer is in."""
    run = make_run(tmp_path, {"1": (text,)})
    return rows_of(csv_sheet(shuffled([run], None)))[0]["answer"]


def test_an_answer_longer_than_a_cell_keeps_both_ends_and_says_so(
    tmp_path: Path,
) -> None:
    answer = answer_of(tmp_path, "so " + "x" * 49_990 + " is 42.")
    assert len(answer) < 32_767
    first, note, last = answer.split("\n")
    assert first.startswith("so xx")
    assert note == (
        "[… 18000 characters are left out here: export to .html to read them …]"
    )
    assert last.endswith("xx is 42.")


def test_thinking_is_no_part_of_an_answer(tmp_path: Path) -> None:
    thought = "<think>" + "maybe 41?\n" * 5000 + "</think>"
    assert answer_of(tmp_path, f"{thought}\n\nIt is $42$.") == "It is $42$."
    assert answer_of(tmp_path, "maybe 41?</think>It is $42$.") == "It is $42$."
    mixed = "First:        <think>41?</think>42.\n  <think></think>Then: 43."
    assert answer_of(tmp_path, mixed) == "First: 42.\n Then: 43."
    aligned = "a" + " " * 30 + "b"
    assert answer_of(tmp_path, f"<think>x</think>{aligned}") == aligned
    assert answer_of(tmp_path, f"  {aligned}\n") == f"  {aligned}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>I wonder", "[Nothing but thinking that was never finished.]"),
        ("42. <think>Or", "[Nothing but thinking that was never finished.]"),
        ("<think>I wonder</think>\n", "[Nothing but thinking.]"),
        (" \n", "[Nothing was written.]"),
    ],
)
def test_an_answer_that_is_none_says_why(tmp_path: Path, text: str, said: str) -> None:
    assert answer_of(tmp_path, text) == said
    run = make_run(tmp_path, {"1": (text,)})
    shown = page("quiz", shuffled([run], None)).decode()
    assert f"<p><em>{said[1:-1]}</em></p>" in shown


def test_signs_that_hide_or_steer_are_written_out(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1": ("a\r\nb\u202ec\x00\x1b[2J",)})
    answer = rows_of(csv_sheet(shuffled([run], None)))[0]["answer"]
    assert answer == "a\nb\\x202ec\\x00\\x1b[2J"


def test_no_cell_hides_or_steers(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"1\x1b[2J": ("x",)})
    (row,) = rows_of(csv_sheet(shuffled([run], None)))
    assert row["number"] == "1\\x1b[2J"
    assert row["question"].startswith("Question 1\\x1b[2J: ")
