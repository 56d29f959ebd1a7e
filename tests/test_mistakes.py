"""A user's mistake is one line on standard error, status 2, and no model loaded."""

import os
from pathlib import Path

import pytest

from tests.conftest import Evalkit, install

MODEL = "--model=scripted:counting:right"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--tasks=countin", MODEL], "Did you mean 'counting'?"),
        (["run", MODEL], "no task named"),
        (["run", "--tasks=counting", "--model=scriptd:x"], "Did you mean 'scripted'?"),
        (["run", "--tasks=counting", "--model=gpt"], "takes backend:model, not 'gpt'"),
        (["run", "--tasks=counting", "--model=scripted:a"], "module:function, not 'a'"),
        (["run", "--tasks=counting", "--model=scripted:os:nope"], "cannot import"),
        (["run", "--tasks=counting", "--model=scripted:no.jsonl"], "cannot be read"),
        (["run", "--tasks=counting", MODEL, "--set=m=3"], "no option named 'm'"),
        (["run", "--tasks=counting", MODEL, "--set=n=x"], "not 'x'"),
        (["run", "--tasks=counting", MODEL, "--set=n"], "--set takes name=value"),
        (["run", "--tasks=counting", MODEL, "--set=sums.n=3"], "no task here named"),
        (
            ["run", "--tasks=counting", MODEL, "--backend-set=x=1"],
            "no option named 'x'",
        ),
        (["run", "--tasks=counting", MODEL, "--backend-set=delay=x"], "not 'x'"),
        (["run", "--tasks=counting", MODEL, "-p", "chta"], "Did you mean 'chat'?"),
        (["run", "--tasks=counting", MODEL, "--data=nowhere"], "data folder 'nowhere'"),
        (["run", "--tasks=counting", MODEL, "--output=/dev/null/x"], "output folder"),
        (["run", "--tasks=counting", MODEL, "--limit=0"], "--limit must lie between"),
        (["run", "--tasks=counting", MODEL, "--attempts=3"], "at temperature 0"),
        (["run", "--tasks=counting", MODEL, "--metric=pass@8"], "needs --attempts 8"),
        (["run", "--tasks=counting", MODEL, "--temperature=-1"], "--temperature must"),
        (["run", "--tasks=counting", MODEL, "--limit=ten"], "not a valid integer"),
        (["run", "--tasks=counting", MODEL, "--lmit=3"], "No such option"),
        (["run", "--tasks=counting", MODEL, "--set=n=inf"], "not 'inf'"),
        (
            ["run", "--tasks=counting", "--model=hf:x", "--backend-set=dtype=f"],
            "'auto'",
        ),
        (["run", "--tasks=counting", "--model=hf:../x"], "neither a folder"),
        (["rnu"], "No such command 'rnu'"),
        (["tasks", "nope"], "no task named 'nope'"),
        (["show", "nowhere"], "not a run folder"),
        (["grade"], "name a run folder, or --responses FILE"),
        (["grade", "nowhere"], "not a run folder"),
        (["grade", "nowhere", "--out=x"], "--out cannot be used with a run folder"),
        (["grade", "--responses=no.jsonl"], "needs --reference-field"),
        (["grade", "--responses=no.jsonl", "--reference-field=x"], "No such file"),
        (
            ["grade", "--responses=.", "--reference-field=x"],
            "it is a folder, not a file",
        ),
        (["check"], "name the tasks to check, or give --all"),
        (["check", "countin"], "Did you mean 'counting'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_one_line_and_status_2(evalkit: Evalkit, words: list[str], said: str) -> None:
    done = evalkit(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalkit: ")
    assert said in line


def test_a_model_without_template_cannot_chat(evalkit: Evalkit) -> None:
    words = ("run", "--tasks=counting", MODEL, "--backend-set=chats=false")
    done = evalkit(*words, "--protocol=chat")
    assert done.returncode == 2
    assert "has no chat template" in done.stderr
    assert "plain" in done.stderr
    assert evalkit(*words).returncode == 0


def test_a_plugin_that_cannot_be_imported_is_named_and_the_rest_works(
    evalkit: Evalkit, site: Path
) -> None:
    (site / "broken.py").write_text("raise RuntimeError('out of order')")
    install(site, "broken", "broken", "2.1")
    done = evalkit("run", "--tasks=counting", MODEL)
    assert done.returncode == 0
    (warning,) = [line for line in done.stderr.splitlines() if "broken" in line]
    assert "plugin 'broken' (broken 2.1) does not work" in warning
    assert "RuntimeError: out of order" in warning
    assert "broken  [broken 2.1]  does not work" in evalkit("plugins").stdout


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        (
            "import evalkit\n@evalkit.hookimpl\ndef evalkit_taks(): pass",
            "unknown hook 'evalkit_taks'",
        ),
        (
            "import evalkit\n@evalkit.hookimpl\ndef evalkit_tasks(): return 1/0",
            "ZeroDivisionError",
        ),
    ],
    ids=["exits", "misspells a hook", "raises when asked"],
)
def test_other_ways_to_be_broken(
    evalkit: Evalkit, site: Path, source: str, said: str
) -> None:
    (site / "broken.py").write_text(source)
    install(site, "broken", "broken")
    done = evalkit("run", "--tasks=counting", MODEL)
    assert done.returncode == 0
    assert said in done.stderr


def test_entry_points_of_one_name_do_not_hide_each_other(
    evalkit: Evalkit, site: Path
) -> None:
    (site / "broken.py").write_text("raise RuntimeError('out of order')")
    (site / "sound.py").write_text(
        "import evalkit, counting\n"
        "class Other(counting.Counting): name = 'other'\n"
        "@evalkit.hookimpl\n"
        "def evalkit_tasks(): return (Other,)\n"
    )
    for module in ("broken", "sound"):
        install(site, f"quiz_{module}", module, entry_point="quiz")
    done = evalkit("tasks")
    assert "plugin 'quiz' (quiz_broken 1.0) does not work" in done.stderr
    assert "\nother " in done.stdout


def test_two_plugins_claiming_one_command_are_both_named(
    evalkit: Evalkit, site: Path
) -> None:
    (site / "taker.py").write_text(
        "import click, evalkit\n"
        "@evalkit.hookimpl\n"
        "def evalkit_commands(cli): cli.add_command(click.Command('run'))\n"
    )
    install(site, "taker", "taker")
    done = evalkit("tasks")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "two plugins register the command 'run'" in line
    assert "taker (taker 1.0)" in line


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class Bad(counting.Counting): name = ''", "'Bad' has no name"),
        ("class Bad(evalkit.Task): name = 'bad'", "does not define samples, score"),
        (
            "class Bad(counting.Counting): name = 'bad'; protocols = ()",
            "task 'bad' has no protocols",
        ),
    ],
    ids=["no name", "abstract", "no protocols"],
)
def test_a_plugins_half_made_task_is_left_out(
    evalkit: Evalkit, site: Path, source: str, said: str
) -> None:
    (site / "half.py").write_text(
        f"import evalkit, counting\n{source}\n"
        "@evalkit.hookimpl\n"
        "def evalkit_tasks(): return (Bad,)\n"
    )
    install(site, "half", "half")
    done = evalkit("run", "--tasks=counting", MODEL)
    assert done.returncode == 0
    assert said in done.stderr


def test_evalkit_alone_shows_its_help(evalkit: Evalkit) -> None:
    done = evalkit()
    assert done.returncode == 2
    assert "\n  run " in done.stdout


def test_two_plugins_claiming_one_name_are_both_named(
    evalkit: Evalkit, site: Path
) -> None:
    (site / "rival.py").write_text("from counting import *")
    install(site, "rival", "rival", "0.3")
    done = evalkit("run", "--tasks=counting", MODEL)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "two plugins register the task 'counting'" in line
    assert "counting (counting 1.0)" in line
    assert "rival (rival 0.3)" in line
    without = evalkit("run", "--tasks=counting", MODEL, EVALKIT_WITHOUT="rival")
    assert without.returncode == 0


def test_an_unwritable_output_folder(evalkit: Evalkit, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere; --output=/dev/null/x is tested above")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    done = evalkit("run", "--tasks=counting", MODEL, f"--output={locked}")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "Permission denied" in done.stderr
