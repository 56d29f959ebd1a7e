"""Suites: their averages, what keeps them from one, and what they leave alone.

This module is the plugin of a third party too, with tasks and suites made up here.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest

from evalkit import (
    Answer,
    ChoiceTask,
    Completion,
    DatasetRef,
    Estimate,
    Metric,
    Part,
    Plugins,
    Rank,
    Ranked,
    Request,
    Sample,
    SampleResult,
    Score,
    Suite,
    Task,
    hookimpl,
)
from evalkit.stats import stratified_mean, wilson
from evalkit.suite_record import PartRecord, average
from tests.conftest import ROOT, Evalkit, install

RIGHT = {"red": 1, "blue": 8, "gold": 3, "far": 1}
"""So many of a task's first samples get a right answer."""
ASKED = {"red": 4, "blue": 10, "gold": 5, "far": 2}
MODEL = ("--model=scripted:tests.test_suite:some", "--backend-set=ranks=true")


class Marks(Metric):
    """Right answers as marks out of 100."""

    @property
    def name(self) -> str:
        return "marks"

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        values = [each.attempts[0].score.value for each in results]
        value = 100 * sum(values) / len(values)
        return Estimate(
            metric="marks",
            value=value,
            low=value - 10,
            high=value + 20,
            n=len(values),
            scale=100,
        )


@dataclass(frozen=True, kw_only=True)
class Colour(ChoiceTask):
    """Questions whose right choice is the first."""

    version = 1
    metrics: ClassVar[tuple[Metric, ...]] = (*ChoiceTask.metrics, Marks())

    def samples(self) -> Iterable[Sample]:
        for place in range(ASKED[self.name]):
            yield Sample(
                id=f"{self.name}-{place}",
                question=f"Is {place} {self.name}?",
                target="A",
                choices=("yes", "no"),
            )


class Red(Colour):
    """Few questions."""

    name = "red"


class Blue(Colour):
    """More questions."""

    name = "blue"


class Gold(Colour):
    """Some questions."""

    name = "gold"


def pinned(name: str) -> DatasetRef:
    return DatasetRef(
        id=f"someone/{name}",
        revision="0123456789abcdef0123456789abcdef01234567",
        files={"test": "test*"},
        example_files={"train": "train*"},
    )


@dataclass(frozen=True, kw_only=True)
class Far(ChoiceTask):
    """Questions in a dataset."""

    name = "far"
    version = 1
    dataset: ClassVar[DatasetRef] = pinned("far")

    def samples(self) -> Iterable[Sample]:
        for place, row in enumerate(self.data.rows(self.dataset, "test")):
            yield Sample(
                id=f"far-{place}",
                question=row.text("question"),
                target="A",
                choices=("yes", "no"),
            )


class Further(Far):
    """Questions in another dataset."""

    name = "further"
    dataset = pinned("further")


class Explosive(Colour):
    """Questions that cannot even be read."""

    name = "explosive"

    def samples(self) -> Iterable[Sample]:
        raise RuntimeError("touched")

    def score(self, sample: Sample, answer: Answer) -> Score:
        raise RuntimeError("touched")


def some(request: Request) -> str | Completion:
    """Right for the first few of each task, as RIGHT has it; keeps a log."""
    log = os.environ.get("SUITE_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{request.sample_id}\n")
    name, place = request.sample_id.split("-")
    right = int(place) < RIGHT[name]
    if request.sample_id == os.environ.get("SUITE_FAILS"):
        return request.failure("out of order")
    if not isinstance(request, Rank):
        return "A" if right else "B"
    best = 0 if right else 1
    return request.ranking(
        [
            Ranked(logprob=-float(place != best), tokens=1, size=1, greedy=False)
            for place in range(len(request.choices))
        ]
    )


def parts(*names: str, **fields: Any) -> tuple[Part, ...]:
    return tuple(Part(task=name, **fields) for name in names)


INNER = Suite(name="inner", about="Two.", parts=parts("blue", "gold"), weighted=True)
SUITES = (
    Suite(name="plain", about="Both.\n\nFrom nowhere.", parts=parts("red", "blue")),
    Suite(name="heavy", about="Both.", parts=parts("red", "blue"), weighted=True),
    Suite(name="nested", about="All.", parts=(*parts("red"), INNER)),
    Suite(name="marked", about="Both.", parts=parts("red", "blue", metric="marks")),
    Suite(name="gapped", about="Two.", parts=parts("red", "far")),
    Suite(name="nowhere", about="Two.", parts=parts("far", "further")),
    Suite(name="letters", about="Both.", parts=parts("red", "blue", protocol="letter")),
    Suite(name="unmeasured", about="One.", parts=parts("red", metric="fame")),
    Suite(
        name="large",
        about="Many.",
        parts=tuple(Part(task=f"large_{number}") for number in range(13)),
    ),
)


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    large = [type(f"Large{i}", (Colour,), {"name": f"large_{i}"}) for i in range(13)]
    return (Red, Blue, Gold, Far, Further, Explosive, *large)


@hookimpl
def evalkit_suites() -> Iterable[Suite]:
    return SUITES


@pytest.fixture
def environment(environment: dict[str, str], site: Path) -> dict[str, str]:
    """Variables of a process that finds this module as a plugin."""
    install(site, "colours", "tests.test_suite")
    paths = (str(ROOT), environment["PYTHONPATH"])
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}


def record_of(root: Path, suite: str) -> dict[str, Any]:
    """The record of a suite that was run in one way."""
    (path,) = root.glob(f"runs/{suite}/*/suite.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def runs_of(root: Path, task: str) -> list[dict[str, Any]]:
    """The records of a task's runs."""
    paths = sorted(root.glob(f"runs/{task}/*/record.json"))
    return [json.loads(path.read_text()) for path in paths]


def said(text: str) -> str:
    """A text in one line, wherever it was wrapped."""
    return " ".join(text.split())


RATES = {name: Fraction(RIGHT[name], ASKED[name]) for name in RIGHT}
INNER_RATE = Fraction(8 + 3, 10 + 5)


@pytest.mark.parametrize(
    ("suite", "value", "n"),
    [
        ("plain", (RATES["red"] + RATES["blue"]) / 2, 14),
        ("heavy", Fraction(1 + 8, 4 + 10), 14),
        ("nested", (RATES["red"] + INNER_RATE) / 2, 19),
        ("marked", (RATES["red"] + RATES["blue"]) / 2, 14),
    ],
)
def test_the_average(
    evalkit: Evalkit, tmp_path: Path, suite: str, value: Fraction, n: int
) -> None:
    done = evalkit("run", f"--tasks={suite}", *MODEL)
    assert done.returncode == 0, done.stderr
    average = record_of(tmp_path, suite)["average"]
    assert average["value"] == pytest.approx(float(value))
    assert (average["n"], average["scale"]) == (n, 1)
    assert f"Average: {float(100 * value):.1f} % (" in done.stdout
    (card,) = tmp_path.glob(f"runs/{suite}/*/card.md")
    assert f"Average: {float(100 * value):.1f} % (" in card.read_text()


def part(rate: float, n: int, **fields: Any) -> PartRecord:
    """A part whose answers were right or wrong; with an estimate of other values."""
    low, high = wilson(rate * n, n)
    estimate = Estimate(metric="accuracy", value=rate, low=low, high=high, n=n)
    return PartRecord(name="part", estimate=replace(estimate, **fields))


def ends(found: Estimate | None) -> tuple[float, float]:
    assert found is not None
    return found.low, found.high


def test_parts_that_count_the_same_are_known_by_their_own_samples() -> None:
    parts = [part(1 / 4, 4), part(8 / 10, 10)]
    found = average(parts, weighted=False)
    expected = stratified_mean([1 / 4, 8 / 10], [4, 10])["interval"]
    assert ends(found) == pytest.approx(expected)
    assert found is not None
    assert found.method == "Wilson on the effective number, 2 parts"


def test_samples_that_count_the_same_are_those_of_one_task() -> None:
    found = average([part(1 / 4, 4), part(8 / 10, 10)], weighted=True)
    assert ends(found) == pytest.approx(wilson(9, 14))
    assert found is not None
    assert found.method == "Wilson on the effective number, samples of 2 parts"


def test_one_sample_of_each_part_does_not_narrow_the_average() -> None:
    parts = [part(float(n % 4 == 0), 1) for n in range(57)]
    for weighted in (True, False):
        low, high = ends(average(parts, weighted=weighted))
        expected = wilson(15, 57)
        assert high - low == pytest.approx(expected[1] - expected[0], rel=0.02)


def test_a_suite_within_a_suite_is_a_part_by_its_own_interval() -> None:
    inner = average([part(0.3, 200), part(0.5, 400)], weighted=False)
    assert inner is not None
    parts = [part(0.8, 1000), PartRecord(name="inner", estimate=inner)]
    whole = average(parts, weighted=False)
    error = math.sqrt(0.3 * 0.7 / 200 / 4 + 0.5 * 0.5 / 400 / 4)
    error = math.hypot(error / 2, math.sqrt(0.8 * 0.2 / 1000) / 2)
    low, high = ends(whole)
    assert (high - low) / 2 / 1.96 == pytest.approx(error, rel=0.03)


def scaled(found: PartRecord) -> dict[str, float]:
    """An estimate's values as marks out of 100."""
    assert found.estimate is not None
    names = ("value", "low", "high", "scale")
    return {name: 100 * getattr(found.estimate, name) for name in names}


def test_marks_out_of_100_count_as_shares() -> None:
    shares = [part(0.25, 40), part(0.8, 100)]
    marks = [part(0.25, 40, **scaled(shares[0])), part(0.8, 100, **scaled(shares[1]))]
    assert ends(average(marks, weighted=False)) == pytest.approx(
        ends(average(shares, weighted=False))
    )


def test_parts_by_older_intervals_and_by_none_are_averaged_too() -> None:
    # Student's t over samples, as records of before have it, and a value alone.
    wide = part(0.5, 100, low=0.4, high=0.6, method="Student's t over samples")
    bare = part(0.5, 100, low=0.5, high=0.5)
    low, high = ends(average([wide, bare], weighted=False))
    known, unknown = 0.1 / 1.96, math.sqrt(0.25 / 100)
    assert (high - low) / 2 / 1.96 == pytest.approx(
        math.hypot(known, unknown) / 2, rel=0.03
    )


def test_values_beyond_their_scale_have_their_limits_joined() -> None:
    below = part(0.5, 100, value=-0.2, low=-0.4, high=0.1)
    found = average([part(0.5, 100), below], weighted=False)
    assert found is not None
    assert found.value == pytest.approx(0.15)
    assert found.method == "limits of 2 parts joined"
    low, _ = wilson(50, 100)
    assert found.low == pytest.approx(0.15 - math.hypot(0.5 - low, 0.2) / 2)


def test_the_interval_is_named_wherever_the_average_is(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    done = evalkit("run", "--tasks=marked", *MODEL)
    kind = "95 % interval, Wilson on the effective number, 2 parts, 14 samples"
    assert f"  {kind}\n" in done.stdout
    (card,) = tmp_path.glob("runs/marked/*/card.md")
    assert f"- {kind}\n" in card.read_text()
    assert "- of the parts: 95 % interval\n" in card.read_text()


def test_the_card_and_the_terminal_tell_of_each_part(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    done = evalkit("run", "--tasks=nested", *MODEL, "--limit=4")
    (card,) = tmp_path.glob("runs/nested/*/card.md")
    rows = [line for line in card.read_text().splitlines() if line.startswith("| ")]
    names = [row.split(" | ")[0].removeprefix("| ") for row in rows]
    assert names == ["part", "---", "red", "inner", "· blue", "· gold"]
    assert "Only the first 4 samples of each." in card.read_text()
    assert "| red | rank | 0 | 25.0 % (" in card.read_text()
    assert "| · blue | rank | 0 | 100.0 % (" in card.read_text()
    assert "| · gold | rank | 0 | 75.0 % (" in card.read_text()
    assert "| inner |  |  | 87.5 % (" in card.read_text()
    for name in ("red", "inner", "· blue", "· gold"):
        assert name in done.stdout


TWO_ROWS = '{"question": "1?"}\n{"question": "2?"}\n'


def lay_out(root: Path, name: str, text: str = TWO_ROWS) -> str:
    folder = root / "data" / "someone" / name
    folder.mkdir(parents=True)
    (folder / "test.jsonl").write_text(text)
    return f"--data={root / 'data'}"


def test_a_part_without_its_data_leaves_the_others_and_no_average(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    data = lay_out(tmp_path, "further")
    done = evalkit("run", "--tasks=gapped", *MODEL, data)
    assert done.returncode == 1
    why = "has no file someone/far/test*"
    assert "far is left out, and its suite gets no average" in said(done.stderr)
    assert why in said(done.stderr)
    assert "No average: far: data folder" in said(done.stdout)
    assert why in said(done.stdout)
    record = record_of(tmp_path, "gapped")
    assert record["average"] is None
    assert [bool(each["lacking"]) for each in record["parts"]] == [False, True]
    assert record["parts"][0]["estimate"]["value"] == 0.25
    (card,) = tmp_path.glob("runs/gapped/*/card.md")
    assert "No average: far: " in card.read_text()


def test_a_suite_goes_on_once_the_data_are_there(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    run = ("run", "--tasks=gapped", *MODEL)
    evalkit(*run, lay_out(tmp_path, "further"), SUITE_LOG=str(log))
    done = evalkit(*run, lay_out(tmp_path, "far"), SUITE_LOG=str(log))
    assert done.returncode == 0, done.stderr
    assert f"Average: {100 * (1 / 4 + 1 / 2) / 2:.1f} %" in done.stdout
    asked = log.read_text().split()
    assert sorted(asked) == [*(f"far-{i}" for i in range(2)), *RED]


RED = [f"red-{place}" for place in range(4)]
BLUE = [f"blue-{place}" for place in range(10)]


@pytest.mark.parametrize("tasks", ["far", "gapped,far", "far,gapped", "nowhere"])
def test_missing_data_of_a_named_task_or_of_all_is_one_line(
    evalkit: Evalkit, tmp_path: Path, tasks: str
) -> None:
    (tmp_path / "data").mkdir()
    done = evalkit("run", f"--tasks={tasks}", *MODEL, f"--data={tmp_path / 'data'}")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalkit: data folder ")
    assert not list(tmp_path.glob("runs/*"))


def test_a_part_with_failed_requests_keeps_the_suite_from_its_average(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    run = ("run", "--tasks=plain", *MODEL)
    done = evalkit(*run, SUITE_FAILS="blue-3")
    assert done.returncode == 1
    assert "No average: blue: 1 attempts failed." in said(done.stdout)
    assert record_of(tmp_path, "plain")["average"] is None
    again = evalkit(*run)
    assert again.returncode == 0
    assert "Average: 52.5 % (" in again.stdout
    assert record_of(tmp_path, "plain")["average"] is not None


def test_a_suite_that_is_asked_otherwise_has_no_average(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    done = evalkit("run", "--tasks=letters", *MODEL, "--protocol=rank")
    assert done.returncode == 1
    assert (
        "No average: red: not asked by protocol 'letter'; "
        "blue: not asked by protocol 'letter'."
    ) in said(done.stdout)
    assert record_of(tmp_path, "letters")["average"] is None
    assert len(runs_of(tmp_path, "red")) == 1


def test_a_suite_without_its_metric_has_no_average(evalkit: Evalkit) -> None:
    done = evalkit("run", "--tasks=unmeasured", *MODEL)
    assert done.returncode == 1
    assert "No average: red: it has no metric 'fame'." in said(done.stdout)


def test_a_suite_is_asked_as_it_says(evalkit: Evalkit, tmp_path: Path) -> None:
    done = evalkit("run", "--tasks=letters", *MODEL)
    assert done.returncode == 0, done.stderr
    (red,) = runs_of(tmp_path, "red")
    assert red["spec"]["protocol"] == "letter"
    assert red["spec"]["protocol_options"]["shots"] == 0


def test_a_suite_has_an_average_for_each_way_that_it_is_asked(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    done = evalkit("run", "--tasks=plain", *MODEL, "--protocol=rank,letter")
    assert done.returncode == 0, done.stderr
    assert "Average, protocol rank: 52.5 % (" in done.stdout
    assert "Average, protocol letter: 52.5 % (" in done.stdout
    names = [path.parent.name for path in tmp_path.glob("runs/plain/*/suite.json")]
    assert {name.partition("--")[0] for name in names} == {"rank", "letter"}


def test_tasks_of_two_suites_are_asked_once(evalkit: Evalkit, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = ("run", "--tasks=plain,heavy,red,plain", *MODEL)
    done = evalkit(*run, SUITE_LOG=str(log))
    assert done.returncode == 0, done.stderr
    assert sorted(log.read_text().split()) == sorted((*RED, *BLUE))
    assert done.stdout.count("Average: ") == 2
    assert record_of(tmp_path, "plain")["average"]["value"] == pytest.approx(0.525)
    assert record_of(tmp_path, "heavy")["average"]["value"] == pytest.approx(9 / 14)


def test_the_same_command_again_asks_nothing_and_tells_the_same(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    run = ("run", "--tasks=nested", *MODEL)
    first = evalkit(*run, SUITE_LOG=str(log))
    asked = log.read_text()
    record = record_of(tmp_path, "nested")
    second = evalkit(*run, SUITE_LOG=str(log))
    assert (first.returncode, second.returncode) == (0, 0)
    assert log.read_text() == asked
    assert second.stdout == first.stdout
    assert record_of(tmp_path, "nested") == record


def test_a_suite_touches_no_task_but_its_own(evalkit: Evalkit, tmp_path: Path) -> None:
    """Not the broken file of one, nor the samples of another."""
    data = lay_out(tmp_path, "further", "{not json}\n")
    lay_out(tmp_path, "far")
    done = evalkit("run", "--tasks=gapped", *MODEL, data)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("evalkit") == 0
    told = ("tasks", "gapped"), ("tasks",)
    assert [evalkit(*words).returncode for words in told] == [0, 0]
    assert evalkit("run", "--tasks=explosive", *MODEL).returncode == 2
    assert evalkit("run", "--tasks=further", *MODEL, data).returncode == 2


def test_the_list_has_suites_below_tasks(evalkit: Evalkit) -> None:
    done = evalkit("tasks")
    assert done.returncode == 0
    tasks, heading, suites = done.stdout.partition("\nSuites:\n")
    assert heading
    rows = {line.split()[0]: line for line in suites.splitlines() if line}
    assert rows["plain"].endswith("  Both. (2 tasks)")
    assert rows["nested"].endswith("  All. (3 tasks)")
    assert rows["large"].endswith("  Many. (13 tasks)")
    names = {line.split()[0] for line in tasks.splitlines() if line}
    assert "red" in names
    assert "large_3" not in names
    assert "--all" in tasks
    everything = evalkit("tasks", "--all").stdout
    assert "\nlarge_3 " in everything
    assert "--all" not in everything


def test_a_suite_is_told_part_by_part(evalkit: Evalkit) -> None:
    done = evalkit("tasks", "nested")
    assert done.stdout == (
        "nested\n\nAll.\n\naverage: mean over the parts\nparts:\n  red\n"
        "  inner: mean over all samples\n    blue\n    gold\n"
    )
    letters = evalkit("tasks", "letters").stdout
    assert letters.endswith("  red, protocol letter\n  blue, protocol letter\n")
    assert "Both.\n\nFrom nowhere.\n" in evalkit("tasks", "plain").stdout


def test_a_misspelt_suite_is_one_line(evalkit: Evalkit) -> None:
    for words in (("tasks", "nestd"), ("run", "--tasks=nestd", *MODEL)):
        done = evalkit(*words)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "Did you mean 'nested'?" in line


def test_two_plugins_claiming_one_suite_are_both_named(
    evalkit: Evalkit, site: Path
) -> None:
    (site / "taker.py").write_text(
        "import evalkit\n"
        "@evalkit.hookimpl\n"
        "def evalkit_suites():\n"
        "    part = evalkit.Part(task='red')\n"
        "    return (evalkit.Suite(name='plain', about='Mine.', parts=(part,)),)\n"
    )
    install(site, "taker", "taker")
    done = evalkit("tasks")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "two plugins register the suite 'plain'" in line
    assert "taker (taker 1.0)" in line
    assert "colours (colours 1.0)" in line


def test_a_plugin_object_may_bring_a_suite() -> None:
    own = replace(INNER, name="own")

    class Plugin:
        @hookimpl
        def evalkit_suites(self) -> Iterable[Suite]:
            return (own,)

    found: Mapping[str, Suite] = {
        each.item.name: each.item
        for each in Plugins(Plugin(), third_party=False).suites
    }
    assert found["own"] is own
    assert "mmlu" in found


def test_leaves_are_all_tasks_in_their_order() -> None:
    outer = Suite(name="outer", about="", parts=(INNER, *parts("red"), SUITES[2]))
    assert [each.task for each in outer.leaves()] == [
        *("blue", "gold"),
        "red",
        *("red", "blue", "gold"),
    ]
