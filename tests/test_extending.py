"""More of a run: more samples, first ones or drawn by lot, and more attempts. What is
answered is not asked again."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import counting
import pytest

from evalkit import (
    Experiment,
    Generate,
    Plugins,
    Request,
    RunRecord,
    SampleResult,
    UsageError,
    hookimpl,
    run,
)
from evalkit.folder import RunFolder
from evalkit.regrade import regrading
from evalkit.report.terminal import summary
from evalkit.results import Results
from evalkit.selecting import select
from evalkit.task import Task
from tests import test_suite

ASKED: Counter[str] = Counter()


def say(request: Request) -> str:
    """An answer that tells the seed that it was asked with."""
    ASKED[f"{request.sample_id}/{request.attempt}"] += 1
    assert isinstance(request, Generate)
    return f"{request.sampling.seed} {counting.right(request)}"


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    ASKED.clear()


def asked() -> Counter[str]:
    """What was asked since the last time."""
    found = Counter(ASKED)
    ASKED.clear()
    return found


def wanted(tmp_path: Path, **fields: Any) -> Experiment:
    """A run of twenty questions, but for what is said otherwise."""
    return Experiment(
        tasks=("counting",),
        model="scripted:tests.test_extending:say",
        output=tmp_path,
        sampling={"temperature": 1.0},
        task_options={"n": "20"},
        **fields,
    )


def ask(tmp_path: Path, **fields: Any) -> tuple[RunRecord, list[SampleResult]]:
    """A run with these words; its record and its results."""
    (record,) = run(wanted(tmp_path, **fields), Plugins(counting, third_party=False))
    folder = RunFolder.of(tmp_path, record.spec)
    assert folder.read_record() == record
    return record, list(Results(folder.results))


def texts(results: Iterable[SampleResult]) -> dict[str, list[str]]:
    return {
        each.id: [attempt.turns[0].text for attempt in each.attempts]
        for each in results
    }


@pytest.mark.parametrize(("first", "then"), [(1, 3), (4, 8)])
def test_attempts_are_kept_when_there_are_to_be_more(
    tmp_path: Path, first: int, then: int
) -> None:
    before, old = ask(tmp_path, attempts=first, limit=3)
    asked()
    after, new = ask(tmp_path, attempts=then, limit=3)
    assert sorted(asked()) == [
        f"q{n}/{attempt}" for n in range(3) for attempt in range(first, then)
    ]
    kept = {id: all_[:first] for id, all_ in texts(new).items()}
    assert kept == texts(old)
    assert all(len(set(each)) == then for each in texts(new).values())
    assert after.spec.digest == before.spec.digest
    assert after.spec.attempts == then
    assert sum(after.outcomes.values()) == 3 * then
    assert after.counts.replayed == 3 * first
    assert not after.warnings
    assert len([*tmp_path.glob("*/*")]) == 1
    with pytest.raises(UsageError, match=f"run of {then} attempts, which --attempts"):
        ask(tmp_path, attempts=first, limit=3)


def test_samples_and_attempts_grow_together(tmp_path: Path) -> None:
    ask(tmp_path, attempts=2, limit=2)
    asked()
    ask(tmp_path, attempts=3, limit=4)
    assert sorted(asked()) == sorted(
        ["q0/2", "q1/2", *(f"q{n}/{k}" for n in (2, 3) for k in range(3))]
    )
    ask(tmp_path, attempts=3)
    assert asked().total() == 16 * 3
    assert len([*tmp_path.glob("*/*")]) == 1


def test_samples_drawn_by_lot_are_the_same_and_others_where_there_are_more(
    tmp_path: Path,
) -> None:
    few, old = ask(tmp_path, limit=5, shuffle=3)
    asked()
    more, new = ask(tmp_path, limit=12, shuffle=3)
    before, after = texts(old), texts(new)
    assert (len(before), len(after)) == (5, 12)
    assert {id: after[id] for id in before} == before
    assert asked().total() == 7
    order = [int(id[1:]) for id in after]
    assert order == sorted(order)
    assert order != list(range(12))
    assert [each.index for each in new] == list(range(12))
    assert (more.counts.replayed, more.warnings) == (5, ())
    assert few.spec.digest == more.spec.digest
    every, _ = ask(tmp_path, shuffle=3)
    assert asked().total() == 8
    assert (every.samples, every.spec.shuffle) == (20, 3)
    with pytest.raises(UsageError, match="a finished run of 20 samples"):
        ask(tmp_path, limit=12, shuffle=3)


def test_another_seed_draws_others_and_is_another_run(tmp_path: Path) -> None:
    drawn = [
        frozenset(texts(ask(tmp_path, limit=6, shuffle=seed)[1])) for seed in range(3)
    ]
    assert len(set(drawn)) == 3
    first, _ = ask(tmp_path, limit=6)
    assert len([*tmp_path.glob("*/*")]) == 4
    assert first.spec.shuffle is None


def test_each_sample_is_drawn_as_often_as_any_other() -> None:
    task: Task = counting.Counting(n=10)
    drawn = Counter(
        sample.id for seed in range(2000) for sample in select(task, 3, seed).of(task)
    )
    assert drawn.total() == 6000
    # 600 each, with a standard deviation of 20.5: the bounds are five of them.
    assert all(500 < count < 700 for count in drawn.values())


def test_a_limit_beyond_the_samples_draws_all(tmp_path: Path) -> None:
    record, _ = ask(tmp_path, limit=50, shuffle=1)
    assert record.samples == 20


def test_what_was_drawn_is_told(tmp_path: Path) -> None:
    record, _ = ask(tmp_path, limit=5, shuffle=3)
    folder = RunFolder.of(tmp_path, record.spec)
    assert json.loads(folder.spec.read_text())["shuffle"] == 3
    assert "- samples: `5 (drawn by lot, --shuffle 3)`" in folder.card.read_text()
    told = [line for line, _ in summary(record, folder)]
    assert any("5 samples drawn by lot (--shuffle 3)" in line for line in told)


def test_drawn_samples_are_judged_anew(tmp_path: Path) -> None:
    record, _ = ask(tmp_path, limit=5, shuffle=3, attempts=2)
    folder = RunFolder.of(tmp_path, record.spec)
    with regrading(folder, None, Plugins(counting, third_party=False)) as held:
        done = held.judge(lambda change: None)
    assert done.after.outcomes == record.outcomes
    assert done.tally.flipped == 0


class Stops:
    """Ends a command after some answers, as a crash would."""

    def __init__(self, after: int) -> None:
        self.left = after

    @hookimpl
    def evalkit_completed(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def test_a_run_that_grew_and_was_interrupted_goes_on(tmp_path: Path) -> None:
    ask(tmp_path, limit=4, shuffle=2, attempts=2)
    whole = ask(tmp_path / "whole", limit=8, shuffle=2, attempts=4)[1]
    asked()
    whole_run = wanted(tmp_path, limit=8, shuffle=2, attempts=4)
    with pytest.raises(KeyboardInterrupt):
        run(whole_run, Plugins(counting, Stops(7), third_party=False))
    _, results = ask(tmp_path, limit=8, shuffle=2, attempts=4)
    assert texts(results) == texts(whole)
    assert asked().total() <= 8 * 4 - 4 * 2 + 1


def test_each_part_of_a_suite_is_drawn_from(tmp_path: Path) -> None:
    wanted = Experiment(
        tasks=("plain",),
        model=test_suite.MODEL[0].removeprefix("--model="),
        backend_options={"ranks": "true"},
        output=tmp_path,
        limit=2,
        shuffle=1,
    )
    records = run(wanted, Plugins(test_suite, third_party=False))
    drawn = [
        [each.id for each in Results(RunFolder.of(tmp_path, record.spec).results)]
        for record in records
    ]
    assert [len(ids) for ids in drawn] == [2, 2]
    assert drawn != [["red-0", "red-1"], ["blue-0", "blue-1"]]
