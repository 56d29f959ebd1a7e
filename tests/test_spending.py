"""What a command will cost, is told beforehand; what it may cost, is kept to."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import counting
import pytest

from evalkit import (
    Answer,
    Completion,
    Conversation,
    Experiment,
    Generate,
    Plugins,
    Protocol,
    Rank,
    Request,
    Sample,
    Sampling,
    TaskError,
    UsageError,
    hookimpl,
    run,
)
from evalkit.estimate import outlook, seconds_of
from evalkit.plan import plan
from evalkit.record import RunRecord
from evalkit.spending import Budget, Prices, dollars
from evalkit.stopping import Stopped
from tests.conftest import Evalkit

PRICES = Prices(read=3.0, written=15.0)


def asking(id: str, most: int = 1000) -> Request:
    sampling = Sampling(max_tokens=most)
    return Generate(id=id, prompt="x" * 300, sampling=sampling)


def answer(id: str, written: int) -> Completion:
    return Completion(request_id=id, prompt_tokens=100, completion_tokens=written)


def test_prices_are_per_million() -> None:
    assert PRICES.cost(1_000_000, 0) == 3.0
    assert PRICES.cost(0, 2_000_000) == 30.0


def test_requests_pass_while_the_dearest_case_is_allowed() -> None:
    # One request may come to 100 x 3 + 1000 x 15 millionths: 1.53 cents.
    budget = Budget(PRICES, 0.04)
    assert budget.admits(asking("a"))
    assert budget.admits(asking("b"))
    assert not budget.admits(asking("c"))


def test_the_room_that_a_short_answer_leaves_is_used() -> None:
    budget = Budget(PRICES, 0.0185)
    assert budget.admits(asking("a"))
    assert not budget.admits(asking("b"))
    budget.settle(answer("a", written=10))
    assert budget.spent == pytest.approx(0.00045)
    assert budget.reserved == 0
    assert budget.admits(asking("b"))


def test_a_ranking_reads_its_prompt_once_per_choice() -> None:
    budget = Budget(Prices(read=1.0, written=1.0), 1.0)
    budget.admits(Rank(id="r", prompt="x" * 300, choices=("y" * 30, "z" * 30)))
    assert budget.reserved == pytest.approx(220e-6)


def billed(request: Request) -> Completion:
    """An answer of 50 tokens to a prompt of 100."""
    return Completion(
        request_id=request.id,
        text=counting.right(request),
        prompt_tokens=100,
        completion_tokens=50,
    )


def experiment(tmp_path: Path, **fields: object) -> Experiment:
    given: dict[str, object] = {
        "tasks": ("counting",),
        "model": "scripted:tests.test_spending:billed",
        "task_options": {"n": "40"},
        "price_in": 3.0,
        "price_out": 15.0,
        "output": tmp_path,
        **fields,
    }
    return Experiment(**given)  # type: ignore[arg-type]


def plugins() -> Plugins:
    return Plugins(counting, third_party=False)


def stopped(output: Path, **fields: object) -> tuple[str, int]:
    """What is told of a run that a bound ended, and how many answers it has."""
    with pytest.raises(Stopped, match=r"^stopped by --max-cost ") as caught:
        run(experiment(output, **fields), plugins())
    assert caught.value.status == 3
    (journal,) = output.glob("counting/*/completions.jsonl")
    answered = len(journal.read_bytes().splitlines())
    assert f"{answered} of 40 answers are saved" in str(caught.value)
    return str(caught.value), answered


def test_a_run_never_costs_more_than_allowed_in_all_its_sessions(
    tmp_path: Path,
) -> None:
    # An answer costs 0.00105 dollars, and may cost 0.0154 as far as is known.
    first, few = stopped(tmp_path, max_cost=0.02)
    assert 0 < few * 0.00105 <= 0.02
    assert "of them before" not in first
    again, same = stopped(tmp_path, max_cost=0.02)
    assert same == few
    before = dollars(few * 0.00105 + 1e-9)
    assert f"{before} are spent, {before} of them before this session" in again
    _, more = stopped(tmp_path, max_cost=0.04)
    assert few * 0.00105 < more * 0.00105 <= 0.04
    (record,) = run(experiment(tmp_path, max_cost=0.1), plugins())
    assert record.cost == pytest.approx(40 * 0.00105)


def test_what_was_paid_counts_in_another_sessions_prices(tmp_path: Path) -> None:
    run(experiment(tmp_path, limit=30), plugins())
    said, answered = stopped(tmp_path, max_cost=0.03, price_out=20.0)
    assert answered == 30
    assert f"{dollars(30 * 0.0013)} are spent" in said


def silent(request: Request) -> Completion:
    """An answer of 150 bytes by an engine that counts no tokens."""
    return Completion(
        request_id=request.id, prompt="x" * 300, text=f"{counting.right(request):150}"
    )


def test_tokens_that_nobody_counted_are_not_free(tmp_path: Path) -> None:
    # At three bytes for a token they cost as much as those above.
    model = "scripted:tests.test_spending:silent"
    _, few = stopped(tmp_path, max_cost=0.02, model=model)
    assert 0 < few < 19
    again, same = stopped(tmp_path, max_cost=0.02, model=model)
    assert same == few
    assert f"{dollars(few * 0.00105 + 1e-9)} of them before this session" in again


@pytest.mark.parametrize(
    ("given", "lacking"), [("price_in", "price_out"), ("price_out", "price_in")]
)
def test_one_price_alone_is_refused(given: str, lacking: str, tmp_path: Path) -> None:
    wanted = experiment(tmp_path, **{lacking: None})
    flag, other = (f"--{each.replace('_', '-')}" for each in (given, lacking))
    with pytest.raises(UsageError, match=f"^{flag} needs {other} too"):
        run(wanted, plugins())
    assert not list(tmp_path.iterdir())


def test_nothing_is_asked_that_cannot_be_paid_for(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match=r"\$0.00 are spent, .*; 0 of 40 answers"):
        run(experiment(tmp_path, max_cost=0.001), plugins())


def test_a_bound_needs_prices(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, max_cost=1.0, price_in=None, price_out=None)
    with pytest.raises(UsageError, match="--max-cost 1 needs the prices: --price-in"):
        run(wanted, plugins())


def test_the_cost_is_in_the_record_the_card_and_on_the_screen(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    (tmp_path / "model.py").write_text(
        "from evalkit import Completion\n"
        "def answer(request):\n"
        "    return Completion(request_id=request.id, text='1',\n"
        "                      prompt_tokens=1_000_000, completion_tokens=200_000)\n"
    )
    done = evalkit(
        "run",
        "--tasks=counting",
        "--model=scripted:model:answer",
        "--price-in=0.5",
        "--price-out=2",
    )
    words = "$9.00 at $0.5 per million tokens read and $2 per million written"
    assert f"cost: {words}" in done.stdout
    (folder,) = tmp_path.glob("runs/counting/*")
    assert words in (folder / "card.md").read_text()
    prices = json.loads((folder / "record.json").read_text())["prices"]
    assert prices == {"read": 0.5, "written": 2.0}


DRY = ("run", "--tasks=counting", "--set=n=200", "--model=scripted:counting:right")


def test_a_dry_run_asks_nothing(evalkit: Evalkit, tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = ("--dry-run", "--price-in=3", "--price-out=15", "--attempts=2")
    done = evalkit(*DRY, *words, "--temperature=1", COUNTING_LOG=str(log))
    assert done.returncode == 0, done.stderr
    assert not log.exists()
    assert not list(tmp_path.glob("runs/counting"))
    # 200 samples twice, at most 1024 tokens each: 409,600 at 15 dollars a million.
    assert "400 requests" in done.stdout
    assert "at most 410k to write" in done.stdout
    assert "at most $6.1" in done.stdout


def test_what_is_left_is_told_when_a_run_goes_on(
    evalkit: Evalkit, tmp_path: Path
) -> None:
    evalkit(*DRY, "--limit=150")
    done = evalkit(*DRY)
    first = done.stderr.splitlines()[0]
    assert first.startswith("200 requests (150 answered already); about ")
    assert first.endswith("; at most 51.2k to write")  # 50 answers of 1024 tokens


def test_earlier_runs_tell_how_long_answers_are(tmp_path: Path) -> None:
    (first,) = run(experiment(tmp_path, task_options={"n": "10"}), plugins())
    planned = plan(experiment(tmp_path), plugins())
    ahead = outlook(planned)
    total = ahead.total
    assert total.written == 40 * 50
    assert total.written_at_most == 40 * 1024
    expected = seconds_of(ahead)
    speed = pace(first)
    assert expected is not None
    assert expected[0] == pytest.approx(40 * 50 / speed)


def pace(record: RunRecord) -> float:
    return record.counts.completion_tokens / record.seconds


@dataclass(frozen=True, kw_only=True)
class Choosy(Protocol):
    """Cannot ask the fourth question."""

    name: ClassVar[str] = "choosy"

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        if sample.id == "q3":
            raise KeyError("no words for this")
        completion = yield Generate(prompt=sample.question)
        return Answer(text=completion.text)


class ChoosyPlugin:
    @hookimpl
    def evalkit_protocols(self) -> Iterable[Protocol]:
        return (Choosy(),)


def test_a_protocol_that_fails_is_named_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    wanted = experiment(tmp_path, protocols=("choosy",))
    plugins = Plugins(counting, ChoosyPlugin(), third_party=False)
    with pytest.raises(TaskError, match=r"'choosy' of .*, sample 'q3': KeyError"):
        outlook(plan(wanted, plugins))
