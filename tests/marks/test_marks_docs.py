"""What the page on marking by hand tells people to do is done here."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.test_docs import blocks

PAGE = ROOT / "docs" / "how-to" / "mark-by-hand.md"


def test_marking_by_hand_works_as_written(tmp_path: Path) -> None:
    said: list[str] = []
    for language, label, text in blocks(PAGE):
        if label.startswith("file="):
            (tmp_path / label.removeprefix("file=")).write_text(text)
        elif (language, label) == ("sh", "run"):
            said += [ran(line, tmp_path) for line in text.splitlines()]
    _, exported, _, imported, second, agreed, shown = said
    assert exported == "sheet.csv: 2 answers to 2 questions\n"
    assert (tmp_path / "sheet.html").exists()
    assert "human (Ann): 2 of 2 answers" in imported
    assert "human and human2, 2 answers: 50 % exactly alike" in second
    assert "human gave 0.25 points more on average" in agreed
    assert "human2 (Ben): 2 of 2 answers" in shown


def ran(line: str, folder: Path) -> str:
    """What a command of the page prints."""
    words = shlex.split(line)
    assert words[0] == "evalkit"
    globbed = [
        str(next(folder.glob(word), word)) if "*" in word else word for word in words
    ]
    done = subprocess.run(
        (sys.executable, "-m", *globbed),
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
