"""Sheets come back from spreadsheets of all kinds, whole or not at all."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evalkit.errors import UsageError
from evalkit.marks.importing import SheetError, markings_from
from evalkit.marks.reading import Sheet, read_sheet
from evalkit.marks.sheet import MarkedRun
from tests.marks.runs import make_run

ANSWERS = {"1a": ("one",), "1b": ("two",), "2": ("three",)}
POINTS = {"1a": "2.5", "1b": "0", "2": "3"}


@pytest.fixture
def run(tmp_path: Path) -> MarkedRun:
    return make_run(tmp_path, ANSWERS)


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[[str | bytes], Sheet]:
    """Read a sheet of this content."""

    def read(content: str | bytes) -> Sheet:
        path = tmp_path / "sheet.csv"
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(raw)
        return read_sheet(path)

    return read


def ids(run: MarkedRun) -> dict[str, str]:
    return {row.result.id: row.id for row in run.rows()}


def filled(
    run: MarkedRun, separator: str = ",", end: str = "\r\n", comma: str = "."
) -> str:
    """A sheet for the run as some program writes it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerow(("id", "points", "comment"))
    for number, id in ids(run).items():
        points = POINTS[number].replace(".", comma)
        writer.writerow((id, points, f"őszinte {number}"))
    return out.getvalue()


def given(sheet: Sheet, *runs: MarkedRun, partial: bool = False) -> dict[str, float]:
    found = markings_from(sheet, runs, marker="human", partial=partial)
    return {each.id: each.points for marking in found for each in marking.answers}


def problems(sheet: Sheet, *runs: MarkedRun, partial: bool = False) -> Sequence[str]:
    with pytest.raises(SheetError) as caught:
        given(sheet, *runs, partial=partial)
    return caught.value.shown


RIGHT = {"1a": 2.5, "1b": 0.0, "2": 3.0}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("comma", [".", ","])
def test_any_spreadsheets_sheet_is_read(
    run: MarkedRun,
    sheet: Callable[[bytes], Sheet],
    end: str,
    separator: str,
    encoding: str,
    comma: str,
) -> None:
    read = sheet(filled(run, separator, end, comma).encode(encoding))
    assert read.assumed == ()
    assert given(read, run) == RIGHT
    assert read.lines[0].comment == "őszinte 1a"
    assert [each.line for each in read.lines] == [2, 3, 4]


@pytest.mark.parametrize("order", ["<", ">"])
def test_utf_16_of_either_order_is_read(
    run: MarkedRun, sheet: Callable[[bytes], Sheet], order: str
) -> None:
    name = {"<": "utf-16-le", ">": "utf-16-be"}[order]
    assert given(sheet(("\ufeff" + filled(run, "\t")).encode(name)), run) == RIGHT


@pytest.mark.parametrize(
    ("page", "comment", "told"),
    [("cp1250", "őszinte", "Windows-1250"), ("cp1252", "Größe", "Windows-1252")],
)
def test_old_encodings_are_read_and_told(
    run: MarkedRun, sheet: Callable[[bytes], Sheet], page: str, comment: str, told: str
) -> None:
    text = filled(run, ";", comma=",").replace("őszinte", comment)
    read = sheet(text.encode(page))
    assert read.assumed == (f"not in UTF-8: comments were read as {told}",)
    assert read.lines[0].comment == f"{comment} 1a"
    assert given(read, run) == RIGHT


def test_columns_may_come_in_any_order_with_others_between(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    lines = ["sep=;", " Teacher ;POINTS;Row;  Id "]
    lines += [f"x;{POINTS[n]} ;y;{id}" for n, id in ids(run).items()]
    assert given(sheet("\n".join([*lines, ";;;", "", ""])), run) == RIGHT


def test_a_cell_of_several_lines_does_not_move_the_count(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    first, second, third = ids(run).values()
    text = f'id,answer,points\n{first},"a\nb\nc",1\n{second},"d",9\n{third},,1\n'
    assert problems(sheet(text), run) == ["line 5: question 1b is worth 3, not 9"]


def test_numbers_of_questions_will_do_for_one_run_with_one_attempt(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    assert given(sheet("id,points\n1a,2.5\n1b,0\n2,3\n"), run) == RIGHT


def test_numbers_of_questions_do_not_do_for_several(
    tmp_path: Path, run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    other = make_run(tmp_path, ANSWERS, model="other")
    (problem,) = problems(sheet("id,points\n1a,2.5\n"), run, other, partial=True)
    assert "use the ids of evalkit marks export" in problem
    twice = make_run(tmp_path, {"1a": ("x", "y")}, model="twice")
    (problem,) = problems(sheet("id,points\n1a,2.5\n"), twice, partial=True)
    assert "use the ids of evalkit marks export" in problem


@pytest.mark.parametrize(
    "points", ["-1", "x", "1e0", "½", "nan", "1.2.3", "01.máj", "١"]
)
def test_what_is_no_number_of_points_is_named(
    run: MarkedRun, sheet: Callable[[str], Sheet], points: str
) -> None:
    (problem,) = problems(sheet(f"id,points\n1a,{points}\n1b,0\n2,0\n"), run)
    assert problem == f"line 2: question 1a: '{points}' is no number of points"


def test_everything_that_is_wrong_is_told_at_once(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    text = "id,points\n1a,1\n1a,2\n1b,2.3\nxxx,1\n,1\n2,\n"
    assert problems(sheet(text), run) == [
        "line 3: id '1a' is in line 2 already",
        "line 4: question 1b: 2.3 is not in whole or half points",
        "line 5: there is no answer of id 'xxx'",
        "line 6: there is no id",
        "line 7: question 2 has no points",
    ]


def test_missing_rows_are_named_unless_a_part_is_meant(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    read = sheet("id,points\n1a,1\n2,\n")
    missing = f"there is no row for question 1b (id {ids(run)['1b']})"
    assert problems(read, run) == ["line 3: question 2 has no points", missing]
    assert given(read, run, partial=True) == {"1a": 1}


def test_a_sheet_without_any_points_is_refused(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    found = problems(sheet("id,points\n1a,\n"), run, partial=True)
    assert found == ["no answer was given any points"]


def test_problems_beyond_twenty_are_counted(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    text = "id,points\n1a,1\n" + "".join(f"x{i},1\n" for i in range(30))
    found = problems(sheet(text), run)
    assert len(found) == 21
    assert found[-1] == "and 12 more"


@pytest.mark.parametrize("partial", [True, False])
def test_a_sheet_of_another_run_is_told_in_two_lines(
    tmp_path: Path, run: MarkedRun, sheet: Callable[[str], Sheet], partial: bool
) -> None:
    other = make_run(tmp_path, ANSWERS, model="other")
    assert problems(sheet(filled(other)), run, partial=partial) == [
        f"line 2: there is no answer of id '{ids(other)['1a']}'",
        "no other row is of these runs either",
    ]


def test_a_sheet_of_answers_that_are_no_more_is_refused(
    tmp_path: Path, run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    read = sheet(filled(run))
    again = make_run(tmp_path, {**ANSWERS, "1b": ("something else",)})
    (problem, missing) = problems(read, again)
    assert problem == (
        "line 3: question 1b had another answer when the sheet was made than the run "
        "has now: export it anew"
    )
    assert "no row for question 1b" in missing


def test_points_go_to_the_run_whose_answer_they_are_for(
    tmp_path: Path, run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    other = make_run(tmp_path, ANSWERS, model="other")
    text = "id,points\n"
    text += "".join(f"{id},1\n" for id in ids(run).values())
    text += "".join(f"{id},2\n" for id in ids(other).values())
    first, second = markings_from(sheet(text), (run, other), marker="human")
    assert {each.points for each in first.answers} == {1}
    assert {each.points for each in second.answers} == {2}
    assert first.results_sha256
    assert first.results_sha256 == second.results_sha256  # the same answers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "save the sheet as CSV"),
        (b"<!doctype html>\n<html>", "whose button downloads the sheet: save"),
        (b"id,points\n1\x00,1\n", "is no text"),
        (b"", "must have the columns 'id' and 'points'"),
        (b"1a,2\n1b,3\n", "which is: 1a,2"),
        (b"id,points,Points\n1a,2,3\n", "two columns 'points'"),
        (b"id,points\n", "no rows"),
        (b'id,points\n"1a"x,2\n', "is no CSV"),
        (b'id,points\n"1a,2\n', "is no CSV"),
        (b"\xff\xfei\x00d\x00", "must have the columns"),
        (b"\xff\xfei\x00d", "damaged"),
        (b"id,points\n1,1\n\x81\x8d\x88\x98\xff", "no known encoding"),
    ],
)
def test_what_is_no_sheet_is_told_in_one_line(
    sheet: Callable[[bytes], Sheet], content: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        sheet(content)
    assert "\n" not in str(caught.value)


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_sheet(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # 2,5 points without quotes would pass for 2, the rest thrown away
        ("id,points\n1a,2,5\n1b,0\n2,3\n", "line 2: has more cells than there are"),
        ("id,points,comment\n1a,2,well, no\n", "a cell with a comma in it belongs"),
        ("id;points;comment\n1a;2;well; no\n", "a cell with a semicolon in it"),
        # or for 2 with a comment
        ("id,points,comment\n1a,2,5\n1b,0\n2,3\n", "or 2,5 points, which belongs in"),
        # or for 2 with anything else, whatever of the sheet is in quotes
        ("id,points,remark\n2,1,5\n", "line 2: either 1 points with '5' in the column"),
        ('"id",points,comment\n2,1,5\n', "line 2: .* or 1,5 points"),
        ('"id","points","x"\n"2","1","5"\n"1b",1,5\n', "line 3: .* or 1,5 points"),
        ('id,answer,points,x\n2,"a\n""b"",",1,5\n', "line 2: .* or 1,5 points"),
        ("id,points,remark\r\n2,1, 50\r\n", "or 1,50 points"),
        ("id,points,,comment\n2,1,5,\n", "or 1,5 points"),
    ],
)
def test_points_torn_at_their_decimal_comma_are_not_taken(
    sheet: Callable[[str], Sheet], text: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        sheet(text)


def test_a_number_is_a_comment_where_nothing_can_be_torn(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    quoted = '"id","points","comment"\n"1a","2.5","5"\n"1b","0","7"\n"2","3",""\n'
    assert given(sheet(quoted), run) == RIGHT
    plain = quoted.replace('"', "").replace(",", ";")
    assert [each.comment for each in sheet(plain).lines] == ["5", "7", ""]
    assert given(sheet(plain), run) == RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "points,id\n2.5,1a\n1,2\n",
        "id,points,points possible\n1a,2.5,3\n2,1,3\n",
        "id,points,number\n1a,2.5,1\n2,1,2\n",
        'id,points,pages\n1a,2.5,7\n2,"1",7\n',
        'id,points,pages\n1a,2.5,7\n2,1,"7"\n',
        "id,points,year\n1a,2.5,2024\n2,1,2024\n",
        "id,x,points\n1a,1,2.5\n2,5,1\n",
    ],
)
def test_numbers_behind_the_points_that_nothing_can_have_torn(
    run: MarkedRun, sheet: Callable[[str], Sheet], text: str
) -> None:
    assert given(sheet(text), run, partial=True) == {"1a": 2.5, "2": 1}


def test_a_guard_comes_off_whatever_it_guards(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    read = sheet("id;points;comment\n'1a;'2,5;'1/2\n")
    assert read.lines[0].comment == "1/2"
    assert given(read, run, partial=True) == {"1a": 2.5}


def test_empty_cells_beyond_the_headings_are_no_matter(
    run: MarkedRun, sheet: Callable[[str], Sheet]
) -> None:
    assert given(sheet("id,points\n1a,2.5,,\n1b,0,\n2,3, \n"), run) == RIGHT


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_tells_the_separator_is_counted(
    run: MarkedRun, sheet: Callable[[str], Sheet], first: str, end: str
) -> None:
    text = end.join([first, "id;points", "1a;9", "1b;0", "2;3"])
    assert problems(sheet(text), run) == ["line 3: question 1a is worth 3, not 9"]


@pytest.mark.parametrize("half", [".5", ",5", "0.50"])
def test_half_a_point_needs_no_nought(
    run: MarkedRun, sheet: Callable[[str], Sheet], half: str
) -> None:
    read = sheet(f"id;points\n1a;{half}\n")
    assert given(read, run, partial=True) == {"1a": 0.5}


def test_utf_32_is_told_to_be_no_text(sheet: Callable[[bytes], Sheet]) -> None:
    with pytest.raises(UsageError, match="save the sheet as CSV in UTF-8"):
        sheet("id,points\n1a,1\n".encode("utf-32"))
