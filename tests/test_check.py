"""`evalkit check`: what can be told of a task without a model."""

from pathlib import Path

import pytest

from evalkit import Plugins
from evalkit.prompts import damage, same_question
from evalkit.task import Task
from evalkit.types import Message, Sample
from tests.conftest import Evalkit, install, shared

BUILTIN = [entry.item for entry in Plugins(third_party=False).tasks]
FAMILIES = {
    family: [task for task in BUILTIN if task.__module__ == family]
    for family in dict.fromkeys(task.__module__ for task in BUILTIN)
}


@pytest.fixture(autouse=True)
def broken_tasks(site: Path) -> None:
    install(site, "broken_tasks", "broken_tasks")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_task_that_ships_holds_on_the_data_at_hand(
    evalkit: Evalkit, family: str
) -> None:
    root = shared("hub")
    tasks = [each for each in FAMILIES[family] if is_at_hand(each, root)]
    if not tasks:
        pytest.skip(f"the shared data have nothing for {family}")
    names = [task.name for task in tasks]
    done = evalkit("check", *names, f"--data={root}", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    for task in tasks:
        assert f"{task.name}, version {task.version}\n" in done.stdout
    assert "FAILED" not in done.stdout


def is_at_hand(task: type[Task], root: Path) -> bool:
    """Whether a task's questions are in a folder, or need none."""
    ref = task.dataset
    return ref is None or all(
        any((root / ref.id).glob(each)) for each in ref.files.values()
    )


def test_a_sound_task_gets_one_line_per_check(evalkit: Evalkit) -> None:
    done = evalkit("check", "counting", "--set=n=3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "counting, version 1",
        "  ok      samples can be stored and read back (3 samples)",
        "  ok      ids are unique (3 ids)",
        "  ok      points are positive (3 samples)",
        "  ok      a second reading gives the same samples (3 samples)",
        "  ok      worked examples are not in the test (0 worked examples)",
        "  ok      prompts of protocol 'chat' are undamaged (3 prompts)",
        "  ok      prompts of protocol 'chat' are about their samples (3 samples)",
        "  ok      prompts of protocol 'plain' are undamaged (3 prompts)",
        "  ok      prompts of protocol 'plain' are about their samples (3 samples)",
        "  ok      reference answers get full marks (3 answers)",
        "  ok      an empty response gets no points (3 samples)",
    ]


@pytest.mark.parametrize(
    ("task", "failed", "problems"),
    [
        ("twins", ["ids are unique (1 of 10 ids)"], ["two samples 'q3'"]),
        (
            "unstorable",
            [
                "samples can be stored and read back (2 of 10 samples)",
                "prompts of protocol 'chat' are undamaged (1 of 9 prompts)",
                "prompts of protocol 'plain' are undamaged (1 of 9 prompts)",
            ],
            [
                "sample 'q0': ",
                "sample 'q1': Sample.metadata[...]: expected `str`, got `int`",
                "sample 'q0': U+D83D in ",
                "sample 'q0': U+D83D in ",
            ],
        ),
        (
            "worthless",
            [
                "samples can be stored and read back (1 of 10 samples)",
                "points are positive (1 of 9 samples)",
            ],
            [
                "sample 'q0': Sample.points: expected `float` >= 0.0, not -1.0",
                "sample 'q1': 0.0 points",
            ],
        ),
        (
            "leaky",
            ["worked examples are not in the test (1 of 2 worked examples)"],
            ["worked example 'worked-2' is sample 'q7'"],
        ),
        (
            "formfed",
            [
                "prompts of protocol 'chat' are undamaged (10 of 10 prompts)",
                "prompts of protocol 'timed' are undamaged (10 of 10 prompts)",
            ],
            [
                "sample 'q0': U+000C in 'Give \\x0crac{1}{2} poin', perhaps \\frac in "
                "a string that was not raw",
                *["sample"] * 4,
                "and 5 more",
                "sample 'q0': U+0009 in '0 \\x09imes 1\ufffd', perhaps \\times in a "
                "string that was not raw, and 1 more",
                *["sample"] * 4,
                "and 5 more",
            ],
        ),
        (
            "unread",
            [
                "prompts of protocol 'spelled' are about their samples (10 of 10 "
                "samples)",
                "prompts of protocol 'lazy' are about their samples (9 of 10 samples)",
            ],
            [
                "sample 'q0': is asked with {target} as it stands in the template",
                *["sample"] * 4,
                "and 5 more",
                "sample 'q1': is asked just as sample 'q0' is",
                *["sample"] * 4,
                "and 4 more",
            ],
        ),
        (
            "alike",
            ["prompts of protocol 'chat' are about their samples (1 of 11 samples)"],
            ["all samples are asked the same"],
        ),
        (
            "shotless",
            ["prompts of protocol 'fewshot' are undamaged (10 of 10 prompts)"],
            [
                "sample 'q0': ValueError: protocol 'fewshot' wants 5 worked examples, "
                "the task has 0",
                *["sample"] * 4,
                "and 5 more",
            ],
        ),
        (
            "unfair",
            ["reference answers get full marks (7 of 10 answers)"],
            [
                "sample 'q0': '2.0' is wrong, 0 of 1 points; read '0'; no reason given",
                *["sample"] * 4,
                "and 2 more",
            ],
        ),
        (
            "generous",
            ["an empty response gets no points (10 of 10 samples)"],
            [
                "sample 'q0': '' is right, 1 of 1 points; read '1'; no reason given",
                *["sample"] * 4,
                "and 5 more",
            ],
        ),
    ],
)
def test_a_broken_promise_is_named_with_the_samples_that_break_it(
    evalkit: Evalkit, task: str, failed: list[str], problems: list[str]
) -> None:
    done = evalkit("check", task)
    assert (done.returncode, done.stderr) == (1, "")
    said = done.stdout.splitlines()
    marked = [each.removeprefix("  FAILED  ") for each in said if "FAILED" in each]
    assert marked == failed
    told = [each.strip() for each in said if each.startswith(" " * 12)]
    assert len(told) == len(problems)
    for line, beginning in zip(told, problems, strict=True):
        assert line.startswith(beginning)


def test_samples_that_change_are_named(evalkit: Evalkit) -> None:
    done = evalkit("check", "fickle")
    assert done.returncode == 1
    assert (
        "FAILED  a second reading gives the same samples (10 of 10 samples)\n"
        "            sample 'q1' was not there before\n"
    ) in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check"], "name the tasks to check, or give --all"),
        (["check", "counting", "--all"], "name the tasks to check, or give --all"),
        (["check", "countin"], "Did you mean 'counting'?"),
        (["check", "counting", "--protocol=chta"], "Did you mean 'chat'?"),
        (["check", "counting", "--set=m=3"], "no option named 'm'"),
        (["check", "counting", "--data=nowhere"], "data folder 'nowhere'"),
        (["check", "gsm8k", "--data=."], "data folder '.' has no file openai/gsm8k"),
        (["check", "mute"], "(broken_tasks 1.0) has no samples"),
        (["check", "untyped"], "samples(): a Sample is meant, not {'id'"),
        (
            ["check", "wordy"],
            "reference answers one after the other are meant, not '1'",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_one_line(evalkit: Evalkit, words: list[str], said: str) -> None:
    done = evalkit(*words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalkit: ")
    assert said in line


def test_one_protocol_of_any_origin_can_be_checked_alone(evalkit: Evalkit) -> None:
    assert evalkit("check", "formfed", "--protocol=sound").returncode == 0
    done = evalkit("check", "formfed", "-p", "verbatim")
    assert done.returncode == 0
    assert "prompts of protocol 'verbatim' are undamaged (10 prompts)" in done.stdout


def test_a_task_without_its_data_does_not_keep_others_from_being_checked(
    evalkit: Evalkit,
) -> None:
    done = evalkit("check", "gsm8k", "counting", "--data=.")
    assert done.returncode == 2
    assert "counting, version 1" in done.stdout
    assert "openai/gsm8k" in done.stderr


def test_prompts_of_later_turns_are_looked_at_too(evalkit: Evalkit, site: Path) -> None:
    install(site, "marking", "marking")
    done = evalkit("check", "marking", "--protocol=checked", MARKING_TIMES="3")
    assert "prompts of protocol 'checked' are undamaged (40 prompts)" in done.stdout


def test_tabs_newlines_and_other_letters_are_no_damage() -> None:
    assert damage("a\tb\nc Größe 北京 √2 \U0001f600 \ttext") == ""
    assert damage("b\r\nc \rd") == ""
    assert damage((Message("system", "a"), Message("user", "b\right)"))).startswith(
        "U+000D in 'b\\x0dight)', perhaps \\right"
    )
    assert "perhaps \\text in" in damage("\text{cm}")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is 3 + 4?", "what is  3+4", True),
        ("It’s 5–3", "it's 5-3.", True),
        ("What is 3 + 4?", "What is 3 − 4?", False),
        ("Is 12 > 1?", "Is 1 > 12?", False),
    ],
)
def test_when_two_questions_are_the_same(one: str, other: str, same: bool) -> None:
    first = Sample(id="1", question=one, target="")
    second = Sample(id="2", question=other, target="")
    assert (same_question(first) == same_question(second)) is same


def test_damage_that_the_dataset_is_known_to_have_is_told_and_holds(
    evalkit: Evalkit,
) -> None:
    done = evalkit("check", "worn")
    assert done.returncode == 0, done.stdout
    assert "10 samples; 1 known to be damaged in the dataset" in done.stdout
    other = evalkit("check", "shabby")
    assert other.returncode == 1
    assert "1 are damaged, and 2 known to be" in other.stdout
