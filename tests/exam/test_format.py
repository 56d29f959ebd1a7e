"""The exam format: what is read, and what is said of a folder that holds no exam."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit import DataError, UsageError
from evalkit.exam import ExamPaper, read_exam
from evalkit.exam.files import MAX_BYTES, MAX_LINES
from evalkit.exam.folder import FolderExam
from evalkit.exam.schemas import schema
from evalkit.grading import FINALS
from tests.exam.made import QUESTIONS, WORKED, Change, Json, made, write_lines


def refused(folder: Path) -> str:
    """What is said of a folder: one line."""
    with pytest.raises(DataError) as caught:
        read_exam(folder)
    said = str(caught.value)
    assert "\n" not in said
    return said


def broken(tmp_path: Path, change: Change) -> str:
    return refused(made(tmp_path / "my_exam", change))


def paper(tmp_path: Path, change: Change | None = None) -> ExamPaper:
    folder = tmp_path / "my_exam"
    return read_exam(made(folder) if change is None else made(folder, change))


# What is read.


def test_an_exam_is_read_as_it_is_written(tmp_path: Path) -> None:
    found = paper(tmp_path)
    assert (found.name, found.points, found.language) == ("small_exam", 9, "en")
    assert [each.number for each in found.questions] == ["1", "2a", "2b", "3"]
    assert [each.problem for each in found.questions] == ["1", "2", "2", "3"]
    assert [each.choose for each in found.parts] == [None, 1]
    assert [each.id for each in found.worked] == ["worked-1", "worked-2"]
    first = found.samples()[0]
    assert (first.id, first.target, first.points) == ("1", "13 cm", 3.0)
    assert [each.points for each in first.rubric] == [1.0, 1.0, 1.0]
    assert json.loads(first.metadata["notes"]) == ["Written for tests."]
    assert first.metadata["full_marks"] == "9"
    assert "choose" not in first.metadata
    second = found.samples()[1]
    assert (second.metadata["choose"], second.metadata["problem"]) == ("1", "2")
    assert second.metadata["figure"] == "None was lost."
    assert "notes" not in second.metadata


def test_worked_examples_may_be_missing(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    (folder / "worked.jsonl").unlink()
    assert read_exam(folder).worked == ()


@pytest.mark.parametrize("name", ["exam.json", "questions.jsonl", "worked.jsonl"])
@pytest.mark.parametrize(
    ("head", "end"), [(b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"", b"\n\n \n")]
)
def test_what_editors_leave_in_a_file_is_accepted(
    tmp_path: Path, name: str, head: bytes, end: bytes
) -> None:
    folder = made(tmp_path / "my_exam")
    plain = read_exam(folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(head + content.replace(b"\n", end))
    assert read_exam(folder) == plain


def test_a_line_separator_within_a_question_ends_no_line(tmp_path: Path) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        questions[0]["question"] = "Two\u2028lines,\x85three\x0cpages"

    found = paper(tmp_path, change)
    assert found.questions[0].question == "Two\u2028lines,\x85three\x0cpages"


def test_nothing_but_the_named_files_is_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    (folder / "more.jsonl").write_bytes(b"\xff not an exam")
    (folder / "sub").mkdir()
    (folder / "sub" / "exam.json").write_text("{")
    assert len(read_exam(folder).questions) == 4


# Marking.


def test_an_answer_is_marked_step_by_step(tmp_path: Path) -> None:
    found = paper(tmp_path)
    text = "By Pythagoras: 12² + 5² = 169.\nFinal answer: 14 cm"
    marked = found.mark("1", text)
    assert [each.points for each in marked.marks] == [1.0, 1.0, 0.0]
    assert (marked.points, marked.read) == (2.0, "14 cm")
    assert found.mark("1", "Final answer: 13 cm").points == 3.0
    assert found.mark("1", "").points == 0.0


def test_a_number_that_the_exam_has_not_is_named_with_a_close_one(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match=r"no question named '2c'.*2b"):
        paper(tmp_path).mark("2c", "Final answer: 7")


# What is refused. Each change breaks one thing.


def setting(where: str, value: Any) -> Change:
    """A change of one field, such as 0.rubric.2.points of the questions, or of the
    heading where it begins with no number."""

    def change(heading: Json, questions: list[Json]) -> None:
        *path, last = [
            int(each) if each.isdigit() else each for each in where.split(".")
        ]
        place: Any = questions if isinstance((*path, last)[0], int) else heading
        for each in path:
            place = place[each]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


HEADING_FAULTS: Mapping[str, tuple[str, Any, str]] = {
    "a name with a space": ("name", "My exam", "name: 'My exam' must be small letters"),
    "a name that is a path": ("name", "../x", "name: '../x' must be small letters"),
    "no name": ("name", None, "has no field 'name'"),
    "a version that is no number": ("version", "2", "version: '2' is not a whole"),
    "true for a version": ("version", True, "version: True is not a whole number"),
    "a field nobody knows": (
        "licence",
        "MIT",
        "no field named 'licence'. Did you mean 'license'?",
    ),
    "points of text": ("points", "nine", "points: 'nine' is not a number"),
    "a third of a point": ("points", 1 / 3, "is not a multiple of 0.5"),
    "no parts": ("parts", [], "parts: has 0 entries, 1 at least are wanted"),
    "a part of text": ("parts", ["I"], "parts[0]: 'I' is not an object in braces"),
    "two parts of a name": (
        "parts",
        [{"name": "I"}, {"name": "I"}],
        "parts[1].name: another part is 'I' too",
    ),
    "a part without questions": (
        "parts",
        [{"name": "I"}, {"name": "II", "choose": 1}, {"name": "III"}],
        "parts[2]: no question is of part 'III'",
    ),
    "more to choose than there is": (
        "parts.1.choose",
        3,
        "parts[1].choose: 3 of 2 problems cannot be chosen",
    ),
    "another sum": (
        "points",
        10,
        "points: the exam is worth 10, and its questions add up to 9 (I: 3, II: 6)",
    ),
    "choosing left out": (
        "parts.1.choose",
        None,
        "and its questions add up to 15 (I: 3, II: 12)",
    ),
    "an instruction without the question": (
        "instruction",
        "Solve this.",
        "instruction: 'Solve this.' has no {question}",
    ),
    "a language in words": ("language", "English!", "must be a language tag"),
    "a note that is empty": ("notes", [""], "notes[0]: is empty"),
}


@pytest.mark.parametrize("fault", HEADING_FAULTS)
def test_what_is_wrong_with_the_heading_is_told(tmp_path: Path, fault: str) -> None:
    where, value, wanted = HEADING_FAULTS[fault]
    said = broken(tmp_path, setting(where, value))
    assert said.startswith("my_exam/exam.json: ")
    assert wanted in said


QUESTION_FAULTS: Mapping[str, tuple[str, Any, int, str]] = {
    "points of text": (
        "0.rubric.2.points",
        "two",
        1,
        "rubric[2].points: 'two' is not a number (in step 3)",
    ),
    "a field misspelt": (
        "0.pionts",
        3,
        1,
        "no field named 'pionts'. Did you mean 'points'?",
    ),
    "a step misspelt": (
        "3.rubric.0.chek",
        {},
        4,
        "rubric[0]: no field named 'chek'. Did you mean 'check'? (in step 1)",
    ),
    "a field left out": ("1.question", None, 2, "has no field 'question'"),
    "an empty question": ("1.question", "  ", 2, "question: ' ' says nothing"),
    "a number with a space": ("1.number", "2 a", 2, "number: '2 a' must be a number"),
    "a number that is no text": ("1.number", 2, 2, "number: 2 is not a text"),
    "the same number": ("3.number", "1", 4, "number: line 1 is '1' too"),
    "an unknown part": ("0.part", "III", 1, "part: no part named 'III'"),
    "an unknown kind": (
        "0.answer_type",
        "nubmer",
        1,
        "answer_type: no kind named 'nubmer'. Did you mean 'number'?",
    ),
    "an answer of another kind": (
        "1.answer.value",
        "7",
        2,
        "answer.value: expected 'array', got 'str', for a 'number_set'",
    ),
    "an element of another kind": (
        "1.answer.value",
        [7, "x"],
        2,
        "answer.value[1]: expected 'float', got 'str'",
    ),
    "an answer without its value": (
        "0.answer",
        {},
        1,
        "answer: has no field 'value', as a 'number' must",
    ),
    "a field of the answer misspelt": (
        "0.answer",
        {"value": 13, "tol_ab": 1},
        1,
        "answer: no field named 'tol_ab'. Did you mean 'tol_abs'?",
    ),
    "an answer that is a list": ("0.answer", [13], 1, "answer: [13] is not an object"),
    "no rubric": ("0.rubric", [], 1, "rubric: has 0 entries, 1 at least are wanted"),
    "a rubric that does not add up": (
        "0.rubric.0.points",
        2,
        1,
        "rubric: its steps add up to 4 points, and the question is worth 3",
    ),
    "points below nothing": (
        "0.rubric.0.points",
        -1,
        1,
        "rubric[0].points: -1 is not more than 0",
    ),
    "a later step needed": (
        "0.rubric.0.needs",
        [2],
        1,
        "rubric[0].needs: step 1 can only need steps before it, and not 2 (not before)",
    ),
    "a step needed that there is not": (
        "0.rubric.1.needs",
        [9],
        1,
        "rubric[1].needs: step 2 can only need steps before it, and not 9 (there is",
    ),
    "itself needed": ("0.rubric.1.needs", [2], 1, "and not 2"),
    "a check of text": ("0.rubric.1.check", "169", 1, "rubric[1].check: '169' is not"),
    "a check of nothing": (
        "0.rubric.1.check",
        {},
        1,
        "rubric[1].check: must have exactly one of final, value, equation",
    ),
    "a check of two things": (
        "0.rubric.1.check",
        {"value": 1, "says": "x"},
        1,
        "rubric[1].check: must have exactly one of final, value, equation",
    ),
    "a check misspelt": (
        "0.rubric.1.check",
        {"valeu": 169},
        1,
        "rubric[1].check: no field named 'valeu'. Did you mean 'value'? (in step 2)",
    ),
    "a check within a check misspelt": (
        "0.rubric.1.check",
        {"any": [{"value": 169}, {"sayz": "x"}]},
        1,
        "rubric[1].check.any[1]: no field named 'sayz'. Did you mean 'says'?",
    ),
    "a value that is no mathematics": (
        "0.rubric.1.check",
        {"value": "13 +"},
        1,
        "cannot read '13 +' as mathematics",
    ),
    "an equation without a sign": (
        "0.rubric.1.check",
        {"equation": "x + 1"},
        1,
        "rubric[1].check: an equation has one sign of equality",
    ),
    "problems to choose from of other worth": (
        "1.points",
        2.5,
        2,
        "rubric: its steps add up to 2 points, and the question is worth 2.5",
    ),
}


@pytest.mark.parametrize("fault", QUESTION_FAULTS)
def test_what_is_wrong_with_a_question_is_told(tmp_path: Path, fault: str) -> None:
    where, value, line, wanted = QUESTION_FAULTS[fault]
    said = broken(tmp_path, setting(where, value))
    assert said.startswith(f"my_exam/questions.jsonl, line {line}: ")
    assert wanted in said


@pytest.mark.parametrize(
    "name",
    ["tolerance", "tol", "within", "abs_tol", "tol_rel", "eps", "precision", "Unit"],
)
def test_a_field_that_the_type_has_not_is_refused(tmp_path: Path, name: str) -> None:
    answer = {"value": 18, "unit": "m/s", name: 0.5}
    said = broken(tmp_path, setting("0.answer", answer))
    assert said.startswith(
        f"my_exam/questions.jsonl, line 1: answer: no field named {name!r}."
    )
    assert said.endswith(
        " A 'number' has: value, tol_abs, unit, also, called; and 'note' for remarks"
    )


def test_a_field_that_the_type_has_not_is_refused_beside_its_own(
    tmp_path: Path,
) -> None:
    answer = {"value": 13, "tol_abs": 1, "tol_ab": 1}
    said = broken(tmp_path, setting("0.answer", answer))
    assert "no field named 'tol_ab'. Did you mean 'tol_abs'?" in said


def test_worked_examples_have_no_other_fields_either(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    answer = {"value": 6, "tolerance": 1}
    write_lines(folder / "worked.jsonl", [{**WORKED[0], "answer": answer}])
    said = refused(folder)
    assert said.startswith("my_exam/worked.jsonl, line 1: answer: no field named 'tol")


@pytest.mark.parametrize("name", ["note", "exact"])
def test_remarks_in_an_answer_are_accepted(tmp_path: Path, name: str) -> None:
    found = paper(tmp_path, setting("0.answer", {"value": 13, name: "sqrt(169)"}))
    assert found.mark("1", "Final answer: 13 cm").points == 3.0


def test_a_remark_of_another_type_is_refused(tmp_path: Path) -> None:
    said = broken(tmp_path, setting("0.answer", {"value": 13, "differences": [1]}))
    assert "no field named 'differences'." in said


def test_problems_to_choose_from_are_worth_the_same(tmp_path: Path) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        questions[1]["points"] = questions[1]["rubric"][0]["points"] = 3

    said = broken(tmp_path, change)
    assert said == (
        "my_exam/exam.json: parts[1].choose: problems to choose from must be worth the "
        "same (2: 7, 3: 6)"
    )


FILE_FAULTS: Mapping[str, tuple[str, bytes, str]] = {
    "nothing": ("exam.json", b"", "my_exam/exam.json: is not JSON"),
    "half an object": (
        "exam.json",
        b'{\n"name": "x",\n',
        "my_exam/exam.json: is not JSON: ",
    ),
    "a list": ("exam.json", b"[]", "my_exam/exam.json: is [], not an object in braces"),
    "a line that is broken off": (
        "questions.jsonl",
        b'\n{"number": "1"',
        "my_exam/questions.jsonl, line 2: is not JSON: ",
    ),
    "a table": (
        "questions.jsonl",
        b"number;points\n1;2\n",
        "my_exam/questions.jsonl, line 1: is not JSON: ",
    ),
    "no questions": (
        "questions.jsonl",
        b"\n\n",
        "my_exam/questions.jsonl: holds no questions",
    ),
    "Latin-1": (
        "questions.jsonl",
        b'{"number": "1"}\n{"question": "caf\xe9"}',
        "my_exam/questions.jsonl, line 2: is not UTF-8 (byte 0xe9): save the file in",
    ),
    "UTF-16": (
        "questions.jsonl",
        '{"number": "1"}'.encode("utf-16"),
        "my_exam/questions.jsonl, line 1: is not UTF-8 (byte 0xff)",
    ),
    "a field twice": (
        "exam.json",
        b'{"name": "a", "name": "b"}',
        "my_exam/exam.json: is not JSON as it is read here: 'name' is there",
    ),
    "a check within checks without end": (
        "questions.jsonl",
        b'{"number": "1", "check": ' + b'{"all": [' * 200 + b"]}" * 200 + b"}",
        "my_exam/questions.jsonl, line 1: is nested more than 40 deep",
    ),
    "a number that is none": (
        "exam.json",
        b'{"points": NaN}',
        "my_exam/exam.json: is not JSON as it is read here: NaN is no number",
    ),
    "an endless number": (
        "exam.json",
        b'{"points": ' + b"9" * 10_000 + b"}",
        "my_exam/exam.json: is not JSON as it is read here: ",
    ),
    "a number beyond all": ("exam.json", b'{"points": 1e999}', "my_exam/exam.json: "),
    "a well without a floor": (
        "questions.jsonl",
        b"[" * 200_000,
        "my_exam/questions.jsonl, line 1: is not JSON",
    ),
    "a whole number beyond all": (
        "exam.json",
        b'{"points": ' + b"9" * 400 + b"}",
        "my_exam/exam.json: is not JSON as it is read here: " + "9" * 39 + "… is no",
    ),
    "half a character": (
        "questions.jsonl",
        rb'{"number": "\ud800"}',
        r"my_exam/questions.jsonl, line 1: has \ud800, which is half a character",
    ),
    "too large a file": (
        "questions.jsonl",
        b" " * (MAX_BYTES + 1),
        "my_exam/questions.jsonl: is larger than 16 MiB",
    ),
    "a worked example without its solution": (
        "worked.jsonl",
        b'{"id": "w", "question": "?", "target": "1"}',
        "my_exam/worked.jsonl, line 1: has no field 'solution'",
    ),
    "a worked example with half its answer": (
        "worked.jsonl",
        b'{"id": "w", "question": "?", "target": "1", "solution": "1", "answer": {}}',
        "my_exam/worked.jsonl, line 1: answer_type and answer come together",
    ),
    "two worked examples of a name": (
        "worked.jsonl",
        b'{"id": "w", "question": "?", "target": "1", "solution": "1"}\n' * 2,
        "my_exam/worked.jsonl, line 2: id: another worked example is 'w' too",
    ),
}


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, fault: str) -> None:
    name, content, wanted = FILE_FAULTS[fault]
    folder = made(tmp_path / "my_exam")
    (folder / name).write_bytes(content)
    assert refused(folder).startswith(wanted)


def test_too_many_lines_are_not_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    many = ({**QUESTIONS[2], "number": str(n)} for n in range(MAX_LINES + 1))
    write_lines(folder / "questions.jsonl", many)
    assert f"has more than {MAX_LINES} lines" in refused(folder)


@pytest.mark.parametrize("name", ["exam.json", "questions.jsonl"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    folder = made(tmp_path / "my_exam")
    (folder / name).unlink()
    assert refused(folder).startswith(f"my_exam/{name}: there is no such file")


def test_a_folder_for_a_file_is_no_bug(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    (folder / "questions.jsonl").unlink()
    (folder / "questions.jsonl").mkdir()
    assert "questions.jsonl: is a folder, not a file" in refused(folder)


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    folder = made(tmp_path / "my_exam")
    (folder / "worked.jsonl").unlink()
    os.mkfifo(folder / "worked.jsonl")
    assert refused(folder) == "my_exam/worked.jsonl: is a pipe, not a file"


def test_an_error_stays_a_line_that_can_be_read(tmp_path: Path) -> None:
    def long(_: Json, questions: list[Json]) -> None:
        questions[0]["rubric"][0]["check"] = {"value": "1+" * 50_000 + "1"}

    said = refused(made(tmp_path / "my_exam", long))
    assert said.startswith(
        "my_exam/questions.jsonl, line 1: rubric[0].check: cannot read '1+1+1"
    )
    assert len(said) < 500


@pytest.mark.parametrize("name", ["I\n", "\x1b[31mI", " ", ""])
def test_a_part_has_a_name_in_one_line(tmp_path: Path, name: str) -> None:
    def called(heading: Json, _: list[Json]) -> None:
        heading["parts"][0]["name"] = name

    said = refused(made(tmp_path / "my_exam", called))
    assert said.endswith(f"parts[0].name: {name!r} must be words in one line")


@pytest.mark.parametrize("field", ["name", "language"])
def test_a_line_end_is_no_part_of_a_name(tmp_path: Path, field: str) -> None:
    def ended(heading: Json, _: list[Json]) -> None:
        heading[field] = "en\n"

    said = refused(made(tmp_path / "my_exam", ended))
    assert said.startswith(f"my_exam/exam.json: {field}: 'en\\n' must be")


def test_a_line_end_is_no_part_of_a_number(tmp_path: Path) -> None:
    def ended(_: Json, questions: list[Json]) -> None:
        questions[0]["number"] += "\n"

    said = refused(made(tmp_path / "my_exam", ended))
    assert "line 1: number: " in said


def test_an_empty_phrase_is_not_taken_for_a_wrong_list(tmp_path: Path) -> None:
    def silent(_: Json, questions: list[Json]) -> None:
        questions[0]["rubric"][0]["check"] = {"says": ""}

    said = refused(made(tmp_path / "my_exam", silent))
    assert "rubric[0].check.says: is empty (in step 1)" in said


# The schemas.


@pytest.mark.parametrize("name", ["exam", "questions", "worked"])
def test_the_schemas_are_schemas_and_describe_every_field(name: str) -> None:
    from jsonschema import Draft202012Validator

    found = schema(name)
    Draft202012Validator.check_schema(found)
    assert list(undescribed(found)) == []


def undescribed(found: Any, where: str = "") -> Any:
    """Fields without a description, by their place."""
    if isinstance(found, list):
        for each in found:
            yield from undescribed(each, where)
    elif isinstance(found, dict):
        for name, field in found.get("properties", {}).items():
            if not field.get("description"):
                yield f"{where}.{name}"
        for name, each in found.items():
            yield from undescribed(each, f"{where}.{name}")


def test_the_schema_knows_every_kind_of_answer() -> None:
    kinds = schema("questions")["properties"]["answer_type"]["enum"]
    assert kinds == sorted(FINALS)


def test_the_library_for_schemas_is_imported_only_for_an_exam() -> None:
    code = (
        "import sys\nfrom evalkit import Plugins\nlist(Plugins().tasks)\n"
        "sys.exit('jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_question_that_is_gone_is_no_riddle(tmp_path: Path) -> None:
    """Somebody may edit an exam while a run of it goes on."""
    task = FolderExam(path=made(tmp_path / "my_exam"))
    gone = replace(next(iter(task.samples())), id="99")
    with pytest.raises(DataError, match="the exam has no question '99' any more"):
        task.scheme(gone)
