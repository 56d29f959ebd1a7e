"""Scores come from processes that no task can hang, crash or starve for long."""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalkit import Answer, Outcome, Sample, Score, Task, TaskError, verdict
from evalkit.scoring import Limits, ScoringPool
from evalkit.scoring_worker import Job, Result
from tests.conftest import wait_for

QUICK = Limits(seconds=0.5, workers=2)


@dataclass(frozen=True, kw_only=True)
class Wild(Task):
    """Does what the answer says."""

    name = "wild"
    version = 1

    greeting: str = "hello"

    def samples(self) -> Iterable[Sample]:
        yield Sample(id="1", question="?", target="!")

    def score(self, sample: Sample, answer: Answer) -> Score:
        if answer.text == "give a truth value":
            return "right"  # type: ignore[return-value]
        if answer.text == "half decide":
            return Score(value=0.5, outcome=Outcome.UNDECIDED, points=0.5)
        DEEDS[answer.text]()
        return verdict(sample, answer, read=self.greeting, value=1.0)


def disarm() -> None:
    """What graders do that bring a time limit of their own."""
    signal.signal(signal.SIGPROF, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_PROF, 0)
    loop()


def tell_and_sleep() -> None:
    Path(os.environ["CHILD"]).write_text(str(os.getpid()))
    time.sleep(10_000)


def fork() -> None:
    """A child that keeps the pipes open after its parent was killed."""
    child = os.fork()
    if child:
        Path(os.environ["CHILD"]).write_text(str(child))
    loop()


def loop() -> None:
    while True:
        pass


DEEDS = {
    "behave": lambda: None,
    "raise": lambda: 1 / 0,
    "loop": loop,
    "sleep": lambda: time.sleep(10_000),
    "tell and sleep": tell_and_sleep,
    "doze": lambda: time.sleep(1),
    "tower": lambda: 9**9**9,
    "die": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "quit": lambda: os._exit(0),
    "hoard": lambda: bytearray(1 << 40),
    "exit": lambda: sys.exit(3),
    "disarm": disarm,
    "fork": fork,
    "read": lambda: sys.stdin.read(),
    "print": lambda: print("noise on standard output"),
}


def jobs(*deeds: str) -> list[Job]:
    sample = Sample(id="1", question="?", target="!")
    return [
        Job(id=n, task=0, sample=sample, answer=Answer(text=deed))
        for n, deed in enumerate(deeds)
    ]


def score(*deeds: str, limits: Limits = QUICK, **options: str) -> list[Score]:
    """Score answers and give the scores in the order of the answers."""
    results: list[Result] = []
    with ScoringPool([(Wild(**options), options)], limits) as pool:
        for job in jobs(*deeds):
            pool.submit(job)
        while len(results) < len(deeds):
            results += pool.poll(wait=True)
    assert sorted(each.id for each in results) == list(range(len(deeds)))
    return [each.score for each in sorted(results, key=lambda each: each.id)]


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        ("raise", "ZeroDivisionError"),
        ("loop", "scoring took longer than 0.5 s"),
        ("sleep", "scoring took longer than 0.5 s"),
        ("tower", "scoring took longer than 0.5 s"),
        ("die", "died of SIGSEGV"),
        ("quit", "ended with status 0"),
        ("hoard", "MemoryError"),
        ("exit", "SystemExit: 3"),
        ("disarm", "scoring took longer than 0.5 s"),
        ("give a truth value", "score()"),
        ("half decide", "undecided has the value 0, not 0.5"),
    ],
)
def test_a_wild_task_costs_one_score_and_no_other(deed: str, why: str) -> None:
    scores = score("behave", deed, "behave", "behave")
    assert [each.outcome for each in scores] == [
        Outcome.RIGHT,
        Outcome.ERROR,
        Outcome.RIGHT,
        Outcome.RIGHT,
    ]
    assert why in scores[1].explanation


def test_an_answer_that_has_to_wait_for_a_processor_is_scored() -> None:
    """Waiting costs no processor time: the limit is half a second of that."""
    assert [each.outcome for each in score("doze", "behave")] == [Outcome.RIGHT] * 2


def test_what_a_task_started_does_not_outlive_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHILD", str(tmp_path / "child"))
    score("fork", "behave")
    child = int((tmp_path / "child").read_text())
    wait_for(lambda: not is_running(child))  # a signal takes a moment to arrive


ALONE = """
import time
from evalkit.scoring import ScoringPool
from tests.test_scoring import QUICK, Wild, jobs
with ScoringPool([(Wild(), {})], QUICK) as pool:
    pool.submit(*jobs("tell and sleep"))
    while True:
        pool.poll()
        time.sleep(0.01)
"""


def test_a_worker_ends_with_its_parent_however_long_a_task_waits(
    tmp_path: Path,
) -> None:
    told = tmp_path / "child"
    variables = {**os.environ, "CHILD": str(told)}
    with subprocess.Popen((sys.executable, "-c", ALONE), env=variables) as parent:
        wait_for(lambda: told.exists() and bool(told.read_text()))
        worker = int(told.read_text())
        assert is_running(worker)
        parent.kill()
    wait_for(lambda: not is_running(worker))


def is_running(process: int) -> bool:
    """Whether a process does anything still; a zombie does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(") ")[2][0] != "Z"


def test_more_answers_than_fit_in_a_pipe() -> None:
    one_worker = Limits(seconds=5, workers=1)
    assert len(score(*["behave"] * 3000, limits=one_worker)) == 3000


def test_a_huge_answer_goes_through() -> None:
    scores = score("x" * 3_000_000, "behave", limits=Limits(seconds=5, workers=1))
    assert [each.outcome for each in scores] == [Outcome.ERROR, Outcome.RIGHT]
    assert "KeyError" in scores[0].explanation


def test_many_deaths_in_a_row_are_survived() -> None:
    scores = score(*["quit", "behave"] * 5)
    assert [each.outcome.value for each in scores] == ["error", "right"] * 5


def test_what_a_task_prints_does_not_disturb_the_results() -> None:
    assert score("print", "behave")[1].outcome is Outcome.RIGHT


def test_what_a_task_reads_is_not_the_jobs() -> None:
    scores = score("read", "behave", "read")
    assert [each.outcome for each in scores] == [Outcome.RIGHT] * 3


def test_a_worker_that_cannot_start_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flaky.py").write_text(
        "import sys\n"
        "if sys.flags.safe_path:  # as in a scoring process\n"
        "    sys.exit(3)\n"
        "from tests.test_scoring import Wild as Base\n"
        "class Wild(Base): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    wild = importlib.import_module("flaky").Wild
    with ScoringPool([(wild(), {})], QUICK) as pool:
        pool.submit(jobs("behave")[0])
        with pytest.raises(TaskError, match="could not start: status 3"):
            poll_for_long(pool)


def poll_for_long(pool: ScoringPool) -> None:
    for _ in range(1_000_000):
        pool.poll(wait=True)


def test_options_reach_the_workers() -> None:
    assert score("behave", greeting="moin")[0].answer == "moin"


def test_polling_without_waiting_returns_at_once() -> None:
    """A hundred times here; to wait is to wait for a second where nothing happens."""
    with ScoringPool([(Wild(), {})], Limits(seconds=300, workers=1)) as pool:
        pool.submit(jobs("loop")[0])
        begun = time.monotonic()
        for _ in range(100):
            assert pool.poll() == []
        assert time.monotonic() - begun < 50


def test_a_task_that_workers_cannot_import_is_refused() -> None:
    class Local(Wild):
        name = "local"

    with pytest.raises(TaskError, match="importable module"):
        ScoringPool([(Local(), {})], QUICK)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_values_outside_0_to_1_are_errors(value: float) -> None:
    sample = Sample(id="1", question="?", target="!")
    with pytest.raises(ValueError, match="between 0 and 1"):
        verdict(sample, Answer(text=""), read=None, value=value)


def test_what_could_not_be_judged_is_undecided_cut_off_or_not() -> None:
    sample = Sample(id="1", question="?", target="!", points=2)
    for finish in ("stop", "length"):
        answer = Answer(text="x", finish=finish)  # type: ignore[arg-type]
        given = verdict(sample, answer, read="x", value=0.0, undecided=True)
        assert (given.outcome, given.value, given.points) == (Outcome.UNDECIDED, 0, 0)
        assert given.answer == "x"
    with pytest.raises(ValueError, match="undecided has the value 0"):
        verdict(sample, Answer(text="x"), read="x", value=0.5, undecided=True)
