"""The Hungarian exam: its questions, its two wordings, its worked examples."""

import csv
import json
from collections.abc import Sequence
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest

from evalkit import (
    Answer,
    Data,
    DataError,
    Generate,
    Sample,
    UsageError,
)
from evalkit_tasks.hungarian_exam import HungarianExam, mark
from tests.conftest import Evalkit, shared
from tests.tasks.hungarian import SAMPLES, score


def test_the_exam_has_33_questions_worth_117_points_of_which_100_count() -> None:
    assert len(SAMPLES) == 33
    assert sum(each.points for each in SAMPLES.values()) == 117
    parts = {part: 0.0 for part in ("I", "II.A", "II.B")}
    for each in SAMPLES.values():
        parts[each.metadata["part"]] += each.points
    assert parts == {"I": 30, "II.A": 36, "II.B": 51}


# The exam as data, and its two wordings.


def test_one_call_marks_an_answer() -> None:
    marked = mark("15a", "Final answer: 4.62 cm²")
    assert (marked.points, marked.read) == (4.0, "4.62 cm^2")
    assert sum(each.worth for each in marked.marks) == 4.0
    assert mark("2", "").points == 0.0
    with pytest.raises(UsageError, match=r"no question named '15d'. Did you mean '15"):
        mark("15d", "Final answer: 4.62 cm²")


def test_words_stand_where_the_exam_has_figures() -> None:
    told = {each.id for each in SAMPLES.values() if "figure" in each.metadata}
    assert told == {"15a", "15b", "15c"}
    notes = json.loads(SAMPLES["1"].metadata["notes"])
    assert "evalkit's own" in notes[0]
    assert "totals of 2023" in notes[0]


def test_every_answer_bears_the_marks_of_its_rubric() -> None:
    for number, sample in SAMPLES.items():
        marks = score(number, "I cannot solve this.").marks
        assert [(each.step, each.worth) for each in marks] == [
            (each.step, each.points) for each in sample.rubric
        ]


def original() -> HungarianExam:
    return HungarianExam(source="hub", data=Data(root=shared("hub")))


def test_the_original_wording_is_that_of_the_same_questions() -> None:
    lines = (shared("exam") / "exam.jsonl").read_text().splitlines()
    wanted = {row["number"]: row["original"] for row in map(json.loads, lines)}
    found = {each.id: each for each in original().samples()}
    assert {number: each.question for number, each in found.items()} == wanted
    for number, each in found.items():
        own = SAMPLES[number]
        assert (each.target, each.rubric) == (own.target, own.rubric)
        assert "scheme" not in own.metadata
        assert "figure" not in each.metadata
    assert original().dataset is not None
    assert HungarianExam().dataset is None


def folder_with(tmp_path: Path, texts: Sequence[str]) -> HungarianExam:
    """The exam with these texts for the rows of the dataset."""
    folder = tmp_path / "keirp" / "hungarian_national_hs_finals_exam"
    folder.mkdir(parents=True)
    with (folder / "test.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([["Question"], *([each] for each in texts)])
    return HungarianExam(source="hub", data=Data(root=tmp_path))


def texts() -> list[str]:
    return [each.question for each in original().samples()]


def test_rows_are_known_in_any_order(tmp_path: Path) -> None:
    other = folder_with(tmp_path, texts()[::-1])
    assert list(other.samples()) == list(original().samples())


def test_commands_that_lost_their_beginning_are_mended_and_counted(
    tmp_path: Path,
) -> None:
    damaged = [each.replace(r"\frac", "\x0crac") for each in texts()]
    lost = sum(each.count("\x0c") for each in damaged)
    assert lost > 1
    found = list(folder_with(tmp_path, damaged).samples())
    assert [each.question for each in found] == texts()
    notes = json.loads(found[0].metadata["notes"])
    assert f"In {lost} places of the dataset a form feed stood" in notes[-1]
    assert "form feed" not in next(iter(original().samples())).metadata["notes"]


def test_rows_that_are_none_of_the_questions_are_told(tmp_path: Path) -> None:
    rows = texts()
    missing = folder_with(tmp_path / "a", rows[:-1])
    with pytest.raises(DataError, match="has no row for question 18c"):
        list(missing.samples())
    twice = folder_with(tmp_path / "b", [*rows, rows[3]])
    with pytest.raises(DataError, match=r"row 33: .* question 4 a second time"):
        list(twice.samples())
    other = folder_with(tmp_path / "c", ["What is 2 + 2?", *rows[1:]])
    with pytest.raises(DataError, match=r"row 0: .*cannot tell which question it is"):
        list(other.samples())


def test_the_record_says_whose_words_were_asked(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "1", "text": "{c, d, f}"}\n')
    words = ("run", "--tasks=hungarian_exam", "--limit=1", f"--data={shared('hub')}")
    done = evalkit(*words, "--model=scripted:answers.jsonl", "--set=source=hub")
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.rglob("record.json")
    spec = json.loads(path.read_text())["spec"]
    assert spec["task_options"] == {"source": "hub"}
    assert spec["dataset"]["id"] == "keirp/hungarian_national_hs_finals_exam"
    (card,) = tmp_path.rglob("card.md")
    assert "in the words of the dataset keirp/hungarian" in card.read_text()
    (run,) = path.parent.parent.iterdir()
    again = evalkit("grade", str(run), f"--data={shared('hub')}")
    assert again.returncode == 0, again.stderr
    told = evalkit("tasks", "hungarian_exam").stdout
    assert "source: 'package' or 'hub' (default: 'package')" in told


# The prompts.


def worked() -> dict[str, Sample]:
    return {each.id: each for each in HungarianExam().exemplars()}


def test_worked_examples_are_mathematically_right() -> None:
    divisors = {each for each in range(1, 13) if 12 % each == 0}
    roots = [x for x in range(-100, 100) if x >= 1 and 2 * x + 6 == (x - 1) ** 2]
    same_color = Fraction(comb(5, 2) + comb(3, 2), comb(8, 2))
    a, b, c = 3, -2, -5
    assert a * 1 + b * 4 == c
    assert a * 2 + b * 3 == 0
    expected = {
        "worked-1": f"{float(Fraction(564 - 480, 480) * 100):g}%",
        "worked-2": ", ".join(map(str, sorted(divisors & set(range(2, 11, 2))))),
        "worked-3": ", ".join(map(str, roots)),
        "worked-4": f"{a}x − {-b}y = −{-c}",
        "worked-5": str(same_color),
    }
    assert {each.id: each.target for each in worked().values()} == expected


def test_worked_examples_show_the_wanted_form_and_are_not_in_the_exam() -> None:
    questions = {each.question for each in SAMPLES.values()}
    for each in worked().values():
        last = each.solution.splitlines()[-1]
        assert last.startswith("Final answer: ")
        assert each.target in last
        assert each.question not in questions


def written(request: Generate) -> str:
    prompt = request.prompt
    return prompt if isinstance(prompt, str) else prompt[-1].content


def test_the_chat_protocol_is_the_default_and_asks_for_a_final_answer() -> None:
    chat, fewshot = HungarianExam.protocols
    first = next(chat.converse(SAMPLES["1"], ()))
    assert "Final answer:" in written(first)
    assert SAMPLES["1"].question in written(first)
    assert (first.sampling.max_tokens, first.sampling.temperature) == (768, 0.0)
    second = next(fewshot.converse(SAMPLES["1"], HungarianExam().exemplars()))
    assert written(second).count("Problem: ") == 6
    assert (second.sampling.max_tokens, second.sampling.stop) == (512, ("Problem:",))


def test_worked_examples_are_marked_by_their_final_answers() -> None:
    exam = HungarianExam()
    for each in exam.exemplars():
        assert exam.score(each, Answer(text=each.solution)).value == 1.0
        assert exam.score(each, Answer(text="Final answer: 1000")).value == 0.0
