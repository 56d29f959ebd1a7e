"""What a person sees while a run goes on: that it is true, and that it fits."""

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import counting
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from evalkit import (
    Attempt,
    Backend,
    BackendError,
    Completion,
    Engine,
    Experiment,
    Generate,
    Model,
    Outcome,
    Plugins,
    Request,
    SampleResult,
    Sampling,
    Score,
    Turn,
    hookimpl,
    run,
)
from evalkit.estimate import outlook
from evalkit.judging.marking import spec_of
from evalkit.plan import PlannedRun, plan
from evalkit.progress.line import rows
from evalkit.progress.log import LogDisplay
from evalkit.progress.pace import Pace, Rest
from evalkit.progress.tally import Tally, counts, summed
from evalkit.report.words import duration
from tests.conftest import Evalkit, command, install

LIMIT = 1000
"""Most tokens of an answer here."""


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (75.4, "1:15"), (3599.6, "1:00:00")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@dataclass
class Watched:
    """A display in a log, told what happens at which time."""

    folder: Path
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    now: float = 100.0

    def __post_init__(self) -> None:
        plugins = Plugins(counting, third_party=False)
        wanted = {"tasks": "counting", "model": "scripted:counting:right"}
        sampling = {"max_tokens": LIMIT}
        self.planned = plan(
            Experiment(
                **{**wanted, "output": self.folder, "sampling": sampling, **self.given}
            ),
            plugins,
        )
        self.log = io.StringIO()
        ahead = outlook(self.planned)
        self.display = LogDisplay(self.log, ahead, clock=lambda: self.now)
        for each in self.planned.runs:
            self.display.evalkit_run_started(each.spec, each.samples, ())

    @property
    def first(self) -> PlannedRun:
        return self.planned.runs[0]

    @property
    def line(self) -> str:
        ((_, parts, _),) = self.display.lines()
        ((_, told),) = rows([("", parts)])
        return told

    def load(self) -> None:
        self.display.evalkit_loading(self.planned.name)

    def step(self, after: float, tokens: int, in_flight: int) -> None:
        self.now += after
        self.display.evalkit_stepped(tokens, in_flight)

    def answer(self, number: int, tokens: int, *, score: bool = True) -> None:
        """A sample has its answer, and its score if wanted: right if even."""
        name = f"q{number}"
        request = Generate(
            prompt="", sample_id=name, sampling=Sampling(max_tokens=LIMIT)
        )
        completion = Completion(
            request_id="", prompt_tokens=100, completion_tokens=tokens
        )
        self.display.evalkit_completed(self.first.spec, request, completion)
        if score:
            self.score(number, tokens)

    def score(self, number: int, tokens: int) -> None:
        right = number % 2 == 0
        outcome = Outcome.RIGHT if right else Outcome.WRONG
        turn = Turn(
            prompt="",
            text="",
            finish="stop",
            prompt_tokens=100,
            completion_tokens=tokens,
        )
        score = Score(value=float(right), outcome=outcome)
        result = SampleResult(
            index=number,
            id=f"q{number}",
            question="",
            target="",
            max_points=1,
            metadata={},
            attempts=(Attempt(turns=(turn,), score=score),),
        )
        self.display.evalkit_scored(self.first.spec, result)


def test_the_line_tells_how_far_it_is(tmp_path: Path) -> None:
    seen = Watched(tmp_path)
    assert seen.line == "0/10 done, 0 right, 0 of at most 10k tokens, 0:00 elapsed"
    seen.load()
    seen.now += 3
    assert seen.line.endswith("0:03 elapsed, loading scripted:counting:right")
    seen.step(2, 0, 10)
    seen.step(10, 500, 10)
    told = "0/10 done, 0 right, 500 of at most 10k tokens, 50 tokens/s, 10 in flight"
    assert seen.line == f"{told}, 0:15 elapsed, <3:10 left"  # 9500 tokens, 50 a second
    for number in range(4):
        seen.answer(number, 50)
    seen.step(0, 500, 6)
    told = "4/10 done, 2 right, 500 of at most 6.2k tokens, 50 tokens/s, 6 in flight"
    assert seen.line == f"{told}, 0:15 elapsed, 0:15 left"  # 4 answers in 10 seconds
    seen.now += 10  # while the engine works on: half as fast by now
    assert seen.line.endswith("25 tokens/s, 6 in flight, 0:25 elapsed, 0:30 left")
    for number in range(4, 10):
        seen.answer(number, 100, score=False)
    seen.step(5, 800, 0)
    assert seen.line.endswith("800 tokens, 32 tokens/s, 0:30 elapsed, scoring")
    for number in range(4, 10):
        seen.score(number, 100)
    assert seen.line == "10/10 done, 5 right, 800 tokens, 32 tokens/s, 0:30 elapsed"


def test_what_an_earlier_session_did_is_not_counted_as_speed(tmp_path: Path) -> None:
    first = Watched(tmp_path)
    folder = (
        tmp_path / "counting" / f"chat--counting-right--{first.first.spec.digest[:8]}"
    )
    folder.mkdir(parents=True)
    (folder / "completions.jsonl").write_text("{}\n" * 6)
    seen = Watched(tmp_path)
    for number in range(6):
        seen.score(number, 50)
    assert seen.line == "6/10 done, 3 right, 0 of at most 4k tokens, 0:00 elapsed"
    seen.load()
    seen.step(0, 0, 4)
    seen.answer(6, 50)
    seen.step(10, 50, 3)
    assert seen.line.endswith("3 in flight, 0:10 elapsed, 0:30 left")


def test_short_answers_do_not_foretell_long_ones(tmp_path: Path) -> None:
    pace = Pace(lambda: 10.0, begun=0.0, tokens=1000, in_flight=10)
    short = Tally("short", requests=100, answered=100, answers=100, allowed=100)
    short.written = 1000  # a tenth of what they may have
    long = Tally("long", requests=10, allowed=1000)
    assert Rest([short, long], pace).seconds == pytest.approx(10.0)
    assert Rest([short, Tally("alike", requests=10, allowed=100)], pace).seconds == 1.0


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.01, 100), st.integers(0, 5000), st.integers(0, 3), st.booleans()
        ),
        min_size=1,
        max_size=20,
    ),
    allowed=st.integers(1, 5000),
)
def test_left_is_never_more_than_what_is_allowed_at_this_speed(
    steps: list[tuple[float, int, int, bool]], allowed: int
) -> None:
    """Recomputed from what happened, for any run of 20 questions."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    tally = Tally("x", requests=20, allowed=allowed)
    pace.step(0, 20)
    generated = finished = 0
    for seconds, tokens, ended, stands in steps:
        now[0] += seconds
        generated += 0 if stands else tokens
        ended = min(ended, tally.unanswered)
        tally.answered += ended
        tally.answers += ended
        length = min(allowed, (generated - finished) // max(1, ended))
        finished += length * ended
        tally.written = finished
        pace.step(generated, tally.unanswered)
        still = tally.unanswered * allowed - (generated - finished)
        left = Rest([tally], pace).seconds
        if generated and left is not None and still > 0:
            assert left <= still / (generated / now[0]) * 1.000001
            assert left <= (Rest([tally], pace).at_most or 0) * 1.000001


def test_after_twenty_seconds_of_silence_it_is_told_who_is_waited_for(
    tmp_path: Path,
) -> None:
    seen = Watched(tmp_path)
    seen.load()
    seen.now += 25
    assert seen.line.endswith("0:25 elapsed, loading scripted:counting:right for 0:25")
    seen.step(0, 0, 10)
    seen.step(19, 0, 10)
    assert "waiting" not in seen.line
    seen.step(2, 0, 10)  # steps that bring nothing are no news
    told = "10 in flight, 0:46 elapsed, waiting 0:21 for scripted:counting:right"
    assert seen.line.endswith(told)
    seen.step(0, 5, 10)
    assert "waiting" not in seen.line
    for number in range(10):
        seen.answer(number, 1, score=number < 9)
    seen.step(0, 10, 0)
    seen.now += 21
    assert seen.line.endswith("1:07 elapsed, waiting 0:21 for scores of counting")


def test_the_cost_so_far_counts_every_answer_once(tmp_path: Path) -> None:
    prices = {"price_in": 1.0, "price_out": 10.0}
    seen = Watched(tmp_path, prices)
    assert ", $0.00 so far, " in seen.line
    for number in range(2):
        seen.score(number, 90)  # of an earlier session: 100 and 900 millionths
    assert ", $0.002 so far, " in seen.line
    for number in range(2, 5):
        seen.answer(number, 90, score=False)
    assert ", $0.005 so far, " in seen.line
    for number in range(2, 5):
        seen.score(number, 90)
    assert ", $0.005 so far, " in seen.line


def test_several_runs_have_a_line_each_and_one_for_all(tmp_path: Path) -> None:
    seen = Watched(tmp_path, {"protocols": "chat,plain"})
    seen.answer(0, 5)
    seen.display.close()
    assert seen.log.getvalue().splitlines() == [
        "counting, chat: 1/10 done, 1 right",
        "counting, plain: 0/10 done, 0 right",
        "in all: 0:00 elapsed",
    ]


def test_a_judge_that_comes_later_is_told_of(tmp_path: Path) -> None:
    judged = {"judge": "scripted:counting:odd_only", "tasks": "demo_exam"}
    seen = Watched(tmp_path, judged)
    judge = seen.planned.judge
    assert judge is not None
    spec = spec_of(judge, seen.first.spec)
    seen.display.evalkit_run_started(spec, 20, ())
    seen.load()
    seen.step(0, 0, 20)
    seen.step(10, 100, 20)
    names = [name for name, *_ in seen.display.lines()]
    assert names == ["demo_exam, chat", "demo_exam, judge", "in all:"]
    (*_, left) = seen.display.lines()[-1][1]
    assert left[0].endswith(" left, then scripted:counting:odd_only")
    seen.display.evalkit_loading(judge.name)
    seen.step(0, 100, 20)
    seen.step(10, 4196, 20)
    tokens = seen.display.lines()[-1][1][0]
    assert tokens[0] == "4.1k of at most 81.9k tokens"  # the judge's: 20 times 4096


@dataclass(frozen=True, kw_only=True)
class Slots(Backend):
    """Works on so many requests at once as its model is called."""

    name: ClassVar[str] = "slots"

    def load(self, model: Model) -> Engine:
        return SlotsEngine(self.model)


class SlotsEngine(Engine):
    capacity = 50

    def __init__(self, slots: str) -> None:
        self.slots = slots
        self.waiting: list[Request] = []

    @property
    def at_work(self) -> int:
        slots: Any = int(self.slots) if self.slots.isdigit() else self.slots
        return slots if isinstance(slots, str) else min(slots, len(self.waiting))

    def submit(self, requests: Sequence[Request]) -> None:
        self.waiting += requests

    def step(self) -> Sequence[Completion]:
        now, self.waiting = self.waiting[:4], self.waiting[4:]
        return [each.completion("1") for each in now if isinstance(each, Generate)]


def in_flight(tmp_path: Path, slots: str) -> list[int]:
    seen: list[int] = []

    class Watch:
        @hookimpl
        def evalkit_backends(self) -> Sequence[type[Backend]]:
            return (Slots,)

        @hookimpl
        def evalkit_stepped(self, in_flight: int) -> None:
            seen.append(in_flight)

    wanted = Experiment(tasks="counting", model=f"slots:{slots}", output=tmp_path)
    run(wanted, Plugins(counting, Watch(), third_party=False))
    return seen


def test_in_flight_is_what_the_engine_says_it_works_on(tmp_path: Path) -> None:
    assert in_flight(tmp_path, "4") == [4, 4, 2, 0]


def test_an_engine_that_cannot_count_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"backend 'slots'.*at_work"):
        in_flight(tmp_path, "many")


def test_many_runs_are_summed_up() -> None:
    log = io.StringIO()
    display = LogDisplay(log)
    for number in range(20):
        display.tallies[str(number)] = Tally(f"t{number}", samples=5, done=5, right=2)
    display.tallies["3"].done = 1
    display.close()
    lines = log.getvalue().splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "t3: 1/5 done",
        "all 20 runs: 96/100 done",
    ]


PARTS = [
    *counts(
        Tally("x", samples=14042, done=13999, right=9876, failed=123, undecided=45)
    ),
    ("12.1M of at most 25.3M tokens", "12.1M/25.3M tokens", "12.1M/25.3M tok"),
    ("1234 tokens/s", ""),
    ("256 in flight",),
    ("$1,234.56 so far", "$1,234.56"),
    ("12:34:56 elapsed", "12:34:56"),
    ("23:45:01 left",),
]


@pytest.mark.parametrize("name", ["x", "agieval_sat_en_without_passage", "数学" * 20])
def test_rows_are_never_wider_than_the_terminal(name: str) -> None:
    for width in range(20, 260):
        shown = rows([(name, PARTS), ("in all:", PARTS[2:])], width)
        column = max(cell_len(each) for each, _ in shown)
        assert all(column + 1 + cell_len(told) <= width for _, told in shown)
    assert shown[0][0] == name
    assert shown[0][1].endswith("12:34:56 elapsed, 23:45:01 left")


def test_at_80_columns_the_main_job_tells_all() -> None:
    parts = [
        *counts(Tally("x", samples=33, done=19, right=10)),
        ("12.1k of at most 25.3k tokens", "12.1k/25.3k tokens", "12.1k/25.3k tok"),
        ("127 tokens/s", ""),
        ("14 in flight",),
        ("0:55 elapsed", "0:55"),
        ("1:06 left",),
    ]
    told = "19/33, 10 right, 12.1k/25.3k tok, 14 in flight, 0:55, 1:06 left"
    assert rows([("hungarian_exam", parts)], 79) == [("hungarian_exam", told)]
    dear = [*parts[:-2], ("$0.0213 so far", "$0.0213"), *parts[-2:]]
    ((_, told),) = rows([("hungarian_exam", dear)], 79)
    assert told.endswith("14 in flight, $0.0213, 0:55, 1:06 left")


def test_a_sum_counts_everything() -> None:
    runs = [Tally("a", samples=3, done=2, right=1), Tally("b", samples=4, failed=1)]
    total = summed(runs)
    assert (total.samples, total.done, total.right, total.failed) == (7, 2, 1, 1)


def test_a_log_gets_a_line_at_the_end_with_counts(evalkit: Evalkit) -> None:
    done = evalkit("run", "--tasks=counting", "--model=scripted:counting:odd_only")
    assert "counting: 10/10 done, 5 right, 0:0" in done.stderr


def test_what_failed_or_is_undecided_is_counted_apart(
    evalkit: Evalkit, site: Path, tmp_path: Path
) -> None:
    install(site, "marking", "marking")
    answers = [{"id": f"q{i}", "text": f"{i + 1}"} for i in range(8)]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    words = ("run", "--tasks=marking", "--model=scripted:answers.jsonl")
    done = evalkit(*words, MARKING_VERSION="2")
    assert done.returncode == 1
    assert "10/10 done, 7 right, 2 failed, 1 undecided, 0:0" in done.stderr
    assert "2 attempts failed, 1 answers could not be judged" in done.stdout


def on_a_terminal(environment: dict[str, str], folder: Path, *words: str) -> list[str]:
    """The lines that a terminal of 80 columns is given, redrawn ones each time."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    variables = {k: v for k, v in environment.items() if k != "COLUMNS"}
    with subprocess.Popen(
        command(*words),
        env=variables | {"TERM": "xterm"},
        cwd=folder,
        stderr=follower,
        stdout=subprocess.DEVNULL,
    ) as process:
        os.close(follower)
        shown = read_all(leader)
    assert process.returncode == 0
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown))


def read_all(descriptor: int) -> str:
    chunks: list[bytes] = []
    try:
        while chunk := os.read(descriptor, 4096):
            chunks.append(chunk)
    except OSError:  # Linux's way to say that the other end of a terminal closed
        pass
    os.close(descriptor)
    return b"".join(chunks).decode()


def test_a_terminal_gets_lines_that_move_and_fit(
    environment: dict[str, str], tmp_path: Path
) -> None:
    words = ("run", "--tasks=counting", "--model=scripted:counting:right", "--set=n=60")
    more = ("--protocol=chat,plain", "--price-in=1", "--price-out=1", "--max-tokens=9")
    lines = on_a_terminal(
        environment, tmp_path, *words, *more, "--backend-set=delay=20"
    )
    assert all(len(line) <= 80 for line in lines)
    assert len({line for line in lines if "counting, chat" in line}) > 2
    assert any(re.search(r"in flight.* 0:\d\d left", line) for line in lines)
    assert any("60/60 done, 60 right" in line for line in lines[-4:])
    assert any(line.startswith("in all:") and "$" in line for line in lines)

    again = on_a_terminal(environment, tmp_path, *words, *more)
    assert any("60/60 done, 60 right" in line for line in again)
    assert not any("loading" in line for line in again)


def test_time_goes_on_while_an_engine_works(
    environment: dict[str, str], tmp_path: Path
) -> None:
    words = ("run", "--tasks=counting", "--model=scripted:counting:right", "--set=n=1")
    lines = on_a_terminal(environment, tmp_path, *words, "--backend-set=delay=3400")
    busy = [line for line in lines if "0/1" in line and "1 in flight" in line]
    elapsed = {match[0] for line in busy if (match := re.search(r"0:0\d", line))}
    assert {"0:01", "0:02"} <= elapsed
