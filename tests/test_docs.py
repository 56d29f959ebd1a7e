"""What the documents tell users to do is done here, word for word."""

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from evalkit.grading import check_schema
from tests.conftest import ROOT, install

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path) -> list[tuple[str, str, str]]:
    """The fenced blocks of a page: language, label, text."""
    return blocks_of(path.read_text(encoding="utf-8"))


def blocks_of(text: str) -> list[tuple[str, str, str]]:
    return [match.groups(default="") for match in BLOCK.finditer(text)]


def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "spelling", "spelling_task")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(site), "."))}
    outputs: list[str] = []
    for language, label, text in blocks(ROOT / "docs" / "tutorial.md"):
        if label.startswith("file="):
            (tmp_path / label.removeprefix("file=")).write_text(text)
        elif language == "sh" and label == "run":
            (words,) = (shlex.split(line) for line in text.splitlines())
            assert words[0] == "evalkit"
            globbed = [str(next(tmp_path.glob(w), w)) if "*" in w else w for w in words]
            done = subprocess.run(
                (sys.executable, "-m", *globbed),
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            outputs.append(done.stdout)
    run, shown, checked, graded = outputs
    assert "2 right, 1 wrong, 1 no answer" in run
    assert "Spell banana backwards. Answer in one word." in shown
    assert "outcome:   wrong" in shown
    assert "ok      reference answers get full marks (4 answers)" in checked
    assert "0 of 4 verdicts flipped" in graded
    tested = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "test_spelling.py"),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert "10 passed" in tested.stdout


def test_the_examples_of_grading_are_true() -> None:
    text = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
    (block,) = (b for _, _, b in blocks_of(text) if b.startswith(">>>"))
    examples = doctest.DocTestParser().get_doctest(block, {}, "grading.md", None, 0)
    assert len(examples.examples) >= 8
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_the_examples_of_marking_are_true() -> None:
    text = (ROOT / "docs" / "marking.md").read_text(encoding="utf-8")
    (block,) = (b for _, _, b in blocks_of(text) if b.startswith(">>>"))
    examples = doctest.DocTestParser().get_doctest(block, {}, "marking.md", None, 0)
    assert len(examples.examples) >= 5
    assert doctest.DocTestRunner().run(examples).failed == 0
    (check,) = (b for language, _, b in blocks_of(text) if language == "json")
    step = json.loads(check)
    exam = (ROOT / "tasks/evalkit_tasks/hungarian_exam/questions.jsonl").read_text()
    rubrics = [json.loads(line)["rubric"] for line in exam.splitlines()]
    like = [s for rubric in rubrics for s in rubric if s["step"] == step["step"]]
    kinds = {kind for each in like[0]["check"]["any"] for kind in each}
    assert {kind for each in step["check"]["any"] for kind in each} <= kinds


def test_the_table_of_checks_has_every_kind() -> None:
    text = (ROOT / "docs" / "marking.md").read_text(encoding="utf-8")
    for name in check_schema()["properties"]:
        assert f'"{name}"' in text or f"`{name}`" in text, name


def test_the_tutorials_task_has_no_more_than_it_says() -> None:
    (task,) = [
        text
        for _, label, text in blocks(ROOT / "docs" / "tutorial.md")
        if label == "file=spelling_task.py"
    ]
    body = [line for line in task.splitlines() if line.strip()]
    assert len(body) <= 24


def test_ci_runs_the_readmes_second_command() -> None:
    commands = [
        text.strip()
        for language, _, text in blocks(ROOT / "README.md")
        if language == "sh"
    ]
    script = (ROOT / ".ci" / "run").read_text()
    assert commands[1] == script.splitlines()[-1]
    readme = (ROOT / "README.md").read_text()
    assert "with Debian's package chromium" in readme
    assert "install -y --no-install-recommends chromium" in script


def test_links_between_documents_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_examples_of_statistics_are_true() -> None:
    text = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    (block,) = (b for _, _, b in blocks_of(text) if b.startswith(">>>"))
    examples = doctest.DocTestParser().get_doctest(block, {}, "statistics.md", None, 0)
    assert len(examples.examples) >= 6
    assert doctest.DocTestRunner().run(examples).failed == 0
