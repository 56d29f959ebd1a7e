"""Rows that are not as they should be: one line that names the file and the row."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit import Data, DataError, DatasetRef, Row
from tests.conftest import Evalkit

Json = Mapping[str, Any]
REF = DatasetRef(
    id="someone/quiz",
    revision="0123456789abcdef0123456789abcdef01234567",
    files={"test": "test*"},
    example_files={"train": "train*"},
    columns=("id", "question"),
    name_column="id",
)
ROWS = ({"id": "a", "question": "1?"}, {"id": "b", "question": "2?"})


def row(value: object) -> Row:
    return Row({"x": value}, "someone/quiz/test.jsonl", 7)


def wrong(call: Any, *words: object, **named: object) -> str:
    """What is said of a row: one line, which begins with where it is."""
    with pytest.raises(DataError) as caught:
        call(*words, **named)
    where, colon, said = str(caught.value).partition(": ")
    assert (where, colon) == ("someone/quiz/test.jsonl, row 7", ": ")
    assert len(said.splitlines()) == 1
    return said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        ("", "''"),
        (" \n\t", r"' \n\t'"),
        (3, "3"),
        (["a"], "['a']"),
        ({"a": 1}, "{'a': 1}"),
        (True, "True"),
        (b"a", "b'a'"),
    ],
)
def test_what_is_no_text(value: object, shown: str) -> None:
    said = wrong(row(value).text, "x")
    assert said == f"column 'x' must be a text, not {shown}"


def test_a_text_is_given_as_it_stands() -> None:
    assert row(" a\nb ").text("x") == " a\nb "


@pytest.mark.parametrize("value", [None, "ab", ["a"], [], ("a", "b"), {"a": "b"}, 2])
def test_what_is_no_list_of_choices(value: object) -> None:
    said = wrong(row(value).texts, "x")
    assert said.startswith("column 'x' must be a list of choices, not ")


@pytest.mark.parametrize("bad", [None, "", "  ", 5, ["c"]])
def test_which_choice_is_no_text(bad: object) -> None:
    said = wrong(row(["a", bad, "c"]).texts, "x")
    assert said.startswith("column 'x', choice 2 must be a text, not ")


def test_choices_within_a_column() -> None:
    nested = row({"text": ["a", "b"], "label": ["1", ""]})
    assert nested.texts("x", "text") == ("a", "b")
    assert "column 'x', 'label', choice 2 must be a text" in wrong(
        nested.texts, "x", "label"
    )
    assert "column 'x' must have 'other', not " in wrong(nested.texts, "x", "other")
    assert "column 'x' must have 'text', not ['a', 'b']" in wrong(
        row(["a", "b"]).texts, "x", "text"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        ("E", "'E'"),
        ("a", "'a'"),
        ("", "''"),
        ("AB", "'AB'"),
        (0, "0"),
        (True, "True"),
        (["A"], "['A']"),
    ],
)
def test_what_is_no_label(value: object, shown: str) -> None:
    said = wrong(row(value).place, "x", "ABCD")
    assert said == f"column 'x' has the label {shown}; there are A, B, C, D"


def test_the_place_of_a_label() -> None:
    assert row(" C ").place("x", "ABCD") == 2
    assert row(2).place("x", ["1", "2"]) == 1
    assert "has the answer 'E'" in wrong(row("E").place, "x", "AB", what="answer")


def test_true_is_no_name() -> None:
    said = wrong(row(True).place, "x", ["True", "False"])
    assert said == "column 'x' has the label True; there are True, False"


@pytest.mark.parametrize("value", [-1, 4, "4", "01", "1.0", 1.0, None, True, False, ""])
def test_what_is_no_number_below(value: object) -> None:
    said = wrong(row(value).number_below, "x", 4)
    assert said.endswith("there are 0, 1, 2, 3")


@pytest.mark.parametrize("value", [3, "3", " 3"])
def test_a_number_below(value: object) -> None:
    assert row(value).number_below("x", 4) == 3


@pytest.mark.parametrize(
    "value", [None, 1, "01", [4], [-1], ["1"], [True], [1.0], [1, 1], {0: 1}]
)
def test_what_is_no_list_of_places(value: object) -> None:
    said = wrong(row(value).places, "x", 4)
    assert said.startswith("column 'x' must list numbers from 0 to 3, not ")


@pytest.mark.parametrize(("value", "places"), [([], ()), ([3, 0], (0, 3))])
def test_places(value: object, places: tuple[int, ...]) -> None:
    assert row(value).places("x", 4) == places


def test_a_long_wrong_value_is_cut() -> None:
    said = wrong(row(["a" * 10_000]).text, "x")
    assert len(said) < 100
    assert said.endswith("…")


def lay_out(root: Path, files: Mapping[str, Sequence[Json]]) -> Data:
    """A data folder with these files of rows."""
    folder = root / "someone" / "quiz"
    folder.mkdir(parents=True)
    for name, rows in files.items():
        text = "".join(json.dumps(each) + "\n" for each in rows)
        (folder / name).write_text(text)
    return Data(root=root)


def ids(data: Data, split: str = "test") -> list[str]:
    return [each.text("id") for each in data.rows(REF, split)]


def test_the_files_of_a_split_are_read_in_the_order_of_their_names(
    tmp_path: Path,
) -> None:
    files = {"test-1.jsonl": [{"id": "c", "question": "3?"}], "test-0.jsonl": ROWS}
    data = lay_out(tmp_path, files)
    assert ids(data) == ["a", "b", "c"]
    assert [(each.file, each.number) for each in data.rows(REF, "test")] == [
        ("someone/quiz/test-0.jsonl", 0),
        ("someone/quiz/test-0.jsonl", 1),
        ("someone/quiz/test-1.jsonl", 0),
    ]


def problem(data: Data) -> str:
    with pytest.raises(DataError) as caught:
        ids(data)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_two_rows_of_one_name_are_named_across_files(tmp_path: Path) -> None:
    files = {"test-0.jsonl": ROWS, "test-1.jsonl": ROWS[1:]}
    assert problem(lay_out(tmp_path, files)) == (
        "someone/quiz/test-1.jsonl, row 0: column 'id' has 'b', as "
        "someone/quiz/test-0.jsonl, row 1 has"
    )


def test_rows_of_other_splits_may_have_the_same_names(tmp_path: Path) -> None:
    data = lay_out(tmp_path, {"test.jsonl": ROWS, "train.jsonl": ROWS})
    assert ids(data) == ids(data, "train") == ["a", "b"]


def test_a_row_without_its_name_is_named(tmp_path: Path) -> None:
    nameless = [*ROWS, {"id": "", "question": "3?"}]
    said = problem(lay_out(tmp_path, {"test.jsonl": nameless}))
    assert said == "someone/quiz/test.jsonl, row 2: column 'id' must be a text, not ''"


def test_the_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    files = {"test-0.jsonl": ROWS, "test-1.jsonl": [{"id": "c", "Question": "3?"}]}
    said = problem(lay_out(tmp_path, files))
    assert said == (
        "someone/quiz/test-1.jsonl has no column 'question'; it has: id, Question"
    )


def test_the_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    data = lay_out(tmp_path, {"test-0.jsonl": ROWS})
    (tmp_path / "someone/quiz/test-1.jsonl").write_text('{"id": "c", "question\n')
    assert problem(data).startswith("someone/quiz/test-1.jsonl cannot be read: ")


def test_files_of_two_kinds_are_refused(tmp_path: Path) -> None:
    data = lay_out(tmp_path, {"test.jsonl": ROWS, "test.csv": ()})
    assert "found test.csv, test.jsonl" in problem(data)


RANKER = """\
from evalkit import Rank, Ranked

def first(request):
    if not isinstance(request, Rank):
        return "A"
    ranked = [
        Ranked(logprob=-float(place), tokens=1, size=1, greedy=False)
        for place, _ in enumerate(request.choices)
    ]
    return request.ranking(ranked)
"""
ARC = tuple(
    {
        "id": f"q{number}",
        "question": f"Which is {number}?",
        "choices": {"text": [str(number), "none"], "label": ["A", "B"]},
        "answerKey": "A",
    }
    for number in range(3)
)


def arc(root: Path, **splits: Sequence[Json]) -> Path:
    folder = root / "data" / "allenai" / "ai2_arc" / "ARC-Easy"
    folder.mkdir(parents=True)
    for name, rows in splits.items():
        text = "".join(json.dumps(each) + "\n" for each in rows)
        (folder / f"{name}.jsonl").write_text(text)
    return root / "data"


@pytest.fixture
def ask_arc(evalkit: Evalkit, tmp_path: Path) -> Evalkit:
    (tmp_path / "ranker.py").write_text(RANKER)

    def call(*words: str, **variables: str) -> Any:
        model = ("--model=scripted:ranker:first", "--backend-set=ranks=true")
        data = f"--data={tmp_path / 'data'}"
        return evalkit("run", "--tasks=arc_easy", *model, data, *words, **variables)

    return call


def test_worked_examples_are_not_missed_where_none_are_shown(
    ask_arc: Evalkit, tmp_path: Path
) -> None:
    arc(tmp_path, test=ARC)
    done = ask_arc()
    assert done.returncode == 0, done.stderr
    assert "3 right" in done.stdout
    (line,) = ask_arc("--shots=2").stderr.splitlines()
    assert line.startswith("evalkit: ")
    assert "has no file allenai/ai2_arc/ARC-Easy/train*" in line
    assert ask_arc("--shots=2").returncode == 2


def test_worked_examples_are_part_of_what_was_asked(
    ask_arc: Evalkit, tmp_path: Path
) -> None:
    arc(tmp_path, test=ARC, train=[{**each, "id": f"t-{each['id']}"} for each in ARC])
    done = ask_arc("--shots=2")
    assert done.returncode == 0, done.stderr
    (results,) = tmp_path.glob("runs/arc_easy/*/results.jsonl")
    first = json.loads(results.read_text().splitlines()[0])
    assert first["attempts"][0]["turns"][0]["prompt"] == (
        "Question: Which is 0?\nAnswer: 0\n\nQuestion: Which is 1?\nAnswer: 1\n\n"
        "Question: Which is 0?\nAnswer:"
    )


def test_more_worked_examples_than_there_are_is_one_line(
    ask_arc: Evalkit, tmp_path: Path
) -> None:
    arc(tmp_path, test=ARC, train=ARC[:2])
    done = ask_arc("--shots=3")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "--shots 3: task 'arc_easy' has 2 worked examples" in line


def test_a_wrong_row_is_one_line_and_no_run(ask_arc: Evalkit, tmp_path: Path) -> None:
    arc(tmp_path, test=[*ARC[:2], {**ARC[2], "answerKey": "C"}])
    done = ask_arc()
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line == (
        "evalkit: allenai/ai2_arc/ARC-Easy/test.jsonl, row 2: column 'answerKey' has "
        "the label 'C'; there are A, B"
    )
    assert not list(tmp_path.glob(os.path.join("runs", "*")))


def test_a_wrong_row_behind_the_limit_is_not_read(
    ask_arc: Evalkit, tmp_path: Path
) -> None:
    arc(tmp_path, test=[*ARC[:2], {**ARC[2], "answerKey": "C"}])
    done = ask_arc("--limit=2")
    assert done.returncode == 0, done.stderr
    assert "2 right" in done.stdout
