"""Whole runs, from a spec to a card, on scripted answers."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import click
import counting
import pytest
from click.testing import CliRunner

from evalkit import (
    Answer,
    Backend,
    BackendError,
    CardSection,
    Completion,
    Conversation,
    Engine,
    Estimate,
    Experiment,
    Generate,
    Metric,
    Model,
    PluginError,
    Plugins,
    Protocol,
    Request,
    Results,
    RunRecord,
    RunSpec,
    Sample,
    SampleResult,
    Score,
    Task,
    TaskError,
    UsageError,
    hookimpl,
    run,
    verdict,
)
from evalkit.commands import command_line
from evalkit.folder import RunFolder
from evalkit.grading import GRADER
from evalkit.report.terminal import summary


def plugins(*extra: object) -> Plugins:
    return Plugins(counting, *extra, third_party=False)


def experiment(tmp_path: Path, **fields: object) -> Experiment:
    given = {"tasks": ("counting",), "model": "scripted:counting:right", **fields}
    return Experiment(output=tmp_path, **given)  # type: ignore[arg-type]


def results(tmp_path: Path, record: RunRecord) -> list[SampleResult]:
    return list(Results(RunFolder.of(tmp_path, record.spec).results))


def test_right_answers_are_right(tmp_path: Path) -> None:
    (record,) = run(experiment(tmp_path), plugins())
    accuracy = record.estimates[0]
    assert (accuracy.metric, accuracy.value, accuracy.n) == ("accuracy", 1.0, 10)
    assert accuracy.low < 1.0 == accuracy.high
    assert record.outcomes["right"] == 10
    assert sum(record.outcomes.values()) == 10


def test_half_right(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, model="scripted:counting:odd_only")
    (record,) = run(wanted, plugins())
    assert record.estimates[0].value == 0.5
    assert [record.outcomes[name] for name in ("right", "wrong")] == [5, 5]


def test_results_are_in_the_order_of_the_samples(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, model="backwards:x", task_options={"n": "100"})
    (record,) = run(wanted, plugins(BackwardsPlugin()))
    found = results(tmp_path, record)
    assert [each.id for each in found] == [f"q{i}" for i in range(100)]
    assert record.outcomes["right"] == 100


def test_files_say_what_was_done(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, sampling={"max_tokens": 7}, seed=3, limit=4)
    (record,) = run(wanted, plugins())
    folder = RunFolder.of(tmp_path, record.spec)
    assert folder.path.parent.name == "counting"
    spec = json.loads((folder.path / "spec.json").read_bytes())
    assert spec["protocol_options"]["sampling"]["max_tokens"] == 7
    assert spec["task_options"] == {"n": 10}
    assert (spec["seed"], spec["limit"]) == (3, 4)
    assert folder.read_record() == record
    assert record.environment["python"]
    assert "accuracy" in folder.card.read_text()


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"limit": 11}, True),
        ({"backend_options": {"delay": "0.1"}}, True),
        ({"seed": 1}, False),
        ({"sampling": {"max_tokens": 9}}, False),
        ({"protocols": ("plain",)}, False),
        ({"protocols": ("verbatim",)}, False),
        ({"task_options": {"n": "11"}}, False),
        ({"model": "scripted:counting:odd_only"}, False),
    ],
    ids=str,
)
def test_what_moves_a_score_moves_the_folder(
    tmp_path: Path, change: dict[str, object], same: bool
) -> None:
    (first,) = run(experiment(tmp_path), plugins())
    (second,) = run(experiment(tmp_path, **change), plugins())
    assert (first.spec.digest == second.spec.digest) is same


def test_a_smaller_limit_does_not_replace_a_finished_run(tmp_path: Path) -> None:
    run(experiment(tmp_path), plugins())
    with pytest.raises(UsageError, match="a finished run of 10 samples"):
        run(experiment(tmp_path, limit=5), plugins())


def test_a_run_that_asks_nothing_keeps_the_record_of_the_one_that_did(
    tmp_path: Path,
) -> None:
    (first,) = run(experiment(tmp_path), plugins())
    (second,) = run(experiment(tmp_path), plugins())
    assert second == first
    assert RunFolder.of(tmp_path, first.spec).read_record() == first


def test_one_bad_metric_does_not_keep_other_runs_from_their_records(
    tmp_path: Path,
) -> None:
    class Plugin:
        @hookimpl
        def evalkit_tasks(self) -> Iterable[type[Task]]:
            return (WithBadMetric, Second)

    wanted = experiment(tmp_path, tasks=("bad_metric", "counting", "second"))
    with pytest.raises(TaskError, match=r"task 'bad_metric' of .*, metric 'bad'"):
        run(wanted, plugins(Plugin()))
    assert len(list(tmp_path.glob("*/*/record.json"))) == 2


@pytest.mark.parametrize(
    ("protocol", "outcome", "said"),
    [
        (
            "raises",
            {"error": 10},
            "protocol 'raises' of plugin OddProtocols (given by the caller), "
            "sample 'q0': KeyError: 'x'",
        ),
        ("surrogate", {"right": 10}, ""),
    ],
)
def test_what_a_protocol_does_to_one_attempt(
    tmp_path: Path, protocol: str, outcome: dict[str, int], said: str
) -> None:
    wanted = experiment(tmp_path, protocols=(protocol,))
    (record,) = run(wanted, plugins(OddProtocols()))
    assert {k: v for k, v in record.outcomes.items() if v} == outcome
    assert results(tmp_path, record)[0].attempts[0].score.explanation == said


def test_a_protocol_that_returns_no_answer_is_refused(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, protocols=("forgetful",))
    with pytest.raises(TaskError, match="an Answer is meant, not None"):
        run(wanted, plugins(OddProtocols()))


def test_an_engine_without_capacity_is_refused(tmp_path: Path) -> None:
    class Closed(Backwards):
        capacity = 0

    @dataclass(frozen=True, kw_only=True)
    class ClosedBackend(Backend):
        name = "closed"

        def load(self, model: Model) -> Engine:
            return Closed()

    class Plugin:
        @hookimpl
        def evalkit_backends(self) -> Iterable[type[Backend]]:
            return (ClosedBackend,)

    with pytest.raises(BackendError, match="wants 0 requests at once"):
        run(experiment(tmp_path, model="closed:x"), plugins(Plugin()))


@pytest.mark.parametrize(
    "hook", ["evalkit_run_started", "evalkit_scored", "evalkit_card_sections"]
)
def test_a_plugin_that_raises_on_the_way_is_named(tmp_path: Path, hook: str) -> None:
    class Plugin:
        name = "sulky"

    def sulk(spec: RunSpec) -> None:
        raise RuntimeError("no")

    def sulk_at(record: RunRecord) -> None:
        raise RuntimeError("no")

    function = sulk_at if hook == "evalkit_card_sections" else sulk
    setattr(Plugin, hook, staticmethod(hookimpl(function)))
    with pytest.raises(PluginError, match=rf"Plugin .*, {hook}: RuntimeError: no"):
        run(experiment(tmp_path), plugins(Plugin()))


def test_attempts_get_seeds_of_their_own(tmp_path: Path) -> None:
    seeds: list[int] = []

    class Spy:
        @hookimpl
        def evalkit_completed(self, request: Request) -> None:
            seeds.append(request.sampling.seed)

    wanted = experiment(tmp_path, attempts=3, sampling={"temperature": 1.0}, limit=2)
    (record,) = run(wanted, plugins(Spy()))
    assert len(set(seeds)) == 6
    assert [len(each.attempts) for each in results(tmp_path, record)] == [3, 3]
    again = run(experiment(tmp_path / "again", **vars_of(wanted)), plugins(Spy()))
    assert seeds[:6] == seeds[6:]
    assert again[0].spec.digest == record.spec.digest


def vars_of(wanted: Experiment) -> dict[str, object]:
    names = ("attempts", "sampling", "limit")
    return {name: getattr(wanted, name) for name in names}


def test_several_tasks_share_one_engine(tmp_path: Path) -> None:
    loads: list[str] = []

    @dataclass(frozen=True, kw_only=True)
    class Loud(Backend):
        name = "loud"

        def load(self, model: Model) -> Engine:
            loads.append(model.name)
            return Backwards()

    class Plugin:
        @hookimpl
        def evalkit_backends(self) -> Iterable[type[Backend]]:
            return (Loud,)

        @hookimpl
        def evalkit_tasks(self) -> Iterable[type[Task]]:
            return (Second,)

    wanted = experiment(tmp_path, tasks=("counting", "second"), model="loud:x")
    first, second = run(wanted, plugins(Plugin()))
    assert loads == ["x"]
    assert first.spec.task == "counting"
    assert second.spec.task == "second"
    assert first.outcomes["right"] == second.outcomes["right"] == 10


def test_failed_requests_are_counted_bounded_and_asked_again(tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    lines = [{"id": f"q{i}", "text": str(i + 1)} for i in range(8)]
    answers.write_text("\n".join(map(json.dumps, lines)))
    wanted = experiment(tmp_path, model=f"scripted:{answers}")
    (record,) = run(wanted, plugins())
    assert record.errors == record.counts.failed == 2
    assert (record.estimates[0].value, record.ceilings[0]) == (0.8, 1.0)
    errors = [each.attempts[0].turns[0].error for each in results(tmp_path, record)]
    assert errors[8:] == ["no answer scripted for 'q8'", "no answer scripted for 'q9'"]
    card = RunFolder.of(tmp_path, record.spec).card.read_text()
    assert "2 attempts failed" in card
    assert "80.0 % to 100.0 %" in card
    (again,) = run(wanted, plugins())
    assert again.counts.failed == 2
    assert again.counts.replayed == 8


def test_undecided_answers_are_counted_and_bounded_but_not_asked_again(
    tmp_path: Path,
) -> None:
    class Plugin:
        @hookimpl
        def evalkit_tasks(self) -> Iterable[type[Task]]:
            return (Hard,)

    (record,) = run(experiment(tmp_path, tasks=("hard",)), plugins(Plugin()))
    assert (record.undecided, record.errors) == (3, 0)
    assert (record.estimates[0].value, record.ceilings[0]) == (0.7, 1.0)
    folder = RunFolder.of(tmp_path, record.spec)
    card = folder.card.read_text()
    assert "**3 answers could not be judged within the limits.**" in card
    assert "70.0 % to 100.0 %" in card
    assert "| undecided | 3 | 30.0 % |" in card
    told = [line for line, _ in summary(record, folder)]
    assert "  outcomes: 7 right, 3 undecided" in told
    assert (
        "  3 answers could not be judged within the limits: accuracy lies between "
        "70.0 % and 100.0 %"
    ) in told


def test_the_graders_version_is_on_record(tmp_path: Path) -> None:
    (record,) = run(experiment(tmp_path), plugins())
    folder = RunFolder.of(tmp_path, record.spec)
    assert record.grader == GRADER
    assert f"- grader: `{GRADER}`" in folder.card.read_text()
    older = replace(record, grader="older")
    folder.write_record(older)
    (again,) = run(experiment(tmp_path), plugins())
    assert again.grader == GRADER


def test_a_conversation_may_have_several_turns(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, protocols=("checked",))
    (record,) = run(wanted, plugins(CheckedPlugin()))
    first = results(tmp_path, record)[0]
    assert [turn.prompt for turn in first.attempts[0].turns] == [
        "0",
        "Check: That is 1",
    ]
    assert first.attempts[0].score.answer == "2"
    assert record.counts.requests == 20


@pytest.mark.parametrize(
    ("engine", "said"),
    [("twice", "not open"), ("strange", "not open"), ("raises", "ValueError: no")],
)
def test_a_careless_engine_is_named(tmp_path: Path, engine: str, said: str) -> None:
    wanted = experiment(tmp_path, model=f"careless:{engine}")
    with pytest.raises(BackendError, match=said):
        run(wanted, plugins(CarelessPlugin()))


@pytest.mark.parametrize("change", ["other", "fewer", "more"])
def test_samples_that_change_between_passes_are_refused(
    tmp_path: Path, change: str
) -> None:
    options = {"change": change}
    wanted = experiment(tmp_path, tasks=("fickle",), task_options=options)
    with pytest.raises(TaskError, match="other samples the second time"):
        run(wanted, plugins(FicklePlugin()))


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"id": "q0"}, "has two samples 'q0'"),
        (
            {"metadata": {"year": 2023}},
            r"'q1': Sample.metadata\[...\]: expected `str`",
        ),
        ({"points": float("nan")}, "sample 'q1'"),
        ({"question": "\ud800"}, "sample 'q1'"),
    ],
    ids=["id", "metadata", "points", "question"],
)
def test_samples_that_cannot_be_kept_are_refused_before_anything_is_asked(
    tmp_path: Path, faults: dict[str, object], said: str
) -> None:
    class Plugin:
        @hookimpl
        def evalkit_tasks(self) -> Iterable[type[Task]]:
            return (Faulty,)

    @dataclass(frozen=True, kw_only=True)
    class Faulty(counting.Counting):
        name = "faulty"

        def samples(self) -> Iterable[Sample]:
            sound = {"id": "q1", "question": "1", "target": "2"}
            yield Sample(id="q0", question="0", target="1")
            yield Sample(**(sound | faults))  # type: ignore[arg-type]

    with pytest.raises(TaskError, match=said):
        run(experiment(tmp_path, tasks=("faulty",)), plugins(Plugin()))
    assert not list(tmp_path.glob("faulty"))


def test_half_a_surrogate_pair_is_replaced_not_fatal(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, model="careless:surrogate", limit=1)
    (record,) = run(wanted, plugins(CarelessPlugin()))
    text = results(tmp_path, record)[0].attempts[0].turns[0].text
    assert text == "1 � 1"


def test_half_a_surrogate_from_a_plugins_answer_is_replaced_too(
    tmp_path: Path,
) -> None:
    class Oracle:
        @hookimpl
        def evalkit_answer(self, request: Request) -> Completion | None:
            return request.completion("\ud83d 1")

    (record,) = run(experiment(tmp_path, limit=1), plugins(Oracle()))
    assert results(tmp_path, record)[0].attempts[0].turns[0].text == "� 1"


def test_hooks_are_called_in_their_order(tmp_path: Path) -> None:
    calls: list[str] = []

    class Spy:
        @hookimpl
        def evalkit_run_started(self, spec: RunSpec, samples: int) -> None:
            calls.append(f"started {spec.task} {samples}")

        @hookimpl(tryfirst=True)
        def evalkit_answer(self, request: Request) -> Completion | None:
            calls.append("answer")
            return request.completion("1") if request.sample_id == "q0" else None

        @hookimpl
        def evalkit_completed(self, request: Request, completion: Completion) -> None:
            calls.append("completed")

        @hookimpl
        def evalkit_loading(self, name: str) -> None:
            calls.append(f"loading {name}")

        @hookimpl
        def evalkit_stepped(self, in_flight: int) -> None:
            calls.append(f"stepped {in_flight}")

        @hookimpl
        def evalkit_scored(self, result: SampleResult) -> None:
            calls.append("scored")

        @hookimpl
        def evalkit_run_finished(self, record: RunRecord) -> None:
            calls.append("finished")

    (record,) = run(experiment(tmp_path, limit=2), plugins(Spy()))
    assert calls[:2] == ["started counting 2", "answer"]
    assert [each for each in calls if each != "scored"] == [
        "started counting 2",
        "answer",
        "answer",
        "loading scripted:counting:right",
        "stepped 1",
        "completed",
        "stepped 0",
        "finished",
    ]
    assert calls.count("scored") == 2
    del calls[:]
    run(experiment(tmp_path, limit=2), plugins(Spy()))
    assert calls.count("answer") == 2
    assert not any("loading" in each for each in calls)
    assert (record.counts.requests, record.counts.replayed) == (2, 1)
    assert record.outcomes["right"] == 2


def test_a_plugin_adds_sections_to_the_card(tmp_path: Path) -> None:
    class Shout:
        @hookimpl
        def evalkit_card_sections(
            self, record: RunRecord, results: Results
        ) -> Iterable[CardSection]:
            ids = " ".join(result.id for result in results)
            yield CardSection("Shout", f"{record.spec.task.upper()}: {ids}", rank=5)

    (record,) = run(experiment(tmp_path, limit=3), plugins(Shout()))
    card = RunFolder.of(tmp_path, record.spec).card.read_text()
    assert "## Shout\n\nCOUNTING: q0 q1 q2" in card
    assert card.index("## Shout") < card.index("## Result")


def test_a_plugin_adds_a_metric_that_a_user_can_name(tmp_path: Path) -> None:
    class Longest(Metric):
        name = "longest"

        def estimate(self, results: Iterable[SampleResult]) -> Estimate:
            longest = max(len(each.attempts[0].turns[0].text) for each in results)
            return Estimate(
                metric="longest", value=longest, low=0, high=longest, n=1, scale=100
            )

    class Plugin:
        @hookimpl
        def evalkit_metrics(self) -> Iterable[Metric]:
            return (Longest(),)

    wanted = experiment(tmp_path, metrics=("longest",))
    (record,) = run(wanted, plugins(Plugin()))
    assert record.estimates[-1].value == len("That is 10")


def test_a_plugin_adds_a_command() -> None:
    class Plugin:
        @hookimpl
        def evalkit_commands(self, cli: click.Group) -> None:
            cli.add_command(click.Command("hello", callback=lambda: click.echo("hi")))

    cli = command_line(plugins(Plugin()))
    assert CliRunner().invoke(cli, ["hello"]).output == "hi\n"


@dataclass(frozen=True, kw_only=True)
class Second(counting.Counting):
    name = "second"


@dataclass(frozen=True, kw_only=True)
class Hard(counting.Counting):
    """Answers of more than 7 are too much for its judge."""

    name = "hard"

    def score(self, sample: Sample, answer: Answer) -> Score:
        given = super().score(sample, answer)
        if int(sample.target) <= 7:
            return given
        return verdict(sample, answer, read=given.answer, value=0, undecided=True)


class Unsound(Metric):
    """A metric that fails."""

    @property
    def name(self) -> str:
        return "bad"

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        raise ValueError("out of order")


@dataclass(frozen=True, kw_only=True)
class WithBadMetric(counting.Counting):
    name = "bad_metric"
    metrics: ClassVar[tuple[Metric, ...]] = (Unsound(),)


@dataclass(frozen=True, kw_only=True)
class Odd(Protocol):
    """Does what its name says, after one question."""

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        completion = yield Generate(prompt=sample.question)
        if self.name == "raises":
            {}["x"]
        if self.name == "surrogate":
            return Answer(text=f"\ud800 {completion.text}")
        return None  # type: ignore[return-value]


class OddProtocols:
    @hookimpl
    def evalkit_protocols(self) -> Iterable[Protocol]:
        return tuple(Odd(name=name) for name in ("raises", "surrogate", "forgetful"))


@dataclass(frozen=True, kw_only=True)
class Fickle(counting.Counting):
    name = "fickle"
    change: str = "other"
    passes: list[int] = field(default_factory=list, metadata={"option": False})

    def samples(self) -> Iterable[Sample]:
        """The first pass, which checks, is not like the second, which asks."""
        self.passes.append(1)
        changed = len(self.passes) > 1
        count = {"fewer": 2, "more": 4}.get(self.change, 3) if changed else 3
        for i in range(count):
            question = f"{i}" if self.change != "other" else f"{i}{changed}"
            yield Sample(id=f"q{i}", question=question, target="")


class FicklePlugin:
    @hookimpl
    def evalkit_tasks(self) -> Iterable[type[Task]]:
        return (Fickle,)


class Backwards(Engine):
    """Answers the youngest request first, one at a step, some steps idle."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.idle = False

    def submit(self, requests: Sequence[Request]) -> None:
        self.requests += requests

    def step(self) -> Sequence[Completion]:
        self.idle = not self.idle
        if self.idle or not self.requests:
            return ()
        request = self.requests.pop()
        return (request.completion(counting.right(request)),)


@dataclass(frozen=True, kw_only=True)
class BackwardsBackend(Backend):
    name = "backwards"

    def load(self, model: Model) -> Engine:
        return Backwards()


class BackwardsPlugin:
    @hookimpl
    def evalkit_backends(self) -> Iterable[type[Backend]]:
        return (BackwardsBackend,)


class Careless(Engine):
    """Breaks the contract in the way its model's name says."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.requests: list[Request] = []

    def submit(self, requests: Sequence[Request]) -> None:
        self.requests += requests

    def step(self) -> Sequence[Completion]:
        requests, self.requests = self.requests, []
        completions = [each.completion("1 \ud83d 1") for each in requests]
        ways = {
            "twice": lambda: completions * 2,
            "strange": lambda: [Completion(request_id="never asked")],
            "surrogate": lambda: completions,
        }
        if self.how not in ways:
            raise ValueError("no")
        return ways[self.how]()


@dataclass(frozen=True, kw_only=True)
class CarelessBackend(Backend):
    name = "careless"

    def load(self, model: Model) -> Engine:
        return Careless(self.model)


class CarelessPlugin:
    @hookimpl
    def evalkit_backends(self) -> Iterable[type[Backend]]:
        return (CarelessBackend,)


@dataclass(frozen=True, kw_only=True)
class Checked(Protocol):
    """Asks a second time, showing the first answer."""

    name: str = "checked"

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        draft = yield Generate(prompt=sample.question)
        final = yield Generate(prompt=f"Check: {draft.text}")
        return Answer(text=final.text)


class CheckedPlugin:
    @hookimpl
    def evalkit_protocols(self) -> Iterable[Protocol]:
        return (Checked(),)


def thinking(request: Request) -> Completion:
    """Right after some thought; question 3 is thought about until the tokens end."""
    if request.sample_id == "q3":
        return Completion(request_id=request.id, reasoning="Hm.", finish="length")
    return Completion(
        request_id=request.id, reasoning="It is one more.", text=counting.right(request)
    )


def test_reasoning_is_kept_and_is_no_answer(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, model="scripted:tests.test_run:thinking")
    (record,) = run(wanted, plugins())
    assert [record.outcomes[name] for name in ("right", "truncated")] == [9, 1]
    folder = RunFolder.of(tmp_path, record.spec)
    again = run(wanted, plugins())  # what was thought comes back from the journal
    assert again == [record]
    group = command_line(plugins())
    words = ["show", str(folder.path), "--sample=q2"]
    shown = CliRunner().invoke(group, words, obj=plugins()).output
    assert "----- reasoning\nIt is one more.\n----- answer" in shown


class Learning(Engine):
    """Says more of itself once it has worked."""

    def __init__(self) -> None:
        self.waiting: list[Request] = []
        self.known = "nothing yet"

    def submit(self, requests: Sequence[Request]) -> None:
        self.waiting += requests

    def step(self) -> Sequence[Completion]:
        asked, self.waiting = self.waiting, []
        self.known = "that it answers"
        return [each.completion("1") for each in asked if isinstance(each, Generate)]

    def facts(self) -> dict[str, str]:
        return {"known": self.known}


@dataclass(frozen=True, kw_only=True)
class Learner(Backend):
    name = "learner"

    def load(self, model: Model) -> Engine:
        return Learning()


class LearnerPlugin:
    @hookimpl
    def evalkit_backends(self) -> Iterable[type[Backend]]:
        return (Learner,)


def test_what_an_engine_finds_out_at_work_is_in_the_record(tmp_path: Path) -> None:
    wanted = experiment(tmp_path, model="learner:x")
    (record,) = run(wanted, plugins(LearnerPlugin()))
    assert record.sessions[-1].facts == {"known": "that it answers"}
