"""What samples have in common: named by their task, noted, allowed for in intervals."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import counting
import pytest

from evalkit import Experiment, Plugins, Sample, Task, TaskError, hookimpl, run
from evalkit.checked import check_samples, samples_of
from evalkit.clusters import cluster_of
from evalkit.folder import RunFolder
from evalkit.regrade import regrading
from evalkit.report.regraded import summary
from evalkit.results import Results
from evalkit.stats import clustered_mean

PASSAGE = "Once upon a time there was a number. " * 3


@dataclass(frozen=True, kw_only=True)
class Shared(counting.Counting):
    """Twelve questions to five passages, of which some are about none."""

    name = "shared"
    n: int = 12

    def cluster(self, sample: Sample) -> str:
        number = int(sample.question)
        return "" if number > 9 else f"{PASSAGE}{number // 3}"


@dataclass(frozen=True, kw_only=True)
class Unsound(counting.Counting):
    """A passage of a number is no text."""

    name = "unsound"

    def cluster(self, sample: Sample) -> str:
        return int(sample.question)  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Broken(counting.Counting):
    """A passage that cannot be found."""

    name = "broken"

    def cluster(self, sample: Sample) -> str:
        return {}[sample.id]


class Plugin:
    @hookimpl
    def evalkit_tasks(self) -> Iterable[type[Task]]:
        return (Shared, Unsound, Broken)


def plugins() -> Plugins:
    return Plugins(counting, Plugin(), third_party=False)


def wanted(root: Path, task: str) -> Experiment:
    return Experiment(tasks=(task,), model="scripted:counting:odd_only", output=root)


def test_the_same_text_is_the_same_cluster() -> None:
    task = Shared()
    names = [cluster_of(task, each) for each in task.samples()]
    assert names[10:] == ["", ""]
    assert [names[:10].count(each) for each in dict.fromkeys(names[:10])] == [
        3,
        3,
        3,
        1,
    ]
    assert all(len(each) == 40 for each in names[:10])  # passages are not kept


def hashed(task: Task) -> str:
    return check_samples(task, samples_of(task)).sha256


@pytest.mark.parametrize(
    ("task", "why"),
    [(Unsound(), "a text is meant, not 0"), (Broken(), "KeyError: 'q0'")],
)
def test_a_cluster_that_is_none_is_told_before_anything_is_asked(
    task: Task, why: str
) -> None:
    with pytest.raises(TaskError) as told:
        hashed(task)
    assert f"task {task.name!r}, cluster(): " in str(told.value)
    assert why in str(told.value)


def test_a_run_notes_clusters_and_its_intervals_allow_for_them(tmp_path: Path) -> None:
    (record,) = run(wanted(tmp_path, "shared"), plugins())
    (plain,) = run(wanted(tmp_path, "counting"), plugins())
    # Naming clusters makes no other samples.
    assert record.samples_sha256 == hashed(counting.Counting(n=12))
    results = list(Results(RunFolder.of(tmp_path, record.spec).results))
    clusters = [each.cluster or each.id for each in results]
    values = [float(n % 2 == 0) for n in range(12)]
    expected = clustered_mean(values, clusters)["interval"]
    for estimate in record.estimates:  # accuracy and pass@1
        assert (estimate.low, estimate.high) == pytest.approx(expected)
        assert "6 clusters (under 10)" in estimate.method
    assert {each.method for each in plain.estimates} == {"Wilson"}


def test_a_run_from_before_clusters_gets_them_by_judging_anew(tmp_path: Path) -> None:
    (record,) = run(wanted(tmp_path, "shared"), plugins())
    folder = RunFolder.of(tmp_path, record.spec)
    lines = [json.loads(line) for line in folder.results.read_text().splitlines()]
    for line in lines:
        del line["cluster"]
    folder.results.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    old = json.loads(folder.record.read_text())
    for each in old["estimates"]:
        each |= {"low": 0.25, "high": 0.75, "method": "Student's t over samples"}
    del old["titles"]
    folder.record.write_text(json.dumps(old))
    with regrading(folder, None, plugins(), write=True) as held:
        done = held.judge(lambda change: None)
    told = "\n".join(summary(done, "here"))
    assert "was a 95 % interval, Student's t over samples\n" in told
    assert "is a  95 % interval, Wilson on the effective number, 6 clusters" in told
    assert done.written
    after = folder.read_record().estimates
    assert after == record.estimates
