"""`evalkit run --judge`, as a user runs it."""

import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Evalkit, command, kill_at_line, wait_for

MODEL = ("run", "--tasks=doubling", "--model=scripted:doubling:sit")
FAIR = (*MODEL, "--judge=scripted:judges:fair")


def answers(tmp_path: Path, **texts: str) -> dict[str, str]:
    """Variables by which the model writes these answers."""
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(texts))
    return {"DOUBLING_ANSWERS": str(path)}


def marking(root: Path, marker: str = "judge") -> Any:
    (path,) = root.glob(f"runs/doubling/*/marks/{marker}.json")
    return json.loads(path.read_text())


def points(root: Path, marker: str = "judge") -> Mapping[str, float | None]:
    return {
        each["id"]: None if each["error"] else each["points"]
        for each in marking(root, marker)["answers"]
    }


def asked(log: Path) -> Counter[str]:
    """How often the model and the judge were asked."""
    if not log.exists():
        return Counter()
    return Counter(line.split()[0] for line in log.read_text().splitlines())


def test_a_judge_marks_what_the_model_answered(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    given = answers(tmp_path, s2="it is 5", s3="", s4="<think>8</think> 7")
    done = evalkit(*FAIR, **given, DOUBLING_LOG=str(log))

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("judge scripted:judges:fair: 5 of 12 points\n")
    assert points(tmp_path) == {"s1": 3, "s2": 1, "s3": 0, "s4": 1}
    assert asked(log) == {"model": 4, "judge": 3}  # nobody is asked about nothing
    stored = marking(tmp_path)
    assert stored["by"] == "scripted:judges:fair"
    assert stored["facts"]["votes"] == "1"
    assert stored["facts"]["temperature"] == "0"
    assert stored["facts"]["failed votes"] == "0"
    assert stored["facts"]["requests"] == "3"
    first, _, third, _ = stored["answers"]
    assert first["marks"][1] == {
        "step": "gets 2",
        "worth": 2.0,
        "points": 2.0,
        "why": "reason 2",
    }
    assert third["comment"] == "the answer is empty; the judge was not asked"


def test_the_automatic_scores_stay_as_they_are(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*MODEL, "--output=plain")
    evalkit(*FAIR)
    for name in ("results.jsonl", "completions.jsonl", "spec.json"):
        (plain,) = tmp_path.glob(f"plain/doubling/*/{name}")
        (judged,) = tmp_path.glob(f"runs/doubling/*/{name}")
        assert plain.read_bytes() == judged.read_bytes()
        assert plain.parent.name == judged.parent.name


def test_of_a_finished_run_only_the_judge_is_asked(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    evalkit(*MODEL)
    (record,) = tmp_path.glob("runs/doubling/*/record.json")
    before = record.read_bytes()
    done = evalkit(*FAIR, DOUBLING_LOG=str(log))
    assert done.returncode == 0
    assert asked(log) == {"judge": 4}
    assert record.read_bytes() == before
    (sessions,) = tmp_path.glob("runs/doubling/*/sessions.jsonl")
    assert len(sessions.read_text().splitlines()) == 1

    (stored,) = tmp_path.glob("runs/doubling/*/marks/judge.json")
    marks = stored.read_bytes()
    again = evalkit(*FAIR, DOUBLING_LOG=str(log))
    assert again.returncode == 0
    assert asked(log) == {"judge": 4}
    assert stored.read_bytes() == marks
    assert again.stdout.endswith("judge scripted:judges:fair: 12 of 12 points\n")
    (sessions,) = tmp_path.glob("runs/doubling/*/judging/*/sessions.jsonl")
    assert len(sessions.read_text().splitlines()) == 1


def test_a_model_that_is_its_own_judge_is_loaded_once(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    words = ("run", "--tasks=doubling", "--model=scripted:judges:both")
    done = evalkit(
        *words,
        "--judge=scripted:judges:both",
        "--set=n=300",
        "--backend-set=delay=1",
        DOUBLING_LOG=str(log),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("judge scripted:judges:both: 900 of 900 points\n")
    lines = log.read_text().splitlines()
    first_judged = next(n for n, each in enumerate(lines) if each.startswith("judge"))
    last_asked = max(n for n, each in enumerate(lines) if each.startswith("model"))
    assert first_judged < last_asked  # both are in one queue
    assert Counter(each.split()[0] for each in lines) == {"model": 300, "judge": 300}


def test_another_judge_gets_a_file_of_its_own(evalkit: Evalkit, tmp_path: Path) -> None:
    evalkit(*FAIR)
    harsh = evalkit(*MODEL, "--judge=scripted:judges:obeys_what_is_outside")
    assert harsh.returncode == 0
    assert sum(p or 0 for p in points(tmp_path).values()) == 12
    assert sum(p or 0 for p in points(tmp_path, "judge-2").values()) == 0
    evalkit(*FAIR)
    names = {path.name for path in tmp_path.glob("runs/doubling/*/marks/*.json")}
    assert names == {"judge.json", "judge-2.json"}


def test_of_several_votes_the_median_counts(evalkit: Evalkit, tmp_path: Path) -> None:
    words = (*MODEL, "--judge=scripted:judges:votes", "--judge-votes=3")
    done = evalkit(*words, "--attempts=2", "--temperature=0.5")
    assert done.returncode == 0, done.stderr
    stored = marking(tmp_path)
    assert stored["facts"]["temperature"] == "0.7"
    assert [(each["id"], each["attempt"]) for each in stored["answers"]] == [
        (f"s{i}", attempt) for i in (1, 2, 3, 4) for attempt in (0, 1)
    ]
    for each in stored["answers"]:
        assert each["votes"] == [0, 3, 1.5]
        assert each["points"] == 1.5
        assert [mark["points"] for mark in each["marks"]] == [1, 0.5]
    (journal,) = tmp_path.glob("runs/doubling/*/judging/*/completions.jsonl")
    assert len(journal.read_text().splitlines()) == 24


def test_a_larger_limit_asks_only_about_what_is_new(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    evalkit(*FAIR, "--limit=2", "--attempts=2", "--temperature=1")
    assert list(points(tmp_path)) == ["s1", "s2"]
    evalkit(
        *FAIR, "--limit=3", "--attempts=2", "--temperature=1", DOUBLING_LOG=str(log)
    )
    assert list(points(tmp_path)) == ["s1", "s2", "s3"]
    assert asked(log) == {"model": 2, "judge": 2}


def test_more_attempts_ask_only_about_what_is_new(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    evalkit(*FAIR, "--limit=2", "--temperature=1")
    done = evalkit(
        *FAIR, "--limit=2", "--attempts=3", "--temperature=1", DOUBLING_LOG=str(log)
    )
    assert done.returncode == 0, done.stderr
    assert asked(log) == {"model": 4, "judge": 4}
    assert len(marking(tmp_path)["answers"]) == 6
    assert len([*tmp_path.glob("runs/doubling/*/judging/*")]) == 1


def test_another_answer_and_another_rubric_are_marked_anew(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    evalkit(*FAIR)
    (journal,) = tmp_path.glob("runs/doubling/*/completions.jsonl")
    first, *others = journal.read_text().splitlines(keepends=True)
    journal.write_text(first.replace("= 2", "= 9") + "".join(others))
    for name in ("record.json", "results.jsonl"):
        (journal.parent / name).unlink()
    evalkit(*FAIR, DOUBLING_LOG=str(log))
    assert points(tmp_path) == {"s1": 1, "s2": 3, "s3": 3, "s4": 3}
    assert asked(log) == {"judge": 1}
    evalkit(*FAIR, DOUBLING_LOG=str(log), DOUBLING_STEP="sums up")
    assert asked(log) == {"judge": 5}
    assert marking(tmp_path)["answers"][0]["marks"][0]["step"] == "sums up"


def test_the_card_is_written_when_the_marks_are_there(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*MODEL)
    (card,) = tmp_path.glob("runs/doubling/*/card.md")
    assert "marks by: []" in card.read_text()
    evalkit(*FAIR)
    assert "marks by: ['judge']" in card.read_text()


def test_a_bound_on_the_cost_holds_for_a_model_that_judges_itself(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    words = ("run", "--tasks=doubling", "--model=scripted:judges:both")
    prices = ("--price-in=0", "--price-out=1000", "--max-cost=2.1")
    judged = (*words, "--judge=scripted:judges:both", *prices)
    done = evalkit(*judged, DOUBLING_LOG=str(log))  # 1024 tokens may cost $1.02
    assert done.returncode == 3, done.stderr
    assert asked(log) == {"model": 4}
    assert "stopped by --max-cost 2.1" in done.stderr
    assert "0 of 4 answers are marked" in done.stderr
    assert "To go on: with a higher --max-cost: evalkit run " in done.stderr
    # What the judge costs is no part of the cost on the card, and that is said.
    done = evalkit(*judged[:-1], DOUBLING_LOG=str(log))
    assert done.returncode == 0, done.stderr
    assert "the cost lacks its 0 tokens read and 0 written" in done.stdout


@pytest.mark.parametrize("name", ["gives_99", "talks", "echoes_the_first_object"])
def test_what_cannot_be_used_is_no_mark(
    evalkit: Evalkit, tmp_path: Path, name: str
) -> None:
    words = (*MODEL, f"--judge=scripted:judges:{name}")
    done = evalkit(*words)
    assert done.returncode == 1
    assert done.stdout.endswith(
        f"judge scripted:judges:{name}: 0 of 12 points; 4 answers could not be judged\n"
    )
    stored = marking(tmp_path)
    assert stored["facts"]["failed votes"] == "4"
    assert stored["facts"]["requests"] == "12"
    for each in stored["answers"]:
        assert "no usable reply in 3 tries" in each["error"]
        assert each["marks"] == []
    assert set(points(tmp_path).values()) == {None}
    (journal,) = tmp_path.glob("runs/doubling/*/judging/*/completions.jsonl")
    assert evalkit(*words).returncode == 1  # and is not asked again, with no end
    assert len(journal.read_text().splitlines()) == 12


def test_a_failed_answer_is_not_judged(evalkit: Evalkit, tmp_path: Path) -> None:
    log = tmp_path / "log"
    given = answers(tmp_path, s2="fail")
    done = evalkit(*FAIR, **given, DOUBLING_LOG=str(log))
    assert done.returncode == 1
    assert "9 of 12 points; 1 answer could not be judged" in done.stdout
    assert asked(log)["judge"] == 3
    (failed,) = (each for each in marking(tmp_path)["answers"] if each["error"])
    assert failed["error"] == "there is no answer: out of order"


def test_an_answer_that_cannot_be_scored_is_judged_all_the_same(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    done = evalkit(*FAIR, **answers(tmp_path, s2="crash: 4"))
    assert done.returncode == 1  # for its automatic score
    assert done.stdout.endswith("judge scripted:judges:fair: 12 of 12 points\n")
    assert points(tmp_path)["s2"] == 3


def test_marks_that_are_damaged_are_told_of_before_anything_is_asked(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    evalkit(*FAIR, "--limit=2")
    (path,) = tmp_path.glob("runs/doubling/*/marks/judge.json")
    path.write_text("{")
    done = evalkit(*FAIR, DOUBLING_LOG=str(log))
    assert done.returncode == 2
    assert "marks/judge.json' is damaged" in done.stderr.splitlines()[-1]
    assert not log.exists()


def test_a_judge_that_failed_is_asked_again_next_time(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    words = (*MODEL, "--judge=scripted:judges:fails_sometimes")
    done = evalkit(*words, JUDGE_FAILS="1", DOUBLING_LOG=str(log))
    assert done.returncode == 1
    assert points(tmp_path) == {"s1": 3, "s2": None, "s3": 3, "s4": 3}
    assert "out of order" in json.dumps(marking(tmp_path))
    done = evalkit(*words, DOUBLING_LOG=str(log))
    assert done.returncode == 0
    assert points(tmp_path)["s2"] == 3
    assert asked(log) == {"model": 4, "judge": 4}


def test_a_dry_run_tells_of_the_judge(evalkit: Evalkit, tmp_path: Path) -> None:
    words = (*FAIR, "--judge-votes=3", "--judge-set=temperature=0.5")
    said = evalkit(*words, "--dry-run")
    assert said.returncode == 0
    assert "besides, about 12 requests to the judge scripted:judges:fair" in (
        said.stdout
    )
    assert not list(tmp_path.glob("runs/doubling"))
    assert evalkit(*words).returncode == 0
    said = evalkit(*words, "--dry-run")
    assert "about 12 requests to the judge scripted:judges:fair (12 answered" in (
        said.stdout
    )


def test_runs_without_a_rubric_are_left_alone(evalkit: Evalkit, tmp_path: Path) -> None:
    words = ("run", "--tasks=doubling,counting", "--model=scripted:counting:right")
    done = evalkit(*words, "--judge=scripted:judges:fair")
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("runs/counting/*/marks"))
    assert not list(tmp_path.glob("runs/counting/*/judging"))
    assert len(points(tmp_path)) == 4


def test_a_judge_has_nothing_to_do_without_a_rubric(evalkit: Evalkit) -> None:
    words = ("run", "--tasks=counting", "--model=scripted:doubling:sit")
    done = evalkit(*words, "--judge=scripted:judges:fair")
    assert done.returncode == 2
    assert "--judge marks by rubrics, and 'counting' has none" in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--judge=hf",), "--judge takes backend:model, not 'hf'. Backends: "),
        (("--judge=nowhere:x",), "'nowhere'"),
        (("--judge=scripted:judges:missing",), "cannot import 'judges:missing'"),
        (("--judge=scripted:judges:fair", "--judge-votes=0"), "--judge-votes must lie"),
        (("--judge-votes=3",), "need --judge BACKEND:MODEL"),
        (("--judge-set=delay=1",), "need --judge BACKEND:MODEL"),
        (
            ("--judge=scripted:judges:fair", "--judge-set=color=red"),
            "--judge, backend 'scripted': ",
        ),
        (
            ("--judge=scripted:judges:fair", "--judge-set=max_tokens=0"),
            "option 'max_tokens' cannot be 0",
        ),
        (
            ("--judge=scripted:judges:fair", "--judge-set=chats=false"),
            "has no chat template, which a judge needs",
        ),
        (
            (
                "--judge=scripted:judges:fair",
                "--judge-votes=3",
                "--judge-set=temperature=0",
            ),
            "the same vote again",
        ),
        (
            (
                "--judge=scripted:judges:fair",
                "--price-in=1",
                "--price-out=1",
                "--max-cost=1",
            ),
            "the judge 'scripted:judges:fair' has prices of its own",
        ),
    ],
)
def test_words_that_mean_nothing_are_refused_before_anything_is_asked(
    evalkit: Evalkit, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    log = tmp_path / "log"
    done = evalkit(*MODEL, *words, DOUBLING_LOG=str(log))
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not log.exists()


def test_ctrl_c_saves_what_the_judge_said(
    environment: dict[str, str], evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    words = (*FAIR, "--judge-set=delay=15", "--set=n=200")
    variables = environment | {"DOUBLING_LOG": str(log)}
    with subprocess.Popen(
        command(*words), env=variables, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: asked(log)["judge"] >= 3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "stopped by Ctrl-C; " in said
    assert "of 200 answers are marked" in said
    done = evalkit(*words, DOUBLING_LOG=str(log))
    assert done.returncode == 0
    assert asked(log) == {"model": 200, "judge": 200}
    assert "600 of 600 points" in done.stdout


@pytest.mark.parametrize("own", [False, True], ids=["another judge", "its own judge"])
def test_a_judge_killed_at_any_moment_goes_on_where_it_was(
    environment: dict[str, str], tmp_path: Path, own: bool
) -> None:
    function = "judges:both" if own else "doubling:sit"
    judge = "judges:both" if own else "judges:fair"
    words = command(
        "run",
        "--tasks=doubling",
        "--set=n=120",
        f"--model=scripted:{function}",
        f"--judge=scripted:{judge}",
        *(["--backend-set=delay=4"] if own else ["--judge-set=delay=8"]),
    )
    chance = random.Random(5)
    moments = [chance.randrange(60, 235) for _ in range(6)]

    def run(name: str, kill_at: int | None = None) -> int:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        log = folder / "log"
        variables = environment | {"DOUBLING_LOG": str(log)}
        with subprocess.Popen(
            words, env=variables, cwd=folder, stderr=-3, stdout=-3
        ) as process:
            if kill_at is not None:
                kill_at_line(process, log, kill_at)
            return process.wait()

    def disturbed(number: int) -> tuple[int, Any, Counter[str]]:
        name = f"killed{number}"
        first = run(name, kill_at=moments[number])
        assert run(name) == 0
        return (
            first,
            marking(tmp_path / name)["answers"],
            asked(tmp_path / name / "log"),
        )

    assert run("whole") == 0
    whole = marking(tmp_path / "whole")["answers"]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(disturbed, range(len(moments))))

    assert sum(code == -signal.SIGKILL for code, _, _ in outcomes) >= 4
    for _, marks, log in outcomes:
        assert marks == whole
        assert 120 <= log["judge"] <= 121  # the engine has one request in hand
        assert log.total() <= 241


def test_a_half_written_line_of_the_judges_journal_is_cut(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    evalkit(*FAIR)
    (journal,) = tmp_path.glob("runs/doubling/*/judging/*/completions.jsonl")
    journal.write_bytes(journal.read_bytes()[:-20])
    again = evalkit(*FAIR, DOUBLING_LOG=str(log))
    assert again.returncode == 0
    assert "completions.jsonl: cut a half-written last line" in again.stderr
    assert asked(log) == {"judge": 1}


def test_a_judges_folder_says_what_it_was_asked_for(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*FAIR)
    (path,) = tmp_path.glob("runs/doubling/*/judging/*/spec.json")
    spec = json.loads(path.read_text())
    (run,) = tmp_path.glob("runs/doubling/*")
    assert spec["protocol"] == "judge"
    assert spec["protocol_options"]["run"].startswith(run.name.rpartition("-")[2])
    assert spec["protocol_options"]["votes"] == 1
    assert spec["protocol_options"]["sampling"]["max_tokens"] == 4096
    assert len(spec["protocol_options"]["prompt_sha256"]) == 64
    assert path.parent.name.startswith("judges-fair--")
    assert os.path.exists(path.parent / "completions.jsonl")
