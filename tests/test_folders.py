"""Folders of earlier versions: read, shown, graded, gone on with, exported.

tests/folders/<commit>/README.md says what they are and how they were made.
"""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from evalkit import Plugins
from evalkit.commands import command_line
from evalkit.errors import EvalkitError
from evalkit.folder import RunFolder
from evalkit.marks.store import read_marking, written
from evalkit.record import RunSpec
from evalkit.regrade import Regraded, regrading, verdict_of
from evalkit.results import Results
from evalkit.types import SampleResult
from tests.conftest import ROOT

KEPT = ROOT / "tests" / "folders" / "f84baea"
KINDS: dict[str, Any] = json.loads((KEPT / "commands.json").read_text())
FINISHED = [kind for kind in KINDS if kind != "interrupted"]
MARKED = next((KEPT / "made" / "marked").glob("*/*/record.json")).parent
MARKED = MARKED.relative_to(KEPT)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folders, which is the current folder."""
    copy = tmp_path / "kept"
    shutil.copytree(KEPT, copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "120")
    return copy


def call(*words: str) -> tuple[int, str]:
    """The command line in this process: its status, and all that it printed."""
    plugins = Plugins(third_party=False)
    cli = command_line(plugins)
    done = CliRunner().invoke(cli, words, obj=plugins, standalone_mode=False)
    if isinstance(done.exception, EvalkitError):
        return 2, str(done.exception)
    if done.exception is not None:
        raise done.exception
    return int(done.return_value or 0), done.output


def runs(kind: str) -> Iterator[RunFolder]:
    """The runs of a kind."""
    found = sorted((KEPT / "made" / kind).glob("*/*/spec.json"))
    assert found, kind
    return (RunFolder(each.parent) for each in found)


def read(folder: RunFolder) -> list[SampleResult]:
    return list(Results(folder.results))


@pytest.mark.parametrize("kind", FINISHED)
def test_a_finished_run_is_read_and_shown(kind: str) -> None:
    for folder in runs(kind):
        record, results = folder.read_record(), read(folder)
        assert len(results) == record.samples
        outcomes = [each.score.outcome for one in results for each in one.attempts]
        assert len(outcomes) == record.samples * record.spec.attempts
        assert {each: outcomes.count(each) for each in set(outcomes)} == {
            name: count for name, count in record.outcomes.items() if count
        }
        status, shown = call("show", str(folder.path))
        assert status == 0
        assert f"{record.spec.task}, protocol {record.spec.protocol}" in shown
        for estimate in record.estimates:
            assert f"{estimate.metric}: " in shown
        status, shown = call("show", str(folder.path), f"--sample={results[-1].id}")
        assert (status, results[-1].question in shown) == (0, True)


@pytest.mark.parametrize("kind", [each for each in FINISHED if each != "suite"])
def test_the_verdicts_are_the_same_today(kind: str, kept: Path) -> None:
    words: Sequence[str] = KINDS[kind]["grade"]
    options = dict(word.removeprefix("--").split("=") for word in words)
    folder = next(runs(kind))
    done = graded(RunFolder(kept / folder.path.relative_to(KEPT)), **options)
    assert done.tally.flipped == 0
    assert done.after.outcomes == done.before.outcomes


def graded(folder: RunFolder, data: str = "", task: str = "") -> Regraded:
    """A run judged anew; no verdict is another."""
    plugins, home = Plugins(third_party=False), Path(task) if task else None
    with regrading(folder, Path(data) if data else None, plugins, home=home) as held:
        return held.judge(lambda change: pytest.fail(str(change)))


@pytest.mark.parametrize(
    "kind",
    ["chat", "attempts", "thinking", "extended", "own_exam", "protocols", "suite"],
)
def test_a_finished_run_is_not_asked_again(kind: str, kept: Path) -> None:
    folders = [RunFolder(each.parent) for each in made(kept, kind, "record.json")]
    there = {each.completions: each.completions.read_bytes() for each in folders}
    before = [(verdicts(each.results), each.read_sessions()) for each in folders]
    status, told = call(*KINDS[kind]["run"][-1], f"--output=made/{kind}")
    assert status == 0, told
    assert {path: path.read_bytes() for path in there} == there
    after = [(verdicts(each.results), each.read_sessions()) for each in folders]
    assert after == before
    assert made(kept, kind, "completions.jsonl") == [*there]


def test_a_run_of_a_model_that_is_told_otherwise_by_now_is_named(kept: Path) -> None:
    (run,) = made(kept, "ranked", "spec.json")
    status, told = call(*KINDS["ranked"]["run"][0], "--output=made/ranked", "--dry-run")
    assert status == 0, told
    assert f"'{run.parent.relative_to(kept)}' may be the same run, by a version" in told


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_still_told_by_what_its_folder_is_named_after(kind: str) -> None:
    for folder in runs(kind):
        spec = msgspec.json.decode(folder.spec.read_bytes(), type=RunSpec)
        assert RunFolder.of(KEPT / "made" / kind, spec).path == folder.path


def test_more_attempts_are_asked_in_the_folder_that_there_is(kept: Path) -> None:
    words = [each for each in KINDS["attempts"]["run"][0] if "attempts" not in each]
    (folder,) = made(kept, "attempts", "results.jsonl")
    before = verdicts(folder)
    status, told = call(*words, "--attempts=6", "--output=made/attempts")
    assert status == 1, told  # two attempts of each have no answer in the file
    assert made(kept, "attempts", "results.jsonl") == [folder]
    after = verdicts(folder)
    assert [each for n, each in enumerate(after) if n % 6 < 4] == before
    record = RunFolder(folder.parent).read_record()
    assert (record.counts.replayed, record.counts.failed) == (24, 12)


def made(kept: Path, kind: str, name: str) -> list[Path]:
    return sorted((kept / "made" / kind).glob(f"*/*/{name}"))


def test_an_interrupted_run_goes_on(kept: Path) -> None:
    (words,) = KINDS["interrupted"]["run"]
    status, told = call(*words, "--output=made/interrupted")
    assert status == 0, told
    (done,) = made(kept, "interrupted", "results.jsonl")
    (whole,) = made(kept, "sessions", "results.jsonl")
    assert verdicts(done) == verdicts(whole)
    record = RunFolder(done.parent).read_record()
    assert (record.counts.requests, record.counts.replayed) == (6, 3)
    assert len(record.sessions) == 2


def verdicts(path: Path) -> list[Any]:
    """What results say of what was written, and how they judge it."""
    return [
        (each.id, verdict_of(attempt.score), attempt.score.answer, written(attempt))
        for each in Results(path)
        for attempt in each.attempts
    ]


def test_a_judges_marks_are_kept(kept: Path) -> None:
    (words,) = KINDS["judged"]["run"]
    (marks,) = made(kept, "judged", "marks/judge.json")
    before = marks.read_bytes()
    status, told = call(*words, "--output=made/judged")
    assert status == 0, told
    assert marks.read_bytes() == before


@pytest.mark.parametrize("sheet", ["sheet.csv", "semicolons.csv"])
def test_a_sheet_is_exported_as_it_was(sheet: str, kept: Path) -> None:
    separator = "semicolon" if sheet == "semicolons.csv" else "comma"
    out = kept / "out.csv"
    words = (f"--to={out}", f"--separator={separator}")
    status, _ = call("marks", "export", str(MARKED), *words)
    assert status == 0
    assert out.read_bytes() == (kept / "sheets" / sheet).read_bytes()


def test_a_page_is_exported_with_the_same_answers(kept: Path) -> None:
    status, _ = call("marks", "export", str(MARKED), "--to=out.html", "--seed=5")
    assert status == 0
    old = (kept / "sheets" / "sheet.html").read_text()
    assert articles((kept / "out.html").read_text()) == articles(old)
    assert len(articles(old)) == 14


def articles(page: str) -> list[str]:
    """Which answers a page shows, in its order."""
    return [each.partition('"')[0] for each in page.split('data-id="')[1:]]


@pytest.mark.parametrize(
    ("sheet", "marker", "by"),
    [("filled.csv", "human", "Ann"), ("downloaded.csv", "human2", "Ágnes")],
)
def test_filled_sheets_are_taken_back(
    sheet: str, marker: str, by: str, kept: Path
) -> None:
    before = read_marking(RunFolder(MARKED), marker)
    words = (str(MARKED), f"sheets/{sheet}", f"--as={marker}", f"--by={by}")
    status, told = call("marks", "import", *words, "--replace")
    assert status == 0, told
    after = read_marking(RunFolder(MARKED), marker)
    assert (after.answers, after.results_sha256) == (
        before.answers,
        before.results_sha256,
    )


def test_markers_are_compared_as_they_were(kept: Path) -> None:
    status, told = call("marks", "agree", str(MARKED), "human", "human2")
    assert status == 0
    assert "14 answers: 7.1 % exactly alike, 71.4 % within 1 point" in told
    status, told = call("marks", "show", str(MARKED))
    assert "human (Ann): 14 of 14 answers\n    exam_total: 40.0 of 100" in told
    assert "human2 (Ágnes): 14 of 14 answers\n    exam_total: 45.0 of 100" in told


def test_responses_of_a_file_are_judged_as_they_were(kept: Path) -> None:
    words = ("--reference-field=target", "--label-field=correct", "--out=now.jsonl")
    status, _ = call("grade", "--responses=responses.jsonl", *words)
    assert status == 0
    now, before = (
        [json.loads(line) for line in (kept / name).read_text().splitlines()]
        for name in ("now.jsonl", "verdicts.jsonl")
    )
    for name in ("line", "id", "right", "answer", "undecided"):
        assert [each[name] for each in now] == [each[name] for each in before]


def test_nothing_in_them_is_of_the_machine_that_made_them() -> None:
    for path in KEPT.rglob("*"):
        if path.is_file() and path.suffix != ".safetensors":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"/(home|root|tmp|usr|var)\b", text), path
