"""Ctrl-C once ends in good order, twice at once; nothing that was saved is lost."""

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import counting
import pytest

from evalkit import (
    Backend,
    BackendError,
    Completion,
    Engine,
    Experiment,
    Generate,
    Model,
    Plugins,
    Request,
    hookimpl,
    run,
)
from evalkit.plan import plan
from evalkit.runner import execute
from evalkit.stopping import INTERRUPTED, Stop, Stopped
from tests.conftest import Evalkit, command, wait_for

RUN = ("run", "--tasks=counting", "--model=scripted:counting:right", "--set=n=300")


@dataclass
class Running:
    """A run in another process, and the log of what its model was asked."""

    process: "subprocess.Popen[str]"
    log: Path

    def asked(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []

    def wait_until_asked(self, count: int) -> None:
        wait_for(lambda: len(self.asked()) >= count)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=120)
        return self.process.returncode, errors


@contextmanager
def running(
    environment: dict[str, str], folder: Path, *words: str
) -> Iterator[Running]:
    log = folder / "asked.log"
    with subprocess.Popen(
        command(*RUN, *words),
        env=environment | {"COUNTING_LOG": str(log)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield Running(process, log)


def test_the_first_ctrl_c_finishes_what_is_under_way(
    environment: dict[str, str], evalkit: Evalkit, tmp_path: Path
) -> None:
    with running(environment, tmp_path, "--backend-set=delay=20") as begun:
        begun.wait_until_asked(5)
        begun.interrupt()
        status, errors = begun.end()
        asked = len(begun.asked())
    assert status == 130
    assert "finishing what is under way; Ctrl-C again stops now" in errors
    last = errors.splitlines()[-1]
    assert f"stopped by Ctrl-C; {asked} of 300 answers are saved. To go on:" in last
    assert last.endswith(f"evalkit {' '.join(RUN)} --backend-set=delay=20")
    assert asked < 300
    (folder,) = tmp_path.glob("runs/counting/*")
    assert len((folder / "completions.jsonl").read_bytes().splitlines()) == asked
    assert not (folder / "record.json").exists()

    again = evalkit(*RUN, COUNTING_LOG=str(tmp_path / "asked.log"))
    assert again.returncode == 0
    times = Counter((tmp_path / "asked.log").read_text().split())
    assert len(times) == times.total() == 300


def test_the_second_ctrl_c_stops_at_once_and_loses_nothing(
    environment: dict[str, str], evalkit: Evalkit, tmp_path: Path
) -> None:
    with running(environment, tmp_path, "--backend-set=delay=100") as begun:
        begun.wait_until_asked(3)
        begun.interrupt()
        wait_for(lambda: len(begun.asked()) >= 5)
        begun.interrupt()
        status, errors = begun.end()
        asked = len(begun.asked())
    assert status == 130
    assert "interrupted; what was finished is saved. To go on: evalkit run" in errors
    assert asked < 64  # of the batch under way, which takes 6.4 seconds
    (journal,) = tmp_path.glob("runs/counting/*/completions.jsonl")
    assert asked - 1 <= len(journal.read_bytes().splitlines()) <= asked

    assert evalkit(*RUN, COUNTING_LOG=str(tmp_path / "asked.log")).returncode == 0
    times = Counter((tmp_path / "asked.log").read_text().split())
    assert len(times) == 300
    assert times.total() <= 301


@dataclass(frozen=True, kw_only=True)
class Patient(Backend):
    """Works on four requests at a time, and calls `stop` after some steps."""

    name = "patient"

    def load(self, model: Model) -> Engine:
        return PatientEngine(self.model)


class PatientEngine(Engine):
    capacity = 20

    def __init__(self, stop_after: str) -> None:
        self.waiting: list[Request] = []
        self.answered: list[str] = []
        self.stop_after = int(stop_after)

    def submit(self, requests: Sequence[Request]) -> None:
        self.waiting += requests

    def step(self) -> Sequence[Completion]:
        now, self.waiting = self.waiting[:4], self.waiting[4:]
        self.answered += [each.sample_id for each in now]
        if len(self.answered) >= self.stop_after:
            STOPS[-1].request("told to stop", INTERRUPTED)
        return [each.completion("1") for each in now if isinstance(each, Generate)]

    def withdraw(self) -> Sequence[str]:
        waiting, self.waiting = self.waiting, []
        return [each.id for each in waiting]


class Generous(PatientEngine):
    def withdraw(self) -> Sequence[str]:
        return ["never taken"]


@dataclass(frozen=True, kw_only=True)
class TooGenerous(Backend):
    name = "generous"

    def load(self, model: Model) -> Engine:
        return Generous(self.model)


STOPS: list[Stop] = []


class Backends:
    @hookimpl
    def evalkit_backends(self) -> Sequence[type[Backend]]:
        return (Patient, TooGenerous)


def stopped_run(tmp_path: Path, model: str, attempts: int = 1) -> None:
    plugins = Plugins(counting, Backends(), third_party=False)
    wanted = Experiment(
        tasks=("counting",),
        model=model,
        task_options={"n": "50"},
        output=tmp_path,
        attempts=attempts,
        sampling={"temperature": 1.0},
    )
    STOPS.append(Stop())
    execute(plan(wanted, plugins), plugins, stop=STOPS[-1])


def test_what_an_engine_has_not_begun_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="told to stop; 8 of 50 answers are saved"):
        stopped_run(tmp_path, "patient:5")
    (journal,) = tmp_path.glob("counting/*/completions.jsonl")
    assert len(journal.read_bytes().splitlines()) == 8


def test_a_stop_that_comes_with_the_last_answer_changes_nothing(
    tmp_path: Path,
) -> None:
    stopped_run(tmp_path, "patient:50")
    assert list(tmp_path.glob("counting/*/record.json"))


def test_several_attempts_are_counted_one_by_one(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="; 12 of 100 answers are saved"):
        stopped_run(tmp_path, "patient:12", attempts=2)


def test_an_engine_may_give_back_only_what_it_took(tmp_path: Path) -> None:
    with pytest.raises(
        BackendError, match=r"Generous, withdraw.. gave back .*'never taken'"
    ):
        stopped_run(tmp_path, "generous:5")


def test_ctrl_c_stops_at_once_while_nothing_is_under_way() -> None:
    stop = Stop()
    with stop.on_interrupt(print), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not stop.why


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Stop().on_interrupt(print):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_from_python_leaves_signals_alone(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    wanted = Experiment(
        tasks=("counting",), model="scripted:counting:right", output=tmp_path
    )
    run(wanted, Plugins(counting, third_party=False))
    assert signal.getsignal(signal.SIGINT) is before
