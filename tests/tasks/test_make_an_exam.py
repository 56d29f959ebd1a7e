"""The guide to making an exam does what it says, word for word."""

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit import DataError
from evalkit.exam import read_exam
from evalkit.grading import FINALS, check_schema
from tests.conftest import ROOT
from tests.test_docs import blocks

GUIDE = ROOT / "docs" / "how-to" / "make-an-exam.md"


def test_the_guide_works_as_written(tmp_path: Path) -> None:
    """Its exam is made, checked, marked, put to a model, shown and given to people."""
    outputs: list[str] = []
    for language, label, text in blocks(GUIDE):
        if label.startswith("file="):
            file = tmp_path / label.removeprefix("file=")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        else:
            assert label == "run"
            commands = [("-c", text)] if language == "python" else in_shell(text)
            outputs += [output_of(each, tmp_path) for each in commands]
    checked, marked, run, shown, page, table = outputs
    assert "get full marks (3 answers; samples without one: 1)" in checked
    assert [line[:6] for line in marked.splitlines()] == ["0 of 1", "1 of 1", "1 of 1"]
    assert "by part: I 3 of 3, II 3 of 4" in run
    assert "0 of 1   rules out −2" in shown
    assert "3 answers to 3 questions" in page + table
    for sheet in ("sheet.html", "sheet.csv"):
        assert "consecutive even numbers" in (tmp_path / sheet).read_text("utf-8")
    people_mark(tmp_path)


def people_mark(folder: Path) -> None:
    """Fill in the table that the guide exports, and do what it says next."""
    sheet = folder / "sheet.csv"
    rows = list(csv.DictReader(sheet.read_text("utf-8-sig").splitlines(keepends=True)))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "points": 3} for row in rows)
    given, compared = in_shell(indented("evalkit marks import"))
    output_of(given, folder)
    assert "automatic" in output_of(compared, folder)


def test_the_guide_shows_what_a_wrong_sum_is_told_as(tmp_path: Path) -> None:
    files = {
        label.removeprefix("file=my_exam/"): text
        for _, label, text in blocks(GUIDE)
        if label.startswith("file=my_exam/")
    }
    for name, text in files.items():
        (tmp_path / "my_exam").mkdir(exist_ok=True)
        changed = text.replace(
            '"points": 1, "step": "15%"', '"points": 0.5, "step": "x"'
        )
        (tmp_path / "my_exam" / name).write_text(changed, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_exam(tmp_path / "my_exam")
    (shown,) = indented("my_exam/questions.jsonl, line 1").splitlines()
    assert str(raised.value) == shown.strip().replace("to 2 points", "to 2.5 points")


def indented(beginning: str) -> str:
    """The indented block of the guide that begins so."""
    text = GUIDE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^    {beginning}[^\n]*\n(?:    [^\n]*\n)*", text, re.M)
    return str(found)


def in_shell(text: str) -> list[tuple[str, ...]]:
    """Commands of evalkit, as arguments of python."""
    lines = [tuple(shlex.split(each)) for each in text.splitlines()]
    assert all(words[0] == "evalkit" for words in lines)
    return [("-m", *words) for words in lines]


def output_of(arguments: tuple[str, ...], folder: Path) -> str:
    """What python prints there; a star stands for the rest of a name."""
    globs = [str(next(folder.glob(w), w)) if "--*" in w else w for w in arguments]
    done = subprocess.run(
        (sys.executable, *globs),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_guide_names_every_type_of_answer_and_every_check() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name in FINALS:
        assert f"| `{name}` |" in text
    for name in check_schema()["properties"]:
        assert f'"{name}"' in text, name
