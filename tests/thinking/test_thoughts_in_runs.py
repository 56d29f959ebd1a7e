"""Nothing that stands in a thought is an answer: in runs, for judges, on sheets."""

from pathlib import Path

import counting
import msgspec
import pytest
from click.testing import CliRunner

from evalkit import Completion, Experiment, Plugins, Request, RunRecord, run
from evalkit.commands import command_line
from evalkit.folder import RunFolder
from evalkit.grading import grade
from evalkit.judging.asking import said, told
from evalkit.judging.verdict import BadReply, verdict_in
from evalkit.marks.csv_sheet import csv_sheet
from evalkit.marks.sheet import read_run, shuffled
from evalkit.results import Results
from evalkit.thinking.tags import Entry, table
from evalkit.types import Step, Turn

TABLE = table()


def kind_of(request: Request) -> Entry:
    """Another kind of thinking for each question."""
    return TABLE[int(request.sample_id.removeprefix("q"))]


def finished(request: Request) -> str:
    entry = kind_of(request)
    thought = counting.right(request)
    return f"{entry.opens[0]}\n{thought}\n{entry.closes[0]}\n\nI do not know."


def cut_off(request: Request) -> Completion:
    """The model even says that it is done."""
    thought = f"{kind_of(request).opens[0]}\n{counting.right(request)}"
    return Completion(request_id=request.id, text=thought)


def all_reasoning(request: Request) -> Completion:
    thought = counting.right(request)
    return Completion(request_id=request.id, reasoning=thought)


def asked(tmp_path: Path, model: str) -> tuple[RunRecord, list[Turn]]:
    """A run of as many questions as there are kinds, and what came back."""
    wanted = Experiment(
        output=tmp_path,
        tasks=("counting",),
        model=f"scripted:tests.thinking.test_thoughts_in_runs:{model}",
        task_options={"n": str(len(TABLE))},
    )
    (record,) = run(wanted, plugins())
    results = Results(RunFolder.of(tmp_path, record.spec).results)
    return record, [each.attempts[0].turns[0] for each in results]


def plugins() -> Plugins:
    return Plugins(counting, third_party=False)


def outcomes(record: RunRecord) -> dict[str, int]:
    return {name: count for name, count in record.outcomes.items() if count}


def shown(tmp_path: Path, record: RunRecord, *words: str) -> str:
    group, path = command_line(plugins()), RunFolder.of(tmp_path, record.spec).path
    done = CliRunner().invoke(group, ["show", str(path), *words], obj=plugins())
    return done.output


def test_what_stands_behind_a_thought_is_the_answer(tmp_path: Path) -> None:
    record, turns = asked(tmp_path, "finished")
    assert outcomes(record) == {"no_answer": len(TABLE)}
    assert {turn.text for turn in turns} == {"I do not know."}
    assert turns[3].reasoning == "That is 4"
    sample = shown(tmp_path, record, "--sample=q3")
    assert "----- reasoning\nThat is 4\n----- answer" in sample
    assert "I do not know." in sample


def test_an_unfinished_thought_is_cut_off_whatever_ended_it(tmp_path: Path) -> None:
    record, turns = asked(tmp_path, "cut_off")
    count = len(TABLE)
    assert outcomes(record) == {"truncated": count}
    assert {(turn.text, turn.finish) for turn in turns} == {("", "length")}
    line = f"{count} ran out of tokens, {count} of them while thinking; --max-tokens"
    card = RunFolder.of(tmp_path, record.spec).card.read_text()
    assert line in shown(tmp_path, record)
    assert line in card
    (again,) = run(  # the journal has it told apart
        Experiment(
            output=tmp_path,
            tasks=("counting",),
            model="scripted:tests.thinking.test_thoughts_in_runs:cut_off",
            task_options={"n": str(count)},
        ),
        plugins(),
    )
    assert again == record

    sheet = csv_sheet(shuffled([read_run(RunFolder.of(tmp_path, record.spec).path)], 0))
    assert sheet.count(b"[Nothing but thinking that was never finished.]") == count


def test_answers_that_all_came_as_reasoning_are_told(tmp_path: Path) -> None:
    record, _ = asked(tmp_path, "all_reasoning")
    assert outcomes(record) == {"no_answer": len(TABLE)}
    line = f"{len(TABLE)} answers are empty, and all of the text came as reasoning"
    assert line in shown(tmp_path, record)
    assert line in RunFolder.of(tmp_path, record.spec).card.read_text()
    right, _ = asked(tmp_path / "other", "finished")
    assert "came as reasoning" not in shown(tmp_path / "other", right)


RUBRIC = (Step(points=1, step="begins"), Step(points=2, step="ends"))


def reply(first: float, second: float) -> str:
    steps = [
        {"step": number, "reason": f"reason {number}", "points": points}
        for number, points in enumerate((first, second), start=1)
    ]
    return msgspec.json.encode({"key": "0123456789ab", "steps": steps}).decode()


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.opens[0])
def test_a_judges_thoughts_are_no_verdict(entry: Entry) -> None:
    opens, closes = entry.opens[0], entry.closes[0]
    text = f"{opens}{reply(0, 0)}{closes}\n{reply(1, 2)}"
    verdict = verdict_in(text, RUBRIC, "0123456789ab", "An answer.")
    assert verdict.total == 3
    for cut in (f"{opens}{reply(1, 2)}", f"{opens}{reply(1, 2)}\n```"):
        with pytest.raises(BadReply):
            verdict_in(
                told(Completion(request_id="1", text=cut, finish="length")),
                RUBRIC,
                "0123456789ab",
                "An answer.",
            )
        assert said(cut) == ""
    assert said(f"{opens}7?{closes} 8") == "8"


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.opens[0])
def test_the_grader_reads_no_answer_in_a_thought(entry: Entry) -> None:
    opens, closes = entry.opens[0], entry.closes[0]
    answer = "The final answer is \\boxed{8}."
    assert grade("8", f"{opens}\\boxed{{7}}?{closes}\n{answer}")
    assert not grade("7", f"{opens}\\boxed{{7}}{closes}\n{answer}")
    assert not grade("7", f"{opens}\\boxed{{7}} it is.{closes}\nI do not know.")
    assert not grade("7", f"{opens}So the final answer is \\boxed{{7}}. But")
