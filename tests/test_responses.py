"""`evalkit grade --responses`: judging what other harnesses wrote down."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from evalkit.grading import GRADER
from evalkit.ordered import WINDOW, Case, scored
from evalkit.responses import AnyResponse
from evalkit.scoring import Limits, ScoringPool
from evalkit.types import Answer, Sample
from tests.conftest import Evalkit, shared

Grade: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]
ROWS: list[dict[str, Any]] = [
    {"id": "a", "reference": "18", "response": r"So \boxed{18}.", "label": True},
    {"id": "b", "reference": 18, "response": "The answer is 17.", "label": False},
    {"id": "c", "reference": "18", "response": "I do not know.", "label": 0},
    {"id": "d", "reference": 2.50, "response": "#### 2.5", "label": 0},
    {"id": 5, "reference": "7", "response": None, "label": None},
    {"id": "f", "reference": "7", "response": r"\boxed{8}", "label": 1},
]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def grade(evalkit: Evalkit, tmp_path: Path) -> Grade:
    """Judge a text as a file of responses."""

    def call(
        text: str | bytes, *words: str, reference: str = "reference"
    ) -> "subprocess.CompletedProcess[str]":
        content = text.encode() if isinstance(text, str) else text
        (tmp_path / "rows.jsonl").write_bytes(content)
        field = f"--reference-field={reference}"
        return evalkit("grade", "--responses=rows.jsonl", field, *words)

    return call


def test_a_file_is_scored_with_an_interval_and_named_by_its_hash(grade: Grade) -> None:
    done = grade(lines(ROWS))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "rows.jsonl: 6 responses",
        "  accuracy: 33.3 % (9.7 to 70.0)",
        "    95 % interval, Wilson",
        "  outcomes: 2 right, 2 wrong, 2 no answer, 0 undecided",
        f"  judged by: grader {GRADER}",
        f"  sha256:    {hashlib.sha256(lines(ROWS).encode()).hexdigest()}",
    ]


def test_verdicts_that_differ_from_labels_are_listed(grade: Grade) -> None:
    done = grade(lines(ROWS), "--label-field=label")
    assert "labels: 3 of 5 agree (60.00 %); 1 right only here, 1 right only by" in (
        done.stdout
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("    line")]
    assert told[0].startswith(
        "    line 4, id 'd': reference '2.5', read '2.5'; label wrong, here right: "
    )
    assert told[1].startswith(
        "    line 6, id 'f': reference '7', read '8'; label right, here wrong: "
    )


def test_only_the_first_few_differences_are_shown(grade: Grade) -> None:
    rows = [{"reference": "1", "response": "2", "label": 1} for _ in range(30)]
    done = grade(lines(rows), "--label-field=label")
    assert done.stdout.count("    line ") == 20
    assert "    and 10 more\n" in done.stdout


def test_each_verdict_is_written_in_the_order_of_the_rows(
    grade: Grade, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    assert grade(lines(ROWS), f"--out={out}").returncode == 0
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [each["line"] for each in found] == [1, 2, 3, 4, 5, 6]
    assert [each["id"] for each in found] == ["a", "b", "c", "d", 5, "f"]
    assert [each["right"] for each in found] == [True, False, False, True, False, False]
    assert [each["answer"] for each in found][:3] == ["18", "17", None]
    assert all(found[0][name] for name in ("rule", "why"))
    assert {each["grader"] for each in found} == {GRADER}
    assert not any(each["undecided"] for each in found)
    assert sorted(each.name for each in tmp_path.glob("out*")) == ["out.jsonl"]


def test_a_task_may_judge_in_its_own_way(grade: Grade) -> None:
    rows = [{"answer": str(n + 1), "said": f"it is {n + 1}"} for n in range(3)]
    words = ("--task=counting", "--response-field=said")
    done = grade(lines(rows), *words, reference="answer")
    assert "3 right, 0 wrong" in done.stdout
    assert "judged by: task counting version 1, grader" in done.stdout


def test_a_task_that_needs_more_than_a_reference_fails_openly(
    grade: Grade, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    done = grade(lines(ROWS[:2]), "--task=hungarian_exam", f"--out={out}")
    assert done.returncode == 1
    assert "2 error" in done.stdout
    row = json.loads(out.read_text().splitlines()[0])
    assert "the exam has no question 'a'" in row["why"]
    assert row["undecided"]


def test_a_limit_takes_the_first_rows_and_hashes_the_whole_file(grade: Grade) -> None:
    text = lines(ROWS) + "{not looked at"
    done = grade(text, "--limit=2")
    assert "rows.jsonl: 2 responses" in done.stdout
    assert hashlib.sha256(text.encode()).hexdigest() in done.stdout


def test_odd_but_sound_files_are_read(grade: Grade) -> None:
    rows = (
        b'\xef\xbb\xbf{"reference": 1e400, "response": "\\ud83d 1"}\r\n'
        b"\n"
        b'{"reference": ' + b"9" * 6000 + b', "response": "' + b"9" * 6000 + b'"}'
    )
    done = grade(rows)
    assert done.returncode == 0
    assert "rows.jsonl: 2 responses" in done.stdout


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", [], "'rows.jsonl' holds no responses"),
        ("\n \n", [], "'rows.jsonl' holds no responses"),
        ('{"response": 1\n', [], "'rows.jsonl', line 1 is not JSON"),
        (b'{"response": "\xff"}', [], "'rows.jsonl', line 1 is not JSON"),
        ("[" * 100_000, [], "'rows.jsonl', line 1 is not JSON"),
        ("[1]", [], "line 1 must hold a JSON object, not a list"),
        (
            lines([*ROWS, {"response": "x", "answer": ""}]),
            [],
            "line 7 has no field 'reference'. It has: 'response', 'answer'",
        ),
        ("{}", [], "line 1 has no field 'reference'. It has: none"),
        (lines(ROWS), ["--response-field=output"], "no field 'output'"),
        (lines(ROWS), ["--id-field=idx"], "line 1 has no field 'idx'"),
        (lines(ROWS), ["--label-field=gold"], "line 1 has no field 'gold'"),
        (
            lines([{"reference": ["1"], "response": ""}]),
            [],
            "line 1: field 'reference' must be a text or a number, not a list",
        ),
        (
            lines([{"reference": "1", "response": {}}]),
            [],
            "field 'response' must be a text or a number, not an object",
        ),
        (
            lines([{"reference": None, "response": ""}]),
            [],
            "field 'reference' must be a text or a number, not null",
        ),
        (
            lines([{"reference": "1", "response": "", "label": "yes"}]),
            ["--label-field=label"],
            "field 'label' must be true, false, 1, 0 or null, not 'yes'",
        ),
        (lines(ROWS), ["--out=no/where.jsonl"], "'no/where.jsonl' cannot be written"),
        (lines(ROWS), ["--out=rows.jsonl"], "would replace the responses"),
        (lines(ROWS), ["--task=countin"], "Did you mean 'counting'?"),
        (lines(ROWS), ["--limit=0"], "0 is not in the range"),
        (lines(ROWS), ["--write"], "--write cannot be used with --responses"),
        (lines(ROWS), ["runs/x"], "--responses cannot be used with a run folder"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_a_mistake_is_one_line_that_says_where(
    grade: Grade, tmp_path: Path, text: str | bytes, words: list[str], said: str
) -> None:
    done = grade(text, *words)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalkit: ")
    assert said in line
    assert not list(tmp_path.glob("*.part"))


def test_an_output_that_is_no_plain_file_is_written_into(
    grade: Grade, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(("cat", str(pipe)), stdout=subprocess.PIPE) as reader:
        done = grade(lines(ROWS), f"--out={pipe}")
        if not pipe.is_fifo():
            reader.kill()  # it would wait for ever
        written = reader.communicate()[0]
    assert done.returncode == 0
    assert len(written.splitlines()) == len(ROWS)
    assert pipe.is_fifo()


def test_what_a_half_read_file_would_have_written_is_not_there(
    grade: Grade, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    assert grade(lines(ROWS) + "{", f"--out={out}").returncode == 2
    assert out.read_text() == "old"
    assert not list(tmp_path.glob("*.part"))


def test_rows_are_taken_only_as_there_is_room_and_come_back_in_order() -> None:
    taken: list[int] = []
    sample = Sample(id="x", question="", target="1")

    def cases() -> Iterator[Case[int]]:
        for n in range(4 * WINDOW):
            taken.append(n)
            yield Case(subject=n, sample=sample, answer=Answer(text=str(n % 2)))

    limits = Limits(seconds=20, workers=2)
    with ScoringPool([(AnyResponse(), {})], limits) as pool:
        for place, (case, score) in enumerate(scored(pool, cases())):
            assert case.subject == place
            assert score.value == float(place % 2)
            assert len(taken) <= place + WINDOW + 1
    assert len(taken) == 4 * WINDOW


@pytest.mark.parametrize(
    ("name", "published"), [("abel_gsm8k_7b", 59.74), ("abel_gsm8k_70b", 83.62)]
)
def test_published_responses_get_the_labels_that_came_with_them(
    evalkit: Evalkit, name: str, published: float
) -> None:
    path = shared("grader") / f"published/{name}.jsonl"
    words = ("--reference-field=reference", "--label-field=label")
    done = evalkit("grade", f"--responses={path}", *words)
    assert done.returncode == 0
    accuracy = float(done.stdout.split("accuracy: ")[1].split()[0])
    assert abs(accuracy - published) < 0.25
    assert f"{path}: 1319 responses" in done.stdout
