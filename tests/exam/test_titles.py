"""What an exam and its parts are called, wherever people look."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit import Experiment, Plugins, RunRecord, run
from evalkit.commands import command_line
from evalkit.folder import RunFolder
from evalkit.marks.csv_sheet import COLUMNS
from evalkit.regrade import regrading
from evalkit.titles import Titles
from tests.exam.made import HEADING, Json, made

NASTY = "An exam\x1b[2J | <b>bold</b>\n=HYPERLINK(1)"
TITLES = ("A small exam", "Short problems", "One of two problems")


def asked(folder: Path, exam: Path) -> tuple[RunFolder, RunRecord]:
    """A run of an exam by answers that are all wrong."""
    numbers = ("1", "2a", "2b", "3")
    answers = "".join(
        json.dumps({"id": each, "text": "Final answer: 5"}) + "\n" for each in numbers
    )
    (folder / "answers.jsonl").write_text(answers)
    wanted = Experiment(
        tasks=(str(exam),),
        model=f"scripted:{folder / 'answers.jsonl'}",
        output=folder / "runs",
    )
    (record,) = run(wanted, Plugins(third_party=False))
    return RunFolder.of(folder / "runs", record.spec), record


def call(*words: str) -> str:
    """What a command prints."""
    plugins = Plugins(third_party=False)
    done = CliRunner().invoke(command_line(plugins), words, obj=plugins)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def finished(tmp_path: Path) -> RunFolder:
    folder, _ = asked(tmp_path, made(tmp_path / "exam"))
    return folder


def test_the_card_and_the_terminal_say_what_an_exam_is_called(
    finished: RunFolder,
) -> None:
    card = finished.card.read_text()
    assert card.splitlines()[2] == "A small exam"
    assert "| I: Short problems | 0 | 3 |" in card
    assert "### Part II: One of two problems\n" in card
    shown = call("show", str(finished.path))
    for title in TITLES:
        assert title in shown
    assert "  by part: I 0 of 3, II 0 of 6\n" in shown
    assert "    II: One of two problems\n" in shown


def test_marking_sheets_say_it_too(finished: RunFolder, tmp_path: Path) -> None:
    page, sheet = tmp_path / "sheet.html", tmp_path / "sheet.csv"
    for path in (page, sheet):
        call("marks", "export", str(finished.path), "--to", str(path))
        # An export that nobody has touched may be written again.
        call("marks", "export", str(finished.path), "--to", str(path))
    for title in TITLES:
        assert title in page.read_text()
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["number"]: row for row in csv.DictReader(file)}
    assert rows["1"]["part"] == "A small exam, part I: Short problems"
    assert rows["2b"]["part"] == "A small exam, part II: One of two problems"
    text = sheet.read_text(encoding="utf-8-sig")
    marked = io.StringIO(newline="")
    writer = csv.DictWriter(marked, next(csv.reader([text.splitlines()[0]])))
    writer.writeheader()
    writer.writerows({**row, "points": "1"} for row in rows.values())
    sheet.write_text(marked.getvalue())
    told = call("marks", "import", str(finished.path), str(sheet), "--as", "human")
    assert "exam_total: 3.0 of 9" in told


def test_an_exam_without_titles_has_the_sheet_it_always_had(tmp_path: Path) -> None:
    def bare(heading: Json, questions: list[Json]) -> None:
        heading["parts"] = [{"name": "I"}, {"name": "II", "choose": 1}]

    folder, record = asked(tmp_path, made(tmp_path / "exam", bare))
    assert record.titles == Titles(task="A small exam")
    folder.write_record(replace(record, titles=Titles()))
    call("marks", "export", str(folder.path), "--to", str(tmp_path / "sheet.csv"))
    text = (tmp_path / "sheet.csv").read_text(encoding="utf-8-sig")
    assert tuple(next(csv.reader([text.splitlines()[0]]))) == COLUMNS


def test_a_title_is_no_part_of_what_is_asked(tmp_path: Path) -> None:
    def renamed(heading: Json, questions: list[Json]) -> None:
        heading["title"] = NASTY
        heading["parts"] = [{**each, "title": NASTY} for each in HEADING["parts"]]

    folder, first = asked(tmp_path, made(tmp_path / "exam"))
    before = folder.record.read_bytes()
    _, second = asked(tmp_path, made(tmp_path / "exam", renamed))
    assert second.spec.digest == first.spec.digest
    assert second.samples_sha256 == first.samples_sha256
    # A run of before there were titles gets them when it is judged anew.
    folder.record.write_bytes(before)
    record = json.loads(before)
    del record["titles"]
    record["grader"] = "1"
    folder.record.write_text(json.dumps(record))
    assert folder.read_record().titles == Titles()
    plugins, home = Plugins(third_party=False), tmp_path / "exam"
    with regrading(folder, None, plugins, home=home, write=True) as held:
        held.judge(lambda change: None)
    shown = call("show", str(folder.path))
    assert "  An exam\\x1b[2J | <b>bold</b> =HYPERLINK(1)\n" in shown
    card = folder.card.read_text()
    assert "\x1b" not in shown + card
    assert "\\<b\\>bold\\</b\\> =HYPERLINK(1)\n" in card
    call("marks", "export", str(folder.path), "--to", str(tmp_path / "sheet.html"))
    assert "&lt;b&gt;bold" in (tmp_path / "sheet.html").read_text()
