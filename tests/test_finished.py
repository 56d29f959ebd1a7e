"""A finished run that somebody or something has changed: told, mended, never replaced
without a word."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evalkit import DataError, EvalkitError, UsageError, run
from evalkit.commands import command_line
from evalkit.exam.total import part_totals
from evalkit.folder import RunFolder
from evalkit.metrics import Accuracy
from evalkit.results import Results
from tests.exam.finished import result
from tests.test_run import experiment, plugins

Lines = Sequence[bytes]
DAMAGES: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "cut at a line's end": (lambda x: x[:4], "it holds 4 results, and .* counts 10"),
    "emptied": (lambda x: [], "it holds 0 results, and .* counts 10"),
    "doubled": (lambda x: [*x, *x], "it holds 20 results, and .* counts 10"),
    "one line twice, one lost": (
        lambda x: [*x[:4], x[3], *x[5:]],
        "line 5 has the result number 4",
    ),
    "reordered": (lambda x: [x[1], x[0], *x[2:]], "line 1 has the result number 2"),
    "an attempt lost": (
        lambda x: [re.sub(rb'"attempts":\[.*\],', b'"attempts":[],', x[0]), *x[1:]],
        "line 1 has 0 of 1 attempts",
    ),
    "a verdict changed": (
        lambda x: [x[0].replace(b'"right"', b'"wrong"'), *x[1:]],
        "its outcomes are not those that its record counts",
    ),
}
READERS: Sequence[Sequence[str]] = (
    ("show", "RUN"),
    ("show", "RUN", "--sample=q0"),
    ("marks", "export", "RUN", "--to=sheet.csv"),
    ("marks", "export", "RUN", "--to=sheet.html"),
    ("marks", "import", "RUN", "points.csv"),
    ("marks", "show", "RUN"),
    ("marks", "agree", "RUN", "automatic", "human"),
    ("grade", "RUN"),
    ("grade", "RUN", "--write"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run of ten samples."""
    root = tmp_path_factory.mktemp("made")
    (record,) = run(experiment(root), plugins())
    return RunFolder.of(root, record.spec)


@pytest.fixture
def finished(
    tmp_path: Path, made: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> RunFolder:
    """A copy of it, in runs/."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "runs" / made.path.parent.name / made.path.name
    shutil.copytree(made.path, path)
    return RunFolder.named(path)


def again(**fields: object) -> RunFolder:
    """The same command once more, or with other words."""
    (record,) = run(experiment(Path("runs"), **fields), plugins())
    return RunFolder.of(Path("runs"), record.spec)


def changed(path: Path, change: Callable[[Lines], Lines]) -> None:
    """Change the lines of a file."""
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def call(*words: str) -> tuple[int, str]:
    """The command line in this process: its status, and what it said of an error."""
    found = plugins()
    done = CliRunner().invoke(
        command_line(found), words, obj=found, standalone_mode=False
    )
    if isinstance(done.exception, EvalkitError):
        return 2, str(done.exception)
    assert done.exception is None, done.exception
    return 0, ""


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_reader_refuses_results_that_are_not_whole(
    finished: RunFolder, damage: str
) -> None:
    change, said = DAMAGES[damage]
    changed(finished.results, change)
    Path("points.csv").write_text("id,points\nq0,1\n")
    for words in READERS:
        given = [str(finished.path) if word == "RUN" else word for word in words]
        status, told = call(*given)
        assert (status, len(told.splitlines())) == (2, 1), words
        assert re.search(f"results.jsonl' is damaged: .*{said}", told), (words, told)
    assert not Path("sheet.csv").exists()
    assert not (finished.path / "marks").exists()


def test_damaged_results_are_written_anew_from_the_journal(
    finished: RunFolder, made: RunFolder
) -> None:
    changed(finished.results, lambda lines: lines[:4])
    again()
    assert finished.results.read_bytes() == made.results.read_bytes()
    (warning,) = finished.read_record().warnings
    assert "results.jsonl is written anew from the journal" in warning
    assert "it holds 4 results, and its record counts 10" in warning


def test_a_damaged_run_is_left_out_of_the_table_of_others(finished: RunFolder) -> None:
    other = again(protocols=("plain",))
    assert "| plain | 100.0 % |" in other.card.read_text()
    changed(finished.results, lambda lines: lines[:4])
    other = again(protocols=("plain",), metrics=("pass@1",))
    card = other.card.read_text()
    assert "Ways of asking" in card
    assert "left out" in card
    assert "it holds 4 results, and its record counts 10" in card


def test_a_changed_journal_does_not_replace_a_finished_run(
    finished: RunFolder, made: RunFolder
) -> None:
    changed(
        finished.completions,
        lambda lines: [line.replace(b"That is 4", b"That is 5") for line in lines],
    )
    with pytest.raises(UsageError) as caught:
        again()
    assert "completions.jsonl are not those of the finished results, for 'q3'." in str(
        caught.value
    )
    assert len(str(caught.value).splitlines()) == 1
    for name in ("results.jsonl", "record.json", "card.md"):
        kept, before = finished.path / name, made.path / name
        assert kept.read_bytes() == before.read_bytes()


def test_a_changed_journal_is_told_when_a_run_is_extended(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, limit=4)
    (record,) = run(wanted, plugins())
    folder = RunFolder.of(tmp_path, record.spec)
    changed(
        folder.completions,
        lambda lines: [line.replace(b"That is 2", b"That is 7") for line in lines],
    )
    with pytest.raises(UsageError, match="not those of the finished results, for 'q1'"):
        run(replace(wanted, limit=None), plugins())
    assert folder.read_record() == record


def test_two_answers_to_one_request_are_refused(finished: RunFolder) -> None:
    changed(finished.completions, lambda lines: [*lines, lines[0]])
    again()  # the same answer twice
    changed(
        finished.completions,
        lambda lines: [*lines, lines[0].replace(b"That is 1", b"That is 2")],
    )
    with pytest.raises(EvalkitError, match="line 12, is another answer to a request"):
        again()


def test_answers_that_the_journal_lost_are_told_where_they_come_out_otherwise(
    tmp_path: Path,
) -> None:
    said = ["That is 1"]
    wanted = experiment(tmp_path, limit=1, model="scripted:counting:right")
    (record,) = run(wanted, plugins())
    folder = RunFolder.of(tmp_path, record.spec)
    lines = [json.loads(each) for each in folder.results.read_text().splitlines()]
    lines[0]["attempts"][0]["turns"][0]["text"] = "It was 1"
    folder.results.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    folder.completions.unlink()
    (record,) = run(wanted, plugins())
    assert (
        "1 answer of the finished run, not in completions.jsonl any more"
        in (record.warnings[0])
    )
    assert [each.attempts[0].turns[0].text for each in Results(folder.results)] == said


class Stricter(Accuracy):
    """Accuracy as a later version sums it up."""

    def estimate(self, results: Any) -> Any:
        return replace(super().estimate(results), low=0.5, method="Another")


def test_what_is_summed_up_otherwise_today_is_told_and_kept_on_record(
    finished: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    record = finished.read_record()
    older = replace(record.estimates[0], low=0.25, method="An older one")
    finished.write_record(replace(record, estimates=(older, *record.estimates[1:])))
    again()
    after = finished.read_record()
    assert after.estimates == record.estimates
    assert after.regrades[0].estimates_before[0] == older
    assert after.warnings == (
        "accuracy was 100.0 % (25.0 to 100.0), An older one, before",
    )


@pytest.mark.parametrize("content", [b"", b"{", b'{"spec": 1}', b"\xff\xfe", b"[]"])
def test_a_damaged_record_is_made_anew(
    finished: RunFolder, made: RunFolder, content: bytes
) -> None:
    finished.record.write_bytes(content)
    status, told = call("show", str(finished.path))
    assert (status, len(told.splitlines())) == (2, 1)
    assert "The command that made the run makes it anew from completions.jsonl" in told
    again()
    record, before = finished.read_record(), made.read_record()
    assert (record.estimates, record.outcomes) == (before.estimates, before.outcomes)
    assert (record.counts.requests, record.counts.replayed) == (10, 10)
    assert record.warnings[0].startswith("record.json was damaged (")
    assert finished.results.read_bytes() == made.results.read_bytes()


def test_a_damaged_record_of_a_larger_run_is_not_made_anew(finished: RunFolder) -> None:
    finished.record.write_bytes(b"")
    with pytest.raises(UsageError, match="a finished run of 10 samples"):
        again(limit=4)
    assert len(list(Results(finished.results))) == 10


def test_warnings_at_the_end_are_printed(finished: RunFolder) -> None:
    record = finished.read_record()
    older = replace(record.estimates[0], low=0.25)
    finished.write_record(replace(record, estimates=(older, *record.estimates[1:])))
    found = plugins()
    words = ("run", "--tasks=counting", "--model=scripted:counting:right")
    done = CliRunner().invoke(command_line(found), words, obj=found)
    assert "warning: counting: accuracy was 100.0 % (25.0 to 100.0)" in done.output


def test_an_exams_results_that_cannot_be_counted_are_told(tmp_path: Path) -> None:
    lost = result("1", worth=3, choose=None)
    with pytest.raises(DataError, match=r"the result of '1', as an exam counts it: "):
        part_totals([replace(lost, metadata={**lost.metadata, "choose": "some"})])
