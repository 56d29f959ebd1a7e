"""The commands as people call them, on a real exam answered beforehand."""

import csv
import errno
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.folder import RunFolder
from evalkit.marks.guarding import unguarded
from evalkit.marks.store import MarkedAnswer, Marking, read_marking, write_marking
from evalkit_tasks.hungarian_exam import HungarianExam
from tests.conftest import Evalkit, command, shared

PUBLISHED = {"Qwen-14B-Chat": 36.5, "Baichuan2-13B-Chat": 19.5, "Yi-34B-Chat": 39.0}
LIMIT = 4
IS_A = os.strerror(errno.EISDIR)


@pytest.fixture
def run(tmp_path: Path, evalkit: Evalkit) -> Path:
    """A small run of the exam."""
    lines = (json.dumps({"id": id, "text": f"I say {id}."}) for id in "1234")
    (tmp_path / "answers.jsonl").write_text("\n".join(lines))
    return made(tmp_path, evalkit, "answers.jsonl", "--limit", str(LIMIT))


def made(tmp_path: Path, evalkit: Evalkit, answers: str, *words: str) -> Path:
    """The folder of a run with these answers."""
    output = tmp_path / f"runs-{answers}"
    asked = ("--tasks", "hungarian_exam", "--model", f"scripted:{answers}", *words)
    done = evalkit("run", *asked, "--output", str(output))
    assert done.returncode == 0, done.stderr
    (folder,) = (each.parent for each in output.glob("*/*/record.json"))
    return folder


def numbers() -> list[str]:
    """The exam's questions."""
    return [each.id for each in HungarianExam().samples()]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def save(path: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """A sheet as Excel saves it where numbers have decimal commas."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("id", "points", "comment"))
        for row in rows:
            points = str(row["points"]).replace(".", ",")
            writer.writerow((row["id"], points, row.get("comment", "")))
    return str(path)


def marked(tmp_path: Path, evalkit: Evalkit, run: Path, points: float) -> str:
    """A sheet that gives every answer the same points."""
    exported = tmp_path / "sheet.csv"
    done = evalkit("marks", "export", str(run), "--to", str(exported))
    assert done.stdout == f"{exported}: {LIMIT} answers to {LIMIT} questions\n"
    rows = [row | {"points": str(points)} for row in rows_of(exported)]
    return save(tmp_path / f"marked-{points}.csv", rows)


def test_a_sheet_goes_out_and_comes_back(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    card = (run / "card.md").read_text()
    sheet = marked(tmp_path, evalkit, run, 1.5)
    done = evalkit("marks", "import", str(run), sheet, "--by", "Ann")
    assert done.returncode == 0, done.stderr
    assert "human (Ann): 4 of 4 answers" in done.stdout
    assert done.stdout.count("exam_total: ") == 2
    marking = read_marking(RunFolder(run), "human")
    assert [each.points for each in marking.answers] == [1.5] * LIMIT
    assert [each.id for each in marking.answers] == ["1", "2", "3", "4"]
    assert marking.by == "Ann"
    assert marking.made
    assert "Ann" in (run / "card.md").read_text()
    assert "Ann" not in card


def test_a_page_is_written_too_and_anything_else_refused(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    page = tmp_path / "sheet.html"
    assert evalkit("marks", "export", str(run), "--to", str(page)).returncode == 0
    assert page.read_text().startswith("<!doctype html>")
    assert "answers.jsonl" not in page.read_text()
    refused = evalkit("marks", "export", str(run), "--to", "sheet.xlsx")
    assert refused.returncode == 2
    assert "must end in .csv or .html" in refused.stderr


def test_a_sheet_that_somebody_filled_in_is_not_written_over(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    sheet = Path(marked(tmp_path, evalkit, run, 1))
    content = sheet.read_bytes()
    refused = evalkit("marks", "export", str(run), "--to", str(sheet))
    assert refused.returncode == 2
    assert refused.stderr == (
        f"evalkit: --to '{sheet}' is not written over: line 2 has points; choose "
        "another name, or remove it\n"
    )
    assert sheet.read_bytes() == content
    blank = str(tmp_path / "sheet.csv")
    assert evalkit("marks", "export", str(run), "--to", blank).returncode == 0


def exported(tmp_path: Path, evalkit: Evalkit, run: Path, separator: str) -> Path:
    """A sheet as it is written."""
    path = tmp_path / "t.csv"
    words = ("--to", str(path), "--separator", separator)
    assert evalkit("marks", "export", str(run), *words).returncode == 0
    return path


def with_points(sheet: str) -> str:
    """The sheet with points for its first answer."""
    return sheet.replace(',"",""', ',"2",""', 1)


SPOILT: tuple[tuple[Callable[[str], str], str], ...] = (
    (lambda sheet: with_points(sheet) + '"torn', "is no CSV"),
    (lambda sheet: "My class\n" + with_points(sheet), "must have the columns"),
    (lambda sheet: "PK\x03\x04" + with_points(sheet), "is a workbook"),
    (lambda sheet: sheet.replace(',"",""', ',"","good"', 1), "has a comment"),
    (lambda sheet: sheet.replace(',"",""', ',""," "', 1), "as evalkit writes"),
    (lambda sheet: sheet.replace('"id",', '"id","mine",', 1), "as evalkit writes"),
    (lambda sheet: sheet.replace("\r\n", "\n"), "as evalkit writes"),
    (lambda sheet: "notes of mine\n", "must have the columns"),
    (lambda sheet: "<!doctype html><p>mine", "is the page to mark in"),
)


@pytest.mark.parametrize(("spoil", "why"), SPOILT)
def test_only_an_export_as_it_was_written_is_written_over(
    tmp_path: Path,
    evalkit: Evalkit,
    run: Path,
    spoil: Callable[[str], str],
    why: str,
) -> None:
    path = exported(tmp_path, evalkit, run, "comma")
    before = path.read_bytes()
    spoilt = spoil(before.decode("utf-8-sig")).encode()
    marked = not spoilt.startswith((b"PK", b"<"))
    path.write_bytes(b"\xef\xbb\xbf" + spoilt if marked else spoilt)
    content = path.read_bytes()
    assert content != before
    done = evalkit("marks", "export", str(run), "--to", str(path))
    assert done.returncode == 2
    assert path.read_bytes() == content
    assert done.stderr.startswith(f"evalkit: --to '{path}' is not written over: ")
    assert why in done.stderr
    assert done.stderr.endswith("; choose another name, or remove it\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("separator", ["comma", "semicolon", "tab"])
def test_an_untouched_export_is_written_over(
    tmp_path: Path, evalkit: Evalkit, run: Path, separator: str
) -> None:
    path = exported(tmp_path, evalkit, run, separator)
    words = ("marks", "export", str(run), "--to")
    assert evalkit(*words, str(path), "--seed", "1").returncode == 0
    page = str(tmp_path / "t.html")
    assert [evalkit(*words, page).returncode for _ in range(2)] == [0, 0]
    path.rename(page)
    assert evalkit(*words, page).returncode == 0
    Path(page).write_text("<!doctype html>\n<title>mine</title>")
    assert evalkit(*words, page).returncode == 2


def test_a_marker_is_not_compared_with_itself(evalkit: Evalkit, run: Path) -> None:
    refused = evalkit("marks", "agree", str(run), "automatic", "automatic")
    assert refused.returncode == 2
    assert refused.stderr == (
        "evalkit: 'automatic' twice: name two markers to compare\n"
    )


def test_a_second_marker_is_told_from_the_first(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    first = marked(tmp_path, evalkit, run, 1)
    second = marked(tmp_path, evalkit, run, 1.5)
    assert evalkit("marks", "import", str(run), first).returncode == 0
    again = evalkit("marks", "import", str(run), second)
    assert again.returncode == 2
    assert "--as human2 for a second marker, or --replace" in again.stderr
    done = evalkit("marks", "import", str(run), second, "--as", "human2")
    assert "human and human2, 4 answers: 0 % exactly alike, 100 % within" in done.stdout
    replaced = evalkit("marks", "import", str(run), second, "--replace")
    assert "human2 and human, 4 answers: 100 % exactly alike" in replaced.stdout
    refused = evalkit("marks", "import", str(run), second, "--as", "judge")
    assert refused.returncode == 2
    assert "people's marks are called human" in refused.stderr


def test_nothing_is_half_imported(tmp_path: Path, evalkit: Evalkit, run: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"id": "1", "text": "another"}')
    other = made(tmp_path, evalkit, "other.jsonl", "--limit", "1")
    files = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    sheet = tmp_path / "sheet.csv"
    evalkit("marks", "export", str(run), str(other), "--to", str(sheet))
    rows = [row | {"points": "1"} for row in rows_of(sheet)]
    rows[0]["points"] = "0.25"
    rows[1]["points"] = "99"
    done = evalkit(
        *("marks", "import", str(run), str(other)), save(tmp_path / "m.csv", rows[:-1])
    )
    assert done.returncode == 2
    first, second, third, last = done.stderr.splitlines()
    assert "line 2: question" in first
    assert "0.25 is not in whole or half points" in first
    assert "line 3: question" in second
    assert "there is no row for question" in third
    assert last == f"evalkit: '{tmp_path / 'm.csv'}': nothing was imported"
    assert not (run / "marks").exists()
    assert not (other / "marks").exists()
    for path, content in files.items():
        assert path.name == "lock" or path.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_told_in_a_line(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    sheet = marked(tmp_path, evalkit, run, 1)
    (run / "lock").unlink()
    (run / "lock").mkdir()
    done = evalkit("marks", "import", str(run), sheet)
    assert done.returncode == 2
    where = run / "lock"
    what = "it is a folder, not a file"
    assert done.stderr == f"evalkit: '{where}' cannot be written: {what}\n"
    (run / "lock").rmdir()
    (run / "marks" / "human.json").mkdir(parents=True)
    done = evalkit("marks", "import", str(run), sheet, "--replace")
    assert done.returncode == 2
    where = run / "marks" / "human.json"
    assert done.stderr == f"evalkit: '{where}' cannot be written: {what}\n"


def test_marks_are_in_though_the_card_cannot_be_written(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    sheet = marked(tmp_path, evalkit, run, 1)
    (run / "card.md").unlink()
    (run / "card.md").mkdir()
    done = evalkit("marks", "import", str(run), sheet)
    assert done.returncode == 0
    assert done.stderr == (
        f"evalkit: warning: '{run / 'card.md'}' cannot be written ({IS_A}) and lacks "
        "these marks, which are in the run\n"
    )
    assert len(read_marking(RunFolder(run), "human").answers) == LIMIT


def test_of_two_imports_at_once_one_is_refused(
    tmp_path: Path, environment: dict[str, str], evalkit: Evalkit, run: Path
) -> None:
    first = marked(tmp_path, evalkit, run, 1)
    second = tmp_path / "second.csv"
    second.write_text("id,points\n1,0\n2,0\n3,0\n4,0\n")
    both = [
        subprocess.Popen(
            command("marks", "import", str(run), str(sheet)),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for sheet in (first, second)
    ]
    said = [process.communicate()[1] for process in both]
    won = next(place for place in (0, 1) if both[place].returncode == 0)
    assert both[1 - won].returncode == 2
    refusal = said[1 - won]
    assert "has marks of 'human' already" in refusal or "is in use by" in refusal
    points = [each.points for each in read_marking(RunFolder(run), "human").answers]
    assert points == [1.0 - won] * LIMIT


def test_an_import_that_was_killed_before_its_end_is_given_again(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    """Marks are there and the card is not; of two runs the first only has marks."""
    lines = (json.dumps({"id": id, "text": f"No, {id}."}) for id in "1234")
    (tmp_path / "others.jsonl").write_text("\n".join(lines))
    other = made(tmp_path, evalkit, "others.jsonl", "--limit", str(LIMIT))
    sheet = tmp_path / "sheet.csv"
    evalkit("marks", "export", str(run), str(other), "--to", str(sheet))
    filled = save(sheet, [row | {"points": "1"} for row in rows_of(sheet)])
    words = ("marks", "import", str(run), str(other), filled, "--by=Ann")
    card = (run / "card.md").read_text()
    assert evalkit(*words).returncode == 0
    marks = run / "marks" / "human.json"
    before = marks.read_bytes()
    (run / "card.md").write_text(card)
    (other / "marks" / "human.json").unlink()

    done = evalkit(*words)

    assert done.returncode == 0, done.stderr
    assert marks.read_bytes() == before
    assert (other / "marks" / "human.json").exists()
    assert "Ann" in (run / "card.md").read_text()
    refused = evalkit(*words[:-1], "--by=Ben")
    assert refused.returncode == 2
    assert "has marks of 'human' already by Ann" in refused.stderr


def test_a_name_is_one_line(tmp_path: Path, evalkit: Evalkit, run: Path) -> None:
    sheet = marked(tmp_path, evalkit, run, 1)
    by = "Ann\n  human9 (Ben\x1b[31m)"
    done = evalkit("marks", "import", str(run), sheet, "--by", by)
    assert "human (Ann human9 (Ben\\x1b[31m)): 4 of 4 answers" in done.stdout
    shown = evalkit("show", str(run)).stdout
    assert "marked by human (Ann human9 (Ben\\x1b[31m)): " in shown


def test_a_total_of_some_of_the_answers_is_told_as_such(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    sheet = tmp_path / "part.csv"
    sheet.write_text("id,points\n1,2\n2,1\n")
    done = evalkit("marks", "import", str(run), str(sheet), "--partial")
    assert "  human: 2 of 4 answers; the others count as nothing\n" in done.stdout
    marking = read_marking(RunFolder(run), "human")
    write_marking(RunFolder(run), replace(marking, results_sha256="0" * 64))
    shown = evalkit("marks", "show", str(run)).stdout
    assert "as nothing; marked before the run's answers changed\n" in shown


def test_marks_that_a_question_does_not_have_are_not_compared(
    evalkit: Evalkit, run: Path
) -> None:
    answer = MarkedAnswer(id="1", attempt=0, points=99)
    write_marking(RunFolder(run), Marking(marker="human", answers=(answer,)))
    done = evalkit("marks", "agree", str(run), "automatic", "human")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "the marks by 'human' are damaged: 99 points for '1'" in done.stderr


def test_two_markers_are_compared_question_by_question(
    tmp_path: Path, evalkit: Evalkit, run: Path
) -> None:
    sheet = marked(tmp_path, evalkit, run, 2)
    assert evalkit("marks", "import", str(run), sheet).returncode == 0
    judged = [
        MarkedAnswer(id=id, attempt=0, points=points)
        for id, points in (("1", 2.0), ("2", 1.5), ("3", 0.0))
    ]
    given = Marking(marker="judge", by="a model", answers=tuple(judged))
    write_marking(RunFolder(run), given)
    done = evalkit("marks", "agree", str(run), "judge", "human")
    assert done.returncode == 0, done.stderr
    assert "judge and human, 3 answers: 33.3 % exactly alike, 66.7 %" in done.stdout
    assert "mean difference 0.83 points" in done.stdout
    assert "judge gave 0.83 points less on average" in done.stdout
    assert "left out: 1 answer that only one of them marked" in done.stdout
    assert "exam_total by judge:" in done.stdout
    assert "exam_total by human:" in done.stdout
    nobody = evalkit("marks", "agree", str(run), "human", "human2")
    assert nobody.returncode == 2
    assert "It has: automatic, judge, human" in nobody.stderr
    shown = evalkit("marks", "show", str(run)).stdout
    assert "judge (a model): 3 of 4 answers" in shown
    assert "human: 4 of 4 answers" in shown


def test_what_the_scheme_cannot_mark_is_compared_with_nobody(
    tmp_path: Path, evalkit: Evalkit
) -> None:
    """Question 15c is a proof: nothing in it is marked automatically."""
    lines = (json.dumps({"id": id, "text": "By symmetry."}) for id in numbers())
    (tmp_path / "answers.jsonl").write_text("\n".join(lines))
    run = made(tmp_path, evalkit, "answers.jsonl")
    given = tuple(MarkedAnswer(id=id, attempt=0, points=0.0) for id in ("15b", "15c"))
    write_marking(RunFolder(run), Marking(marker="human", by="", answers=given))
    done = evalkit("marks", "agree", str(run), "automatic", "human")
    assert "automatic and human, 1 answer: 100 %" in done.stdout, done.stdout
    card = (run / "card.md").read_text()
    assert "needs a judge or a person" in card


def test_a_folder_without_a_run_is_left_alone(tmp_path: Path, evalkit: Evalkit) -> None:
    (tmp_path / "s.csv").write_text("id,points\n1,1\n")
    (tmp_path / "empty").mkdir()
    done = evalkit("marks", "import", "empty", "s.csv")
    assert done.returncode == 2
    assert "not a run folder" in done.stderr
    assert not list((tmp_path / "empty").iterdir())


def test_the_published_totals_come_out_of_the_human_points(
    tmp_path: Path, evalkit: Evalkit
) -> None:
    lines = (shared("exam") / "graded_dev.jsonl").read_text().splitlines()
    graded = [json.loads(line) for line in lines]
    folders = [exam_of(tmp_path, evalkit, graded, model) for model in PUBLISHED]
    points = {
        (number_of(each), each["response"]): each["human_points"] for each in graded
    }
    words = [str(folder) for folder in folders]
    done = evalkit("marks", "export", *words, "--to", "sheet.csv")
    assert "99 answers to 33 questions" in done.stdout
    rows = rows_of(tmp_path / "sheet.csv")
    for row in rows:
        row["points"] = str(points[row["number"], unguarded(row["answer"])])
    sheet = save(tmp_path / "marked.csv", rows)
    done = evalkit("marks", "import", *words, sheet, "--by", "the graders of 2023")
    assert done.returncode == 0, done.stderr
    said = iter(done.stdout.splitlines())
    for model, total in PUBLISHED.items():
        assert any(line.startswith(f"{model}.jsonl ") for line in said)
        assert next(said) == "  human (the graders of 2023): 33 of 33 answers"
        assert next(said).startswith(f"    exam_total: {total} of 100 (")


def number_of(graded: Mapping[str, Any]) -> str:
    return str(graded["id"]).rpartition("-")[2]


def exam_of(
    tmp_path: Path, evalkit: Evalkit, graded: Sequence[Mapping[str, Any]], model: str
) -> Path:
    """A run of the whole exam with a model's answers of 2023."""
    lines = (
        json.dumps({"id": number_of(each), "text": each["response"]})
        for each in graded
        if each["model"] == model
    )
    (tmp_path / f"{model}.jsonl").write_text("\n".join(lines))
    return made(tmp_path, evalkit, f"{model}.jsonl")
