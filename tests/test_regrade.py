"""`evalkit grade RUN`: stored answers judged anew, without the model."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalkit.folder import RunFolder
from tests.conftest import Evalkit, command, install, wait_for

RUN = ("run", "--tasks=marking", "--model=scripted:counting:odd_only")
NEW = {"MARKING_VERSION": "2"}
FILES = ("results.jsonl", "record.json", "card.md")


@pytest.fixture(autouse=True)
def marking(site: Path) -> None:
    install(site, "marking", "marking")


@pytest.fixture
def folder(evalkit: Evalkit, tmp_path: Path) -> Path:
    """A finished run: odd answers are right, even ones one too many."""
    assert evalkit(*RUN).returncode == 0
    return only(tmp_path)


def only(tmp_path: Path) -> Path:
    (found,) = tmp_path.glob("runs/marking/*")
    return found


def contents(folder: Path) -> Mapping[str, bytes]:
    """What is in a folder, but for who held it last."""
    files = [each for each in folder.iterdir() if each.is_file()]
    return {each.name: each.read_bytes() for each in files if each.name != "lock"}


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "record.json").read_bytes())
    return found


def test_the_same_judge_comes_to_the_same_verdicts(
    evalkit: Evalkit, folder: Path
) -> None:
    before = contents(folder)
    done = evalkit("grade", str(folder), "--write")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 of 10 verdicts flipped" in done.stdout
    assert "the run's files say so already" in done.stdout
    assert contents(folder) == before


def test_verdicts_that_flip_are_listed_with_both_reasons_and_nothing_is_changed(
    evalkit: Evalkit, folder: Path
) -> None:
    before = contents(folder)
    done = evalkit("grade", str(folder), **NEW)
    assert done.returncode == 0
    assert contents(folder) == before
    assert "judged before by task version 1, grader " in done.stdout
    assert "judged now by task version 2, grader " in done.stdout
    lines = done.stdout.splitlines()
    place = lines.index("q3: wrong -> right, 0 -> 2 of 2 points; reference '4'")
    assert lines[place + 1 : place + 3] == [
        "  before: read '5'; no reason given",
        "  now:    read '5'; near enough",
    ]
    assert "q0: right -> undecided, 2 -> 0 of 2 points; reference '1'" in lines
    assert "6 of 10 verdicts flipped (5 gained, 1 lost)" in lines
    assert "  4 more were read or explained otherwise" in lines
    assert "  accuracy: 50.0 % (23.7 to 76.3) -> 90.0 % (59.6 to 98.2)" in lines
    assert "  outcomes before: 5 right, 5 wrong" in lines
    assert "  outcomes now:    9 right, 1 undecided" in lines
    assert "--write puts the new scores there" in lines[-1]


def test_written_scores_are_in_every_file_and_the_old_estimates_stay_on_record(
    evalkit: Evalkit, folder: Path
) -> None:
    before = record(folder)
    done = evalkit("grade", str(folder), "--write", **NEW)
    assert f"written to {folder}" in done.stdout
    assert not {"regrading", "regraded"} & set(os.listdir(folder))

    after = record(folder)
    assert after["outcomes"]["undecided"] == 1
    assert after["ceilings"] == [1.0, 1.0]
    assert after["spec"] == before["spec"]
    assert after["counts"] == before["counts"]
    (note,) = after["regrades"]
    assert (note["task_version_before"], note["task_version"]) == (1, 2)
    assert note["estimates_before"] == before["estimates"]
    assert note["flipped"] == 6
    scores = [
        json.loads(line)["attempts"][0]["score"]["outcome"]
        for line in (folder / "results.jsonl").read_text().splitlines()
    ]
    assert scores == ["undecided"] + ["right"] * 9
    card = (folder / "card.md").read_text()
    assert "1 answers could not be judged within the limits" in card
    assert "from task version 1, grader" in card
    shown = evalkit("show", str(folder)).stdout
    assert "9 right, 1 undecided" in shown
    assert "judged by:  task version 2, grader" in shown
    again = evalkit("grade", str(folder), "--write", **NEW)
    assert "judged before by task version 2" in again.stdout
    assert record(folder) == after


def test_what_a_conversation_ends_with_is_judged_not_its_last_completion(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    words = ("--protocol=checked", "--metric=sure", "--attempts=2", "--temperature=1")
    evalkit(*RUN, *words, "--limit=3")
    folder = only(tmp_path)
    assert record(folder)["counts"]["requests"] == 12
    # The protocol has other defaults by now; the run's own are used.
    done = evalkit("grade", str(folder), "--write", MARKING_TIMES="3", **NEW)
    assert done.returncode == 0, done.stderr
    assert "q1, attempt 2: wrong -> right" in done.stdout
    assert [each["metric"] for each in record(folder)["estimates"]][-1] == "sure"


def test_a_conversation_that_goes_otherwise_is_refused(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*RUN, "--protocol=checked")
    folder = only(tmp_path)
    path = folder / "results.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    del lines[4]["attempts"][0]["turns"][1]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    before = contents(folder)
    refused(
        evalkit("grade", str(folder), "--write"),
        "protocol 'checked', sample 'q4': the conversation goes otherwise",
    )
    assert contents(folder) == before
    assert "regrading" not in os.listdir(folder)


def test_failed_requests_stay_failed(evalkit: Evalkit, tmp_path: Path) -> None:
    answers = [json.dumps({"id": f"q{i}", "text": f"{i + 1}"}) for i in range(8)]
    (tmp_path / "answers.jsonl").write_text("\n".join(answers))
    evalkit("run", "--tasks=marking", "--model=scripted:answers.jsonl")
    before = contents(only(tmp_path))
    done = evalkit("grade", str(only(tmp_path)), "--write")
    assert done.returncode == 1
    assert "outcomes now:    8 right, 2 error" in done.stdout
    assert contents(only(tmp_path)) == before


def test_task_options_of_the_run_are_used(evalkit: Evalkit, tmp_path: Path) -> None:
    evalkit(*RUN, "--set=n=4", "--limit=3")
    done = evalkit("grade", str(only(tmp_path)))
    assert (done.returncode, "0 of 3 verdicts" in done.stdout) == (0, True)


def test_a_record_from_before_graders_had_versions_is_read(
    evalkit: Evalkit, folder: Path
) -> None:
    old = record(folder)
    for name in ("grader", "regrades"):
        del old[name]
    del old["outcomes"]["undecided"]
    (folder / "record.json").write_text(json.dumps(old))
    assert "a grader that left no version" in evalkit("show", str(folder)).stdout
    done = evalkit("grade", str(folder), "--write")
    assert "judged before by task version 1, a grader that left no" in done.stdout
    assert "0 of 10 verdicts flipped" in done.stdout
    assert record(folder)["grader"]
    assert record(folder)["regrades"][0]["grader_before"] == ""


def refused(done: "subprocess.CompletedProcess[str]", said: str) -> None:
    """Check that a command ended with one line that says so."""
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line


def test_other_questions_than_those_asked_are_refused(
    evalkit: Evalkit, folder: Path
) -> None:
    refused(
        evalkit("grade", str(folder), MARKING_FROM="5", **NEW),
        "(marking 1.0), version 2, has other samples than version 1",
    )


def test_a_dataset_that_changed_is_named(
    evalkit: Evalkit, site: Path, tmp_path: Path
) -> None:
    install(site, "quiz", "quiz")
    main = tmp_path / "data/someone/quiz/main"
    main.mkdir(parents=True)
    rows = main / "test.jsonl"
    rows.write_text('{"question": "2+2", "answer": "4"}\n')
    words = ("run", "--tasks=quiz", "--model=scripted:quiz:parrot", "--data=data")
    assert evalkit(*words).returncode == 0
    (folder,) = tmp_path.glob("runs/quiz/*")
    assert evalkit("grade", str(folder), "--data=data").returncode == 0
    rows.write_text('{"question": "2+3", "answer": "5"}\n')
    refused(
        evalkit("grade", str(folder), "--data=data"),
        "the dataset of task 'quiz' has changed since the run was made",
    )
    refused(evalkit("grade", str(folder), "--data=nowhere"), "data folder 'nowhere'")


def test_a_run_whose_task_is_gone_or_that_is_not_finished_is_refused(
    evalkit: Evalkit, folder: Path
) -> None:
    refused(
        evalkit("grade", str(folder), EVALKIT_WITHOUT="marking"),
        "no task named 'marking'",
    )
    (folder / "record.json").unlink()
    refused(evalkit("grade", str(folder)), "is not finished")


def test_a_folder_that_holds_no_run_is_left_alone(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    refused(evalkit("grade", "photos", "--write"), "is not a run folder")
    refused(evalkit("grade", "nowhere"), "is not a run folder")
    assert not os.listdir(tmp_path / "photos")
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_file_of_results_is_named(evalkit: Evalkit, folder: Path) -> None:
    path = folder / "results.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    other = lines[4].replace(b'"id":"q4"', b'"id":"q5"')
    for kept, said in (
        ([*lines[:4], *lines[5:]], "it holds 9 results, and its record counts 10"),
        ([*lines, lines[-1]], "it holds 11 results, and its record counts 10"),
        ([*lines[:4], other, *lines[5:]], "has 'q5' where 'q4' should be"),
    ):
        path.write_bytes(b"".join(kept))
        refused(evalkit("grade", str(folder)), said)


def test_a_run_that_is_being_written_is_not_judged(
    environment: dict[str, str], evalkit: Evalkit, folder: Path, tmp_path: Path
) -> None:
    words = command(*RUN, "--limit=10", "--backend-set=delay=500")
    (folder / "completions.jsonl").unlink()
    with subprocess.Popen(words, env=environment, cwd=tmp_path, stderr=-3) as busy:
        wait_for(lambda: (folder / "completions.jsonl").exists())
        refused(evalkit("grade", str(folder)), f"in use by process {busy.pid} on ")
        busy.terminate()


@pytest.fixture
def states(evalkit: Evalkit, folder: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The folder before, and a copy with new scores."""
    after = tmp_path / "after"
    shutil.copytree(folder, after)
    evalkit("grade", str(after), "--write", **NEW)
    return folder, after


@pytest.mark.parametrize(
    ("mender", "moved"), [*(("grade", n) for n in range(5)), ("run", 2)]
)
def test_a_rescoring_cut_off_while_files_are_put_in_place_is_completed(
    evalkit: Evalkit, states: tuple[Path, Path], moved: int, mender: str
) -> None:
    """The files are moved one by one; whatever is moved already, the rest follows."""
    before, after = states
    staged = RunFolder(before).regraded
    staged.mkdir()
    for name in FILES:
        shutil.copy(after / name, staged / name)
    if moved:
        (before / "record.json").unlink()
    for name in ("results.jsonl", "card.md", "record.json")[: max(0, moved - 1)]:
        (staged / name).replace(before / name)
    if 0 < moved < 4:
        assert "evalkit grade --write mends it" in evalkit("show", str(before)).stderr
    there = sorted(before.rglob("*"))
    refused(evalkit("grade", str(before)), "evalkit grade --write mends it")
    assert sorted(before.rglob("*")) == there

    words = ("grade", str(before), "--write") if mender == "grade" else RUN
    done = evalkit(*words, **(NEW if mender == "grade" else {}))

    assert done.returncode == 0
    assert "a rescoring that had been cut off was completed" in done.stderr
    assert not staged.exists()
    if mender == "grade":
        assert {n: contents(before)[n] for n in FILES} == {
            n: contents(after)[n] for n in FILES
        }


def test_old_numbers_never_stand_beside_new_results(folder: Path) -> None:
    """Moving files stops where it fails: at the results, the old record is gone."""
    staged = RunFolder(folder).regraded
    shutil.copytree(folder, staged)
    (folder / "results.jsonl").unlink()
    (folder / "results.jsonl").mkdir()
    with pytest.raises(OSError, match="results"):
        RunFolder(folder).finish_regrade()
    assert not (folder / "record.json").exists()


def test_drafts_of_a_rescoring_that_was_cut_off_are_thrown_away(
    evalkit: Evalkit, folder: Path
) -> None:
    RunFolder(folder).regrading.mkdir()
    (RunFolder(folder).regrading / "results.jsonl.part").write_text("{")
    before = contents(folder)
    done = evalkit("grade", str(folder), "--write")
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(folder) == before
    assert "regrading" not in os.listdir(folder)


def test_killed_at_any_moment_the_old_or_the_new_is_there(
    environment: dict[str, str],
    evalkit: Evalkit,
    states: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    before, after = states
    whole = (after / "results.jsonl").read_bytes()
    begun = time.monotonic()
    evalkit("grade", str(before), **NEW)
    lasted = time.monotonic() - begun
    for step in range(6):
        folder = tmp_path / f"killed{step}"
        shutil.copytree(before, folder)
        words = command("grade", str(folder), "--write")
        with subprocess.Popen(
            words, env=environment | NEW, cwd=tmp_path, stdout=-3, stderr=-3
        ) as process:
            time.sleep(lasted * (0.4 + 0.1 * step))
            process.send_signal(signal.SIGKILL)
        if RunFolder(folder).record.exists():
            version = record(folder).get("regrades", [])
            expected = after if version else before
            name = "results.jsonl"
            assert (folder / name).read_bytes() == (expected / name).read_bytes()
        assert evalkit("grade", str(folder), "--write", **NEW).returncode == 0
        assert (folder / "results.jsonl").read_bytes() == whole
        assert len(record(folder)["regrades"]) == 1
