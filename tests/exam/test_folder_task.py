"""Folders as tasks: exams that somebody wrote, and what plugins make of others."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.conftest import Evalkit, install
from tests.exam.made import WORKED, Change, Json, made, unchanged, write_lines

ANSWERS = [
    {"id": "1", "text": "By Pythagoras: 12² + 5² = 169.\nFinal answer: 14 cm"},
    {"id": "2a", "text": "Final answer: -7, 7"},
    {"id": "2b", "text": "Twice something plus twice something is twice their sum."},
    {"id": "3", "text": "17 · 23 = 391\nFinal answer: 391"},
]
ANSWERED = "--model=scripted:answers.jsonl"


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    """The small exam in the folder where the command line is run."""
    write_lines(tmp_path / "answers.jsonl", ANSWERS)
    return made(tmp_path / "my_exam")


def record(root: Path) -> Json:
    """The record of the only run below a folder."""
    (path,) = root.rglob("record.json")
    found: Json = json.loads(path.read_text())
    return found


def results(root: Path) -> dict[str, Any]:
    """The scores of the only run below a folder, by question."""
    (path,) = root.rglob("results.jsonl")
    lines = map(json.loads, path.read_text().splitlines())
    return {each["id"]: each["attempts"][0]["score"] for each in lines}


def refusal(done: "CompletedProcess[str]") -> str:
    """What a command said that would not begin: one line."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("name", ["./my_exam/", "my_exam", "my_exam/", "../{}/my_exam"])
def test_a_folder_is_a_task(
    evalkit: Evalkit, tmp_path: Path, exam: Path, name: str
) -> None:
    done = evalkit("run", f"--tasks={name.format(tmp_path.name)}", ANSWERED)
    assert done.returncode == 0, done.stderr
    scores = results(tmp_path / "runs" / "small_exam")
    points = {number: each["points"] for number, each in scores.items()}
    assert points == {"1": 2.0, "2a": 2.0, "2b": 0.0, "3": 6.0}
    assert [each["points"] for each in scores["1"]["marks"]] == [1.0, 1.0, 0.0]
    outcomes = [each["outcome"] for each in scores.values()]
    assert outcomes == ["partial", "right", "unmarked", "right"]
    (estimate,) = record(tmp_path)["estimates"]
    assert (estimate["value"], estimate["scale"]) == (8.0, 9.0)
    (card,) = tmp_path.rglob("card.md")
    assert "## About this exam\n\n- Written for tests." in card.read_text()
    (path,) = tmp_path.rglob("results.jsonl")
    first = json.loads(path.read_text().splitlines()[0])
    assert [each["points"] for each in first["rubric"]] == [1.0, 1.0, 1.0]


def test_the_same_files_elsewhere_are_the_same_run(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    spec = record(tmp_path)["spec"]
    assert spec["dataset"].keys() == {"id", "revision", "sha256"}
    assert spec["dataset"]["id"] == spec["task"] == "small_exam"
    assert spec["task_options"] == {}
    (run,) = (tmp_path / "runs" / "small_exam").iterdir()
    for each in run.iterdir():
        assert str(tmp_path) not in each.read_text()
    shutil.move(exam, tmp_path / "moved")
    again = evalkit("run", "--tasks=./moved/", ANSWERED)
    assert again.returncode == 0, again.stderr
    assert record(tmp_path)["spec"] == spec  # and no other run folder


def test_another_question_is_another_run(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        questions[0]["question"] += " Tell why."

    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    made(exam, change)
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    assert len(list((tmp_path / "runs" / "small_exam").iterdir())) == 2


def bytes_of(exam: Path) -> None:
    with (exam / "questions.jsonl").open("a") as file:
        file.write("\n")


def title_of(exam: Path) -> None:
    made(exam, lambda heading, _: heading.update(title="Renamed"))


def check_of(exam: Path) -> None:
    def change(_: Json, questions: list[Json]) -> None:
        questions[0]["rubric"][0] |= {"check": {"says": "zebra"}, "implied": False}

    made(exam, change)


def worked_of(exam: Path) -> None:
    write_lines(exam / "worked.jsonl", WORKED[:1])


@pytest.mark.parametrize("edit", [bytes_of, title_of, check_of, worked_of])
def test_what_asks_nothing_else_is_the_same_run(
    evalkit: Evalkit, tmp_path: Path, exam: Path, edit: Callable[[Path], object]
) -> None:
    """Nothing is asked again, and marks stay where they are."""
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    before = record(tmp_path)
    assert before["data_origin"].startswith("folder, files sha256 ")
    edit(exam)
    done = evalkit("run", "--tasks=./my_exam/", ANSWERED)
    assert done.returncode == 0, done.stderr
    after = record(tmp_path)  # the only one
    assert after["spec"] == before["spec"]
    assert after["counts"]["requests"] == 4
    if edit is check_of:  # scores are those of the new check, and tell which it is
        assert results(tmp_path)["1"]["points"] == 1.0
        assert after["counts"]["replayed"] == 4
        assert after["data_origin"] != before["data_origin"]


def test_a_run_judged_anew_is_gone_on_with(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    (run,) = (tmp_path / "runs" / "small_exam").iterdir()
    check_of(exam)
    done = evalkit("grade", str(run), "--task=./my_exam/", "--write")
    assert done.returncode == 0, done.stderr
    judged = record(tmp_path)
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    assert record(tmp_path) == judged  # that it was judged anew included


def other_words(_: Json, questions: list[Json]) -> None:
    questions[0]["rubric"][0]["step"] = "Pythagoras' theorem"


def other_key(_: Json, questions: list[Json]) -> None:
    questions[3]["answer"]["tol_abs"] = 1


def other_worth(heading: Json, questions: list[Json]) -> None:
    questions[0]["points"] = questions[0]["rubric"][0]["points"] = 4
    questions[0]["rubric"] = questions[0]["rubric"][:1]
    heading["points"] = 10


def other_notes(heading: Json, _: list[Json]) -> None:
    heading["notes"] = ["Written for other tests."]


@pytest.mark.parametrize("change", [other_words, other_key, other_worth, other_notes])
def test_what_is_asked_or_worth_makes_another_run(
    evalkit: Evalkit, tmp_path: Path, exam: Path, change: Change
) -> None:
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    made(exam, change)
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    assert len(list((tmp_path / "runs" / "small_exam").iterdir())) == 2


def test_questions_beyond_the_limit_tell_a_run_too(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    """With a larger limit the run would go on to them."""
    limited = ("run", "--tasks=./my_exam/", ANSWERED, "--limit=2")
    assert evalkit(*limited).returncode == 0
    assert evalkit(*limited[:-1]).returncode == 0
    assert record(tmp_path)["samples"] == 4  # the same run, extended
    made(exam, other_key)
    assert evalkit(*limited).returncode == 0
    assert len(list((tmp_path / "runs" / "small_exam").iterdir())) == 2


def test_worked_examples_tell_a_run_that_shows_them(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    words = ("run", "--tasks=./my_exam/", "--protocol=fewshot", ANSWERED)
    assert evalkit(*words).returncode == 0
    write_lines(exam / "worked.jsonl", [{**WORKED[0], "solution": "6"}, WORKED[1]])
    assert evalkit(*words).returncode == 0
    assert len(list((tmp_path / "runs" / "small_exam").iterdir())) == 2


def test_an_exam_says_how_it_is_asked(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        heading["instruction"] = "Be brief: {question}"

    made(exam, change)
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    asked = record(tmp_path)["spec"]["protocol_options"]
    assert asked["instruction"] == "Be brief: {question}"


def test_a_base_model_is_shown_the_worked_examples_there_are(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    done = evalkit("run", "--tasks=./my_exam/", "--protocol=fewshot", ANSWERED)
    assert done.returncode == 0, done.stderr
    assert record(tmp_path)["spec"]["protocol_options"]["shots"] == 2


def test_a_registered_name_means_the_task(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    exam.rename(tmp_path / "counting")
    done = evalkit("run", "--tasks=counting", "--model=scripted:counting:right")
    assert done.returncode == 0, done.stderr
    assert record(tmp_path)["spec"]["task"] == "counting"


# What is refused, before a model is looked for.

NOWHERE = "--model=scripted:no_such_file.jsonl"


def named(name: str) -> Change:
    """An exam of another name."""

    def change(heading: Json, questions: list[Json]) -> None:
        heading["name"] = name

    return change


@pytest.mark.parametrize("command", [("run", NOWHERE, "--tasks"), ("check",)])
def test_folders_that_hold_no_exam_are_told(
    evalkit: Evalkit, tmp_path: Path, exam: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "empty").mkdir()
    assert "no such folder" in refusal(evalkit(*command, "./nothing/"))
    assert "an exam has the files exam.json and" in refusal(
        evalkit(*command, "./empty/")
    )
    made(tmp_path / "gsm", named("gsm8k"))
    assert "the name 'gsm8k', which another task" in refusal(
        evalkit(*command, "./gsm/")
    )
    made(tmp_path / "unsafe", named("../runs"))
    assert refusal(evalkit(*command, "./unsafe/")) == (
        "evalkit: unsafe/exam.json: name: '../runs' must be small letters, digits and "
        "underscores, a letter first, 64 at most\n"
    )
    (exam / "questions.jsonl").unlink()
    assert "my_exam/questions.jsonl: there is no such file" in refusal(
        evalkit(*command, "./my_exam/")
    )
    assert not (tmp_path / "runs").exists()


def test_a_faulty_rubric_is_told_by_line_and_field(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        questions[3]["rubric"][1]["points"] = "two"

    made(exam, change)
    assert refusal(evalkit("run", NOWHERE, "--tasks=./my_exam/")) == (
        "evalkit: my_exam/questions.jsonl, line 4: rubric[1].points: 'two' is not a "
        "number (in step 2)\n"
    )


def test_options_that_a_folder_has_not_are_told(evalkit: Evalkit, exam: Path) -> None:
    words = ("run", "--tasks=./my_exam/", ANSWERED)
    assert "the folder that was named" in refusal(evalkit(*words, "--set=path=/x"))
    assert "no option named 'size'" in refusal(evalkit(*words, "--set=size=3"))
    assert "no task here named 'my_exam'" in refusal(
        evalkit(*words, "--set=my_exam.size=3")
    )


# Checking and judging anew.


def test_check_tells_whether_an_exam_holds(evalkit: Evalkit, exam: Path) -> None:
    done = evalkit("check", "./my_exam/")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("small_exam, version 1\n")
    # Those of questions 1, 2a and 3, and of one worked example.
    assert "reference answers get full marks (5 answers; samples" in done.stdout


def test_check_finds_a_solution_that_its_own_rubric_does_not_reward(
    evalkit: Evalkit, exam: Path
) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        questions[3]["solution"] = "Final answer: 391"

    made(exam, change)
    done = evalkit("check", "./my_exam/")
    assert done.returncode == 1
    assert "FAILED  reference answers get full marks (1 of 5 answers" in done.stdout
    assert "sample '3': 'Final answer: 391' is wrong, 0 of 6 points" in done.stdout


def test_a_run_is_judged_anew_with_its_folder(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    (run,) = (tmp_path / "runs" / "small_exam").iterdir()
    said = refusal(evalkit("grade", str(run)))
    assert "'small_exam', which lay in a folder: name that with --task FOLDER" in said
    shutil.move(exam, tmp_path / "moved")
    done = evalkit("grade", str(run), "--task=./moved/")
    assert done.returncode == 0, done.stderr
    made(tmp_path / "other", named("other_exam"))
    said = refusal(evalkit("grade", str(run), "--task=./other/"))
    assert "the run is of the task 'small_exam', and 'other' holds 'other_exam'" in said


def test_judging_anew_tells_the_steps_that_changed(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    def stricter(_: Json, questions: list[Json]) -> None:
        for each in questions:
            each["rubric"][0] |= {"check": {"says": "zebra"}, "implied": False}

    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    (run,) = (tmp_path / "runs" / "small_exam").iterdir()
    done = evalkit("grade", str(run), f"--task={made(tmp_path / 'new', stricter)}")
    assert done.returncode == 0, done.stderr
    assert " verdicts flipped (0 gained, " in done.stdout
    changed = [each for each in done.stdout.splitlines() if "-> not found" in each]
    assert changed
    for each in changed:
        assert re.fullmatch(r"  [\d.]+ -> 0 of [\d.]+ for '.+': .+ -> not found", each)


def test_a_run_of_other_questions_is_not_judged_anew(
    evalkit: Evalkit, tmp_path: Path, exam: Path
) -> None:
    def change(heading: Json, questions: list[Json]) -> None:
        questions[0]["answer"]["value"] = 14

    assert evalkit("run", "--tasks=./my_exam/", ANSWERED).returncode == 0
    made(exam, change)
    (run,) = (tmp_path / "runs" / "small_exam").iterdir()
    said = refusal(evalkit("grade", str(run), "--task=./my_exam/"))
    assert "has changed since the run was made" in said


# Folders of plugins.


@pytest.fixture
def sheet(site: Path, tmp_path: Path) -> Path:
    """A folder that the plugin `sheets` makes a task of."""
    install(site, "sheets", "sheets")
    folder = tmp_path / "monday"
    folder.mkdir()
    (folder / "sums.txt").write_text("1+1=2\n2+2=4\n3+3=6\n")
    answers = ({"id": f"q{n}", "text": str(2 * n + 2)} for n in range(3))
    write_lines(tmp_path / "answers.jsonl", answers)
    return folder


def test_a_plugin_opens_folders_of_its_own(
    evalkit: Evalkit, tmp_path: Path, sheet: Path
) -> None:
    done = evalkit("run", "--tasks=./monday/", ANSWERED)
    assert done.returncode == 0, done.stderr
    found = record(tmp_path)
    assert found["spec"]["task"] == found["spec"]["dataset"]["id"] == "sheet_monday"
    assert found["spec"]["task_options"] == {"first": 0}
    assert found["outcomes"]["right"] == 3
    assert evalkit("check", "./monday/", "--set=sheet_monday.first=1").returncode == 0


def test_a_plugin_that_refuses_a_folder_names_it(evalkit: Evalkit, sheet: Path) -> None:
    (sheet / "sums.txt").write_text("")
    said = refusal(evalkit("run", "--tasks=./monday/", ANSWERED))
    assert "monday/sums.txt holds no sums" in said


def test_an_exam_stays_an_exam_beside_other_plugins(
    evalkit: Evalkit, tmp_path: Path, sheet: Path
) -> None:
    made(sheet, unchanged)
    done = evalkit("check", "./monday/")
    assert done.stdout.startswith("small_exam, version 1\n")
