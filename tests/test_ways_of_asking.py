"""One task asked in several ways by one command, and what is told of that.

This module is the plugin of a third party too, with a task and models made up here.
"""

import json
import math
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evalkit import (
    Answer,
    ChoiceTask,
    Completion,
    Experiment,
    Failure,
    Outcome,
    Plugins,
    Rank,
    Ranked,
    Request,
    Results,
    Sample,
    Score,
    Task,
    hookimpl,
    run,
)
from evalkit.folder import RunFolder
from tests.conftest import ROOT, Evalkit, command, install, wait_for

SHORT, LONG = "éé", "abcdefgh"
"""Two and eight characters; four and eight bytes."""
TARGETS = "AAABBB"
"""Of each question; A is the short choice."""
STRONG = ("short", "raw", "raw", "long", "long", "long")
WEAK = ("short", "short", "long", "raw", "raw", "long")
"""What each model prefers, question by question; "raw": the short choice, but the
long one per character."""
LOGPROBS = {"short": (-1.0, -100.0), "long": (-100.0, -1.0), "raw": (-4.0, -10.0)}
TAKEN = {
    "rank": {"short": "A", "long": "B", "raw": "A"},
    "rank_bytes": {"short": "A", "long": "B", "raw": "A"},
    "rank_chars": {"short": "A", "long": "B", "raw": "B"},
}
"""From the log-probabilities: -4 and -10 are -2 and -1.25 per character, -1 and -1.25
per byte."""
WAYS = ("rank", "rank_bytes", "rank_chars")
EVERY = (*WAYS, "rank_tokens", "rank_pmi", "letter", "generate", "generate_fewshot")
LENIENT = os.environ.get("PAIRS_VERSION") == "2"
ASK = ("run", "--tasks=pairs")
RUN = (*ASK, "--backend-set=ranks=true")
Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Pairs(ChoiceTask):
    """A short choice and a long one; version 2 calls whatever was answered A."""

    name = "pairs"
    version = 2 if LENIENT else 1

    n: int = 6

    def samples(self) -> Iterable[Sample]:
        for place in range(self.n):
            yield Sample(
                id=f"q{place}",
                question=f"Which is {place}?",
                target=TARGETS[place % 6],
                choices=(SHORT, LONG),
            )

    def exemplars(self) -> Sequence[Sample]:
        return tuple(
            Sample(
                id=f"w{place}", question=f"W{place}?", target="B", choices=("x", "y")
            )
            for place in range(3)
        )

    def score(self, sample: Sample, answer: Answer) -> Score:
        score = super().score(sample, answer)
        if not LENIENT:
            return score
        value = float(sample.target == "A")
        outcome = Outcome.RIGHT if value else Outcome.WRONG
        return replace(score, answer="A", value=value, outcome=outcome)


def strong(request: Request) -> str | Completion:
    """Best at the log-probabilities themselves."""
    return preferred(request, STRONG)


def weak(request: Request) -> str | Completion:
    """Best at those per character."""
    return preferred(request, WEAK)


def preferred(request: Request, kinds: Sequence[str]) -> str | Completion:
    """An answer, and a line in the log."""
    log = os.environ.get("PAIRS_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{request.sample_id}\n")
    if not isinstance(request, Rank):
        return "A"
    listed = tuple(each.strip() for each in request.choices) == (SHORT, LONG)
    kind = kinds[int(request.sample_id[1:]) % 6]
    logprobs = LOGPROBS[kind] if listed and request.prompt else (-2.0, -2.0)
    return request.ranking(
        [
            Ranked(logprob=logprob, tokens=1, size=len(choice.encode()), greedy=False)
            for logprob, choice in zip(logprobs, request.choices, strict=True)
        ]
    )


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (Pairs,)


@pytest.fixture
def environment(environment: dict[str, str], site: Path) -> dict[str, str]:
    """Variables of a process that finds this module as a plugin."""
    install(site, "pairs", "tests.test_ways_of_asking")
    paths = (str(ROOT), environment["PYTHONPATH"])
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}


def model(name: str) -> str:
    return f"--model=scripted:tests.test_ways_of_asking:{name}"


def folder(root: Path, way: str, name: str = "strong") -> Path:
    """The run folder of a model that was asked in a way."""
    (path,) = root.glob(f"runs/pairs/{way}--*-{name}-*")
    return path


def lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def answers(path: Path) -> str:
    """The letters that a run's results hold."""
    scores = [each["attempts"][0]["score"] for each in lines(path / "results.jsonl")]
    return "".join(each["answer"] for each in scores)


def taken(way: str, kinds: Sequence[str]) -> str:
    return "".join(TAKEN[way][kind] for kind in kinds)


def share(letters: str) -> str:
    """How many of the letters are right, as a table has it."""
    right = sum(map(str.__eq__, letters, TARGETS))
    return f"{100 * right / len(TARGETS):.1f} %"


def section(card: str) -> str:
    """The part of a card that sets ways of asking side by side."""
    assert card.count("## Ways of asking\n") == 1
    return card.partition("## Ways of asking\n")[2].partition("\n## ")[0]


def table(text: str, first: str) -> list[list[str]]:
    """The rows below the header that begins with a word."""
    rows = [
        [each.strip().replace("\\", "") for each in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    start = next(place for place, row in enumerate(rows) if row[0] == first)
    size = len(rows[start])
    found = [rows[start]]
    for row in rows[start + 2 :]:
        if len(row) != size or row[0] not in EVERY:
            break
        found.append(row)
    return found


def error(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line of a mistake."""
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalkit: ")
    return line


def test_ways_that_ask_the_same_cost_one_question_each(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    words = (model("strong"), f"--protocol={','.join(WAYS)}")
    done = evalkit(*RUN, *words, PAIRS_LOG=str(log))
    assert done.returncode == 0, done.stderr
    assert Counter(log.read_text().split()) == {f"q{place}": 1 for place in range(6)}
    for way in WAYS:
        journal = lines(folder(tmp_path, way) / "completions.jsonl")
        assert len({each["request_id"] for each in journal}) == len(journal) == 6
        assert answers(folder(tmp_path, way)) == taken(way, STRONG)
    counts = [
        json.loads((folder(tmp_path, way) / "record.json").read_text())["counts"]
        for way in WAYS
    ]
    assert [each["requests"] for each in counts] == [6, 6, 6]
    assert sorted(each["shared"] for each in counts) == [0, 6, 6]


def test_ways_that_share_give_what_each_gives_alone(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*RUN, model("weak"), f"--protocol={','.join(WAYS)}")
    for way in WAYS:
        alone = evalkit(
            *RUN, model("weak"), f"--protocol={way}", f"--output={tmp_path / way}"
        )
        assert alone.returncode == 0, alone.stderr
        (path,) = (tmp_path / way).glob("pairs/*")
        for name in ("results.jsonl", "spec.json"):
            together = folder(tmp_path, way, "weak") / name
            assert (path / name).read_bytes() == together.read_bytes()


def test_only_what_is_the_same_is_shared(evalkit: Evalkit, tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = (model("strong"), "--protocol=rank,letter,rank_pmi")
    evalkit(*RUN, *words, PAIRS_LOG=str(log))
    asked = Counter(log.read_text().split())
    # The text, the letter, and the text by itself, which is the same for all.
    assert asked.pop("q0") == 3
    assert asked == {f"q{place}": 2 for place in range(1, 6)}
    assert answers(folder(tmp_path, "rank_pmi")) == taken("rank", STRONG)
    assert answers(folder(tmp_path, "letter")) == "AAAAAA"


def test_a_ranking_that_fails_fails_for_all_and_is_asked_again(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    (tmp_path / "moody.py").write_text(
        "import os, tests.test_ways_of_asking as ways\n"
        "def moody(request):\n"
        "    if os.environ.get('MOODY') == request.sample_id:\n"
        "        return request.failure('out of order')\n"
        "    return ways.strong(request)\n"
    )
    log = tmp_path / "log"
    run = (*RUN, "--model=scripted:moody:moody", "--protocol=rank,rank_chars")
    first = evalkit(*run, MOODY="q2")
    assert first.returncode == 1
    for way in ("rank", "rank_chars"):
        path = folder(tmp_path, way, "moody")
        assert len(lines(path / "completions.jsonl")) == 5
        assert json.loads((path / "record.json").read_text())["outcomes"]["error"] == 1
    second = evalkit(*run, PAIRS_LOG=str(log))
    assert second.returncode == 0, second.stderr
    assert log.read_text().split() == ["q2"]
    for way in ("rank", "rank_chars"):
        assert answers(folder(tmp_path, way, "moody")) == taken(way, STRONG)


@pytest.mark.parametrize("lines_before", [1, 40, 100])
def test_ways_that_were_killed_in_the_middle_go_on_where_they_were(
    evalkit: Evalkit, environment: dict[str, str], tmp_path: Path, lines_before: int
) -> None:
    ways = f"--protocol={','.join(WAYS)}"
    run = (*RUN, model("strong"), ways, "--set=n=150", "--backend-set=delay=4")
    log, whole = tmp_path / "log", tmp_path / "whole"
    assert evalkit(*run, f"--output={whole}").returncode == 0

    variables = environment | {"PAIRS_LOG": str(log)}
    with subprocess.Popen(
        command(*run), env=variables, cwd=tmp_path, stderr=-3, stdout=-3
    ) as process:
        wait_for(lambda: log.exists() and len(log.read_text()) >= 3 * lines_before)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not list(tmp_path.glob("runs/pairs/*/record.json"))

    again = evalkit(*run, PAIRS_LOG=str(log))
    assert again.returncode == 0, again.stderr
    asked = Counter(log.read_text().split())
    assert len(asked) == 150
    # One answer was on its way to three journals when the process died.
    assert asked.total() <= 151
    for way in WAYS:
        path = folder(tmp_path, way)
        assert len(lines(path / "completions.jsonl")) == 150
        (undisturbed,) = whole.glob(f"pairs/{way}--*")
        for name in ("results.jsonl", "spec.json"):
            assert (path / name).read_bytes() == (undisturbed / name).read_bytes()


def test_all_is_every_way_of_the_task(evalkit: Evalkit, tmp_path: Path) -> None:
    done = evalkit(*RUN, model("strong"), "--protocol=all")
    assert done.returncode == 0, done.stderr
    found = {each.name.partition("--")[0] for each in tmp_path.glob("runs/pairs/*")}
    assert found == set(EVERY)


@pytest.mark.parametrize(
    ("settings", "ways"),
    [
        (("ranks=false",), {"generate", "generate_fewshot"}),
        (("ranks=true", "chats=false"), set(EVERY) - {"generate"}),
        (("ranks=false", "chats=false"), {"generate_fewshot"}),
    ],
    ids=["no ranking", "no chat", "neither"],
)
def test_all_leaves_out_what_the_model_cannot_do(
    evalkit: Evalkit, tmp_path: Path, settings: Sequence[str], ways: set[str]
) -> None:
    words = [f"--backend-set={each}" for each in settings]
    done = evalkit(*ASK, model("strong"), *words, "--protocol=all", "--limit=1")
    assert done.returncode == 0, done.stderr
    found = {each.name.partition("--")[0] for each in tmp_path.glob("runs/pairs/*")}
    assert found == ways


def test_all_leaves_each_task_its_own_ways(evalkit: Evalkit, tmp_path: Path) -> None:
    (tmp_path / "both.py").write_text(
        "import counting, tests.test_ways_of_asking as ways\n"
        "def both(request):\n"
        "    known = hasattr(request, 'choices') or 'Which' in str(request.prompt)\n"
        "    return ways.strong(request) if known else counting.right(request)\n"
    )
    words = ("run", "--tasks=counting,pairs", "--model=scripted:both:both")
    done = evalkit(*words, "--backend-set=ranks=true", "-p", "all", "--limit=2")
    assert done.returncode == 0, done.stderr
    found = {each.name.partition("--")[0] for each in tmp_path.glob("runs/counting/*")}
    assert found == {"chat", "plain"}
    assert len(list(tmp_path.glob("runs/pairs/*"))) == len(EVERY)


def test_without_a_name_the_first_that_suits_the_model_is_used(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    for settings, way in (("ranks=true", "rank"), ("ranks=false", "generate")):
        words = (*ASK, model("strong"), f"--backend-set={settings}")
        assert evalkit(*words, "--limit=1").returncode == 0
        assert folder(tmp_path, way)
    assert len(list(tmp_path.glob("runs/pairs/*"))) == 2


def test_names_are_taken_as_they_are_listed(evalkit: Evalkit, tmp_path: Path) -> None:
    done = evalkit(*RUN, model("strong"), "-p", " letter , rank,letter,", "--limit=1")
    assert done.returncode == 0, done.stderr
    found = {each.name.partition("--")[0] for each in tmp_path.glob("runs/pairs/*")}
    assert found == {"letter", "rank"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-p", "rnk"), "no protocol named 'rnk'. Did you mean 'rank'?"),
        (("-p", "rank,lettre"), "no protocol named 'lettre'. Did you mean 'letter'?"),
        (("-p", "all,rank"), "--protocol all,rank: 'all' has the others in it"),
        (
            ("-p", "rank", "--backend-set=ranks=false"),
            "has no ranking, which protocol 'rank' needs. "
            "Without: generate, generate_fewshot",
        ),
        (
            ("-p", "generate,letter", "--backend-set=ranks=false"),
            "has no ranking, which protocol 'letter' needs",
        ),
        (
            ("-p", "generate", "--backend-set=chats=false"),
            "has no chat template, which protocol 'generate' needs. "
            "Without: rank, rank_bytes, rank_chars, rank_tokens, rank_pmi, letter, "
            "generate_fewshot",
        ),
        (("-p", "rank", "--shots=-1"), "--shots must lie between 0 and 1e+06, not -1"),
        (("-p", "rank", "--shots=two"), "not a valid integer"),
        (("-p", "rank", "--shots=4"), "--shots 4: task 'pairs' has 3 worked examples"),
        (("-p", "generate", "--shots=1"), "'generate' shows no worked examples"),
        (("-p", "rank", "--attempts=2"), "--attempts 2: protocol 'rank' ranks"),
        (
            ("-t", "counting", "-p", "rank"),
            "task 'counting' of plugin counting (counting 1.0) has no choices, which "
            "protocol 'rank' needs. It has: chat, plain",
        ),
        (
            ("-t", "counting", "-p", "generate_fewshot"),
            "has no choices, which protocol 'generate_fewshot' needs",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_asked_is_one_line(
    evalkit: Evalkit, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    start = ASK if any("ranks=" in each for each in words) else RUN
    assert said in error(evalkit(*start, model("strong"), *words))
    assert not list(tmp_path.glob("runs/*"))


def test_worked_examples_are_shown_where_any_are(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    words = ("-p", "all", "--shots=2", "--limit=1")
    done = evalkit(*RUN, model("strong"), *words)
    assert done.returncode == 0, done.stderr
    worked = "Question: W0?\nAnswer: y\n\nQuestion: W1?\nAnswer: y\n\n"
    lettered = worked.replace("\nAnswer: y", "\nA. x\nB. y\nAnswer: B")
    for way in EVERY:
        (result,) = lines(folder(tmp_path, way) / "results.jsonl")
        prompt = result["attempts"][0]["turns"][0]["prompt"]
        if way == "generate":
            assert "W0?" not in prompt
        elif way in ("letter", "generate_fewshot"):
            assert prompt.startswith(f"{lettered}Question: Which is 0?\n")
        else:
            assert prompt == f"{worked}Question: Which is 0?\nAnswer:"


def test_so_many_worked_examples_are_another_way(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    for shots in ("0", "1"):
        words = ("-p", "rank", f"--shots={shots}")
        assert evalkit(*RUN, model("strong"), *words).returncode == 0
    cards = [path.read_text() for path in tmp_path.glob("runs/pairs/*/card.md")]
    (later,) = [section(card) for card in cards if "## Ways of asking" in card]
    names = [line.split("|")[1].strip() for line in later.splitlines() if "%" in line]
    assert names == ["rank", r"rank, 1 shots"]


def test_cards_set_the_ways_side_by_side(evalkit: Evalkit, tmp_path: Path) -> None:
    done = evalkit(*RUN, model("strong"), f"--protocol={','.join(WAYS)}")
    values = {way: share(taken(way, STRONG)) for way in WAYS}
    assert len(set(values.values())) == 2
    unlike = len(differing("rank", "rank_chars", STRONG))
    for way in WAYS:
        text = section((folder(tmp_path, way) / "card.md").read_text())
        assert "accuracy on the same 6 samples." in text
        assert table(text, "protocol")[1:] == [[way, values[way]] for way in WAYS]
        assert "The order of the models" not in text
        assert f"{unlike} of 6 questions get another answer" in text
        counts = table(text, "another answer than by")
        assert counts[0][1:] == list(WAYS)
        for row in counts[1:]:
            assert row[1:] == [
                "" if row[0] == other else str(len(differing(row[0], other, STRONG)))
                for other in WAYS
            ]
    assert f"{unlike} of 6 questions get another answer" in done.stdout
    assert "pairs: accuracy by way of asking" in done.stdout
    for way in WAYS:
        (line,) = [x for x in done.stdout.splitlines() if x.startswith(f"│ {way} ")]
        assert values[way] in line


def differing(one: str, other: str, kinds: Sequence[str]) -> list[int]:
    """The questions that a model answers otherwise by another way."""
    pairs = zip(taken(one, kinds), taken(other, kinds), strict=True)
    return [place for place, (a, b) in enumerate(pairs) if a != b]


def test_the_card_says_that_the_order_of_the_models_changes(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    for name in ("strong", "weak"):
        done = evalkit(*RUN, model(name), f"--protocol={','.join(WAYS)}")
    text = section((folder(tmp_path, "rank", "weak") / "card.md").read_text())
    rows = table(text, "protocol")
    assert [each.rpartition(":")[2] for each in rows[0][1:]] == ["strong", "weak"]
    assert rows[1:] == [
        [way, share(taken(way, STRONG)), share(taken(way, WEAK))] for way in WAYS
    ]
    who = "scripted:tests.test_ways_of_asking"
    sentence = (
        "The order of the models changes with the way of asking. "
        f"rank: {who}:strong > {who}:weak; rank_bytes: {who}:strong > {who}:weak; "
        f"rank_chars: {who}:weak > {who}:strong."
    )
    assert sentence in text.replace("\\", "")
    assert sentence in done.stdout
    unlike = len(differing("rank", "rank_chars", WEAK))
    assert f"{unlike} of 6 questions get another answer" in text


def test_the_card_says_that_the_order_of_the_models_is_the_same(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    for name in ("strong", "weak"):
        evalkit(*RUN, model(name), "--protocol=rank,rank_bytes")
    text = section((folder(tmp_path, "rank", "weak") / "card.md").read_text())
    who = "scripted:tests.test_ways_of_asking"
    assert (
        f"The order of the models is the same under all: {who}:strong > {who}:weak."
    ) in text.replace("\\", "")


def test_models_that_come_to_the_same_are_told_as_equals(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    for name in ("strong", "weak"):
        evalkit(*RUN, model(name), "--protocol=letter,rank")
    text = section((folder(tmp_path, "letter", "weak") / "card.md").read_text())
    who = "scripted:tests.test_ways_of_asking"
    assert f"letter: {who}:strong = {who}:weak; " in text.replace("\\", "")


def test_other_questions_are_not_set_beside(evalkit: Evalkit, tmp_path: Path) -> None:
    evalkit(*RUN, model("strong"), "-p", "rank")
    evalkit(*RUN, model("strong"), "-p", "letter", "--limit=3")
    evalkit(*RUN, model("strong"), "-p", "rank_chars", "--set=n=7")
    for way in ("letter", "rank_chars"):
        card = (folder(tmp_path, way) / "card.md").read_text()
        assert "## Ways of asking" not in card


def test_one_way_has_no_table_of_ways(evalkit: Evalkit, tmp_path: Path) -> None:
    done = evalkit(*RUN, model("strong"))
    assert "by way of asking" not in done.stdout
    card = (folder(tmp_path, "rank") / "card.md").read_text()
    assert "## Ways of asking" not in card


def test_a_way_beside_a_damaged_record_is_told_without_it(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*RUN, model("strong"), "--protocol=rank,rank_bytes")
    (folder(tmp_path, "rank") / "record.json").write_text("{")
    done = evalkit(*RUN, model("strong"), "--protocol=rank_chars")
    assert done.returncode == 0, done.stderr
    text = section((folder(tmp_path, "rank_chars") / "card.md").read_text())
    assert [row[0] for row in table(text, "protocol")[1:]] == [
        "rank_bytes",
        "rank_chars",
    ]


def test_judging_anew_keeps_the_ways_on_the_card(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*RUN, model("strong"), f"--protocol={','.join(WAYS)}")
    path = folder(tmp_path, "rank_chars")
    card = (path / "card.md").read_text()
    same = evalkit("grade", str(path), "--write")
    assert same.returncode == 0, same.stderr
    assert (path / "card.md").read_text() == card

    anew = evalkit("grade", str(path), "--write", PAIRS_VERSION="2")
    assert anew.returncode == 0, anew.stderr
    text = section((path / "card.md").read_text())
    values = dict(row for row in table(text, "protocol")[1:])
    assert values == {
        "rank": share(taken("rank", STRONG)),
        "rank_bytes": share(taken("rank_bytes", STRONG)),
        "rank_chars": share("AAAAAA"),
    }


def test_a_familys_own_way_is_suggested_and_not_taken(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    path = tmp_path / "WizardMath-7B.jsonl"
    path.write_text(
        "".join(f'{{"id": "q{i}", "text": "{i + 1}"}}\n' for i in range(10))
    )
    run = ("run", "--tasks=counting", f"--model=scripted:{path}")
    plain = evalkit(*run)
    assert plain.returncode == 0, plain.stderr
    told = " ".join(plain.stderr.split())
    assert "The name of model 'WizardMath-7B.jsonl' is that of a family" in told
    assert "--protocol wizardmath (https://" in told
    assert "Used now: chat" in told
    assert [each.name[:6] for each in tmp_path.glob("runs/counting/*")] == ["chat--"]
    own = evalkit(*run, "-p", "wizardmath")
    assert own.returncode == 0, own.stderr
    assert "family" not in own.stderr
    renamed = path.rename(tmp_path / "WizardCoder-15B.jsonl")
    other = evalkit("run", "--tasks=counting", f"--model=scripted:{renamed}")
    assert other.returncode == 0, other.stderr
    assert "family" not in other.stderr


def test_no_way_is_suggested_for_questions_with_choices(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    path = tmp_path / "WizardMath-7B.jsonl"
    path.write_text("".join(f'{{"id": "q{i}", "text": "A"}}\n' for i in range(6)))
    done = evalkit("run", "--tasks=pairs", f"--model=scripted:{path}")
    assert done.returncode == 0, done.stderr
    assert "family" not in done.stderr


def test_show_tells_what_was_made_of_each_choice(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*RUN, model("strong"), "--protocol=rank")
    shown = evalkit("show", str(folder(tmp_path, "rank")), "--sample=q1").stdout
    first, second = LOGPROBS[STRONG[1]]
    size = len(f" {SHORT}".encode())
    assert f"choice 1: log-probability {first:.4f}, 1 tokens, {size} bytes\n" in shown
    assert f"choice 2: log-probability {second:.4f}, 1 tokens" in shown


IMPOSSIBLE = {
    "q0": (math.nan, 1),
    "q1": (-1e308, 3),
    "q2": (0.5, 1),
    "q3": (math.inf, 1),
    "q4": (-9999.0, 1),  # what some engines have for never
}


def impossible(request: Request) -> str | Completion:
    """What no log-probability can be, whatever says so."""
    assert isinstance(request, Rank)
    logprob, tokens = IMPOSSIBLE.get(request.sample_id, (-1.0, 1))
    other = Ranked(logprob=-2.0, tokens=1, size=1, greedy=False)
    return request.ranking([replace(other, logprob=logprob, tokens=tokens), other])


def test_log_probabilities_that_cannot_be_cost_their_question_only(
    tmp_path: Path,
) -> None:
    wanted = Experiment(
        tasks=("pairs",),
        model="scripted:tests.test_ways_of_asking:impossible",
        backend_options={"ranks": "true"},
        protocols=("rank",),
        output=tmp_path,
    )
    (record,) = run(wanted, Plugins(sys.modules[__name__], third_party=False))
    results = Results(RunFolder.of(tmp_path, record.spec).results)
    turns = {each.id: each.attempts[0].turns[0] for each in results}
    assert {name: turn.failure for name, turn in turns.items()} == {
        **dict.fromkeys(("q0", "q1", "q2", "q3"), Failure.NUMBERS),
        **dict.fromkeys(("q4", "q5")),
    }
    assert turns["q1"].error == "a choice has the log-probability -1e+308"
