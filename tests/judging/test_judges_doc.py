"""What docs/how-to/judges.md tells users to do is done here, word for word."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from evalkit.judging.fence import LONGEST, defused
from evalkit.judging.judge import SEVERAL, Manner
from tests.conftest import ROOT
from tests.test_docs import blocks

PAGE = ROOT / "docs" / "how-to" / "judges.md"


def test_the_page_works_as_written(tmp_path: Path) -> None:
    outputs: list[str] = []
    for language, label, text in blocks(PAGE):
        if label.startswith("file="):
            (tmp_path / label.removeprefix("file=")).write_text(text)
        elif language == "sh" and label == "run":
            (words,) = (shlex.split(line) for line in text.splitlines())
            assert words[0] == "evalkit"
            done = subprocess.run(
                (sys.executable, "-m", *words),
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": "."},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            outputs.append(done.stdout)
    first, second = outputs
    (told,) = (
        part for part in PAGE.read_text().split("`") if part.startswith("judge s")
    )
    assert first.splitlines()[-1] == told
    assert second.splitlines()[-1] == told
    marked = {
        path.stem: json.loads(path.read_text())["answers"][0]["votes"]
        for path in tmp_path.glob("runs/hungarian_exam/*/marks/*.json")
    }
    assert marked == {"judge": [2.0], "judge-2": [2.0, 2.0, 2.0]}


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    text = " ".join(PAGE.read_text().split())
    assert f"thinking included; {Manner().max_tokens}" in text
    assert f"0 for one vote and {SEVERAL} for several" in text
    assert f"more than {LONGEST // 1000} 000 characters" in text
    spelt = [
        part
        for part in text.partition("Tokens by which")[2].split("`")[1::2]
        if part[0] in "<[]"
    ]
    assert len(spelt) == 10
    assert all(defused(token) != token for token in spelt)
