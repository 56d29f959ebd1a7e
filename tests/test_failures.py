"""Failures have kinds, which say whether the same command may bring an answer."""

import json
import re
from pathlib import Path

import pytest

from evalkit import Failure, Generate
from evalkit.dialogue import completion_of, turn_of
from evalkit_backends._api.trouble import refused, refused_inside
from tests.conftest import install
from tests.here import Done, evalkit_here


@pytest.mark.parametrize("kind", Failure)
def test_every_kind_is_told_in_words(kind: Failure) -> None:
    assert kind.told
    assert kind.told != kind.value.replace("_", "")


def test_what_passes_by_itself_is_the_worlds_and_never_the_questions() -> None:
    passing = {kind for kind in Failure if kind.passes}
    assert passing == {Failure.SERVER, Failure.LATE, Failure.LOST, Failure.OTHER}


def test_a_failures_kind_stays_with_its_turn() -> None:
    request = Generate(prompt="?", id="r1")
    completion = request.failure("5,312 tokens", Failure.TOO_LONG)
    turn = turn_of(completion)
    assert turn.failure is Failure.TOO_LONG
    assert completion_of(turn, request) == completion


def test_a_backend_may_tell_no_kind() -> None:
    assert Generate(prompt="?").failure("out of order").failure is Failure.OTHER


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, '{"code": "context_length_exceeded"}', Failure.TOO_LONG),
        (
            400,
            '{"message": "This model\'s maximum context length is 2048 tokens. '
            'However, you requested 5312 tokens"}',
            Failure.TOO_LONG,
        ),
        (400, '{"type": "exceed_context_size_error"}', Failure.TOO_LONG),
        (400, '{"code": "content_filter"}', Failure.FILTERED),
        (403, '{"metadata": {"flagged_input": "…"}}', Failure.FILTERED),
        (400, '{"message": "no such thing"}', Failure.REFUSED),
        (422, '{"message": "no such thing"}', Failure.REFUSED),
        (429, '{"message": "slow down"}', Failure.SERVER),
        (500, '{"message": "out of order"}', Failure.SERVER),
        (503, '{"message": "busy"}', Failure.SERVER),
    ],
)
def test_a_servers_words_tell_the_kind(status: int, error: str, kind: Failure) -> None:
    trouble = refused(status, {}, f'{{"error": {error}}}'.encode())
    assert trouble.failure is kind


def test_an_error_in_place_of_an_answer_tells_its_kind_too() -> None:
    body = {"error": {"code": 400, "message": "the prompt is too long: 9 tokens"}}
    trouble = refused_inside(body)
    assert trouble is not None
    assert trouble.failure is Failure.TOO_LONG


MODEL = "--model=scripted:failing:{}"


@pytest.fixture(autouse=True)
def _installed(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "failing", "failing")
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def lines_with(done: Done, words: str) -> list[str]:
    return [line for line in done.stdout.splitlines() if words in line]


def card(done: Done) -> str:
    (line,) = lines_with(done, "card:")
    return Path(line.split()[-1]).read_text()


def test_reasons_that_differ_in_numbers_are_one_with_its_count() -> None:
    done = evalkit_here("run", "-t", "counting", MODEL.format("mixed"), "--set=n=500")
    assert done.status == 1
    (line,) = lines_with(done, "    250 ")
    assert line.split(": ")[0] == "    250 too long for the model"
    assert "a prompt of 5290 tokens, of 2048" in line
    assert len(lines_with(done, "100 trouble of the server")) == 1
    assert len(lines_with(done, "50 failed in the backend: out of order")) == 1
    (advice,) = lines_with(done, "the same command")
    assert advice == (
        "    the same command asks 150 of them again; 250 would fail again"
    )
    assert "| 250 | too long for the model | asking again brings the same |" in card(
        done
    )
    assert "| 100 | trouble of the server" in card(done)
    folder = str(next(Path("runs").glob("counting/*")))
    assert line in evalkit_here("show", folder).stdout
    (record,) = Path("runs").glob("counting/*/record.json")
    told = json.loads(record.read_text())["reasons"]
    assert [(each["kind"], each["count"]) for each in told] == [
        ("too_long", 250),
        ("server", 100),
        ("other", 50),
    ]


def test_what_may_pass_is_asked_again_and_does_not_end_a_run() -> None:
    done = evalkit_here("run", "-t", "counting", MODEL.format("busy"), "--set=n=90")
    assert done.status == 1
    assert len(lines_with(done, "    90 trouble of the server")) == 1
    assert len(lines_with(done, "the same command asks them again")) == 1
    assert "90 error" in done.stdout


def test_nothing_is_advised_that_brings_the_same() -> None:
    done = evalkit_here("run", "-t", "counting", MODEL.format("too_long"))
    assert done.status == 1
    assert "10 attempts failed" in done.stdout
    assert lines_with(done, "asking again") == ["    asking again brings the same"]
    assert "same command" not in done.stdout


def test_a_run_whose_first_answers_all_fail_for_one_final_reason_stops() -> None:
    done = evalkit_here(
        "run", "-t", "counting", MODEL.format("too_long"), "--set=n=5000"
    )
    assert done.status == 1
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    found = re.search(r"the first (\d+) answers all failed, too long for the", last)
    assert found
    assert 20 <= int(found[1]) < 200
    assert "a prompt of 5290 tokens, of 2048 that can be held" in last
    assert "asking again brings the same, so nothing more was asked" in last
    assert "To go on" not in done.stderr
    assert not list(Path("runs").glob("counting/*/record.json"))


@pytest.mark.parametrize("answers", ["mostly_too_long", "late_to_answer"])
def test_a_run_goes_on_as_long_as_anything_succeeds(answers: str) -> None:
    done = evalkit_here("run", "-t", "counting", MODEL.format(answers), "--set=n=200")
    assert done.status == 1
    assert "outcomes: " in done.stdout
    assert " right" in lines_with(done, "outcomes: ")[0]


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        (
            "plain",
            "error in the task's scoring: task 'buggy' of plugin failing "
            "(failing 1.0), score(): IndexError",
        ),
        (
            "stumbling",
            "(failing 1.0), protocol 'stumbling', sample 'q0': KeyError: 'That is 1'",
        ),
    ],
)
def test_a_bug_that_meets_every_answer_ends_the_run(protocol: str, told: str) -> None:
    words = ("run", "-t", "buggy", "-p", protocol, MODEL.format("patient"))
    done = evalkit_here(*words, "--set=n=3000")
    assert done.status == 1
    last = done.stderr.splitlines()[-1]
    assert told in last
    assert "brings the same, until the code is mended" in last
    few = evalkit_here(*words, "--set=n=5")
    assert few.status == 1
    assert len(lines_with(few, "    5 error in the")) == 1
    (advice,) = lines_with(few, "same command")
    assert advice == "    the same command brings the same, until the code is mended"


def test_what_kills_the_scoring_process_is_a_kind_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAILING_DIES", "1")
    words = ("run", "-t", "buggy", "-p", "plain", "--model=scripted:counting:right")
    done = evalkit_here(*words, "--set=n=2")
    (line,) = lines_with(done, "scoring process died")
    assert "2 scoring process died: the scoring process ended with status 3" in line


def test_the_runs_of_a_suite_tell_their_reasons_together() -> None:
    words = ("run", "-t", "both", "-p", "plain", "--model=scripted:failing:mixed")
    done = evalkit_here(*words)
    assert lines_with(done, "18 attempts") == ["18 attempts failed"]
    assert len(lines_with(done, "  10 too long for the model")) == 1
    assert len(lines_with(done, "  2 for 1 other reason, which the card lists")) == 1


def test_other_runs_of_a_command_go_on() -> None:
    words = ("run", "-t", "buggy,counting", "-p", "plain", MODEL.format("patient"))
    done = evalkit_here(*words, "--set=buggy.n=3000", "--set=counting.n=60")
    assert done.status == 1
    assert "buggy, protocol plain: the first" in done.stderr.splitlines()[-1]
    (record,) = Path("runs").glob("*/*/record.json")
    assert json.loads(record.read_text())["outcomes"]["right"] == 60
