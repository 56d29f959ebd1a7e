"""A sound plugin that brings one of everything; `malformed` breaks it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import click

from evalkit import (
    Accuracy,
    Answer,
    Backend,
    CardSection,
    Chat,
    Completion,
    Conversation,
    Engine,
    Estimate,
    Generate,
    Message,
    Metric,
    Model,
    Part,
    Protocol,
    Request,
    Results,
    RunRecord,
    RunSpec,
    Sample,
    SampleResult,
    Sampling,
    Score,
    Suite,
    Task,
    hookimpl,
    verdict,
)


@dataclass(frozen=True, kw_only=True)
class SoundProtocol(Protocol):
    """Asks, and asks once more."""

    name: str = "sound_protocol"
    sampling: Sampling = Sampling(max_tokens=8)

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        prompt = (Message("user", sample.question),)
        first = yield Generate(prompt=prompt, sampling=self.sampling)
        second = yield Generate(prompt=f"{sample.question} Sure? {first.text}")
        return Answer(text=second.text, finish=second.finish)


class SoundMetric(Metric):
    """How many samples there are, as a share of 100."""

    @property
    def name(self) -> str:
        return "sound_metric"

    def estimate(self, results: Iterable[SampleResult]) -> Estimate:
        n = sum(1 for _ in results)
        return Estimate(metric=self.name, value=n, low=0, high=n, n=n, scale=100)


@dataclass(frozen=True, kw_only=True)
class SoundTask(Task):
    """What comes after a number."""

    name = "sound_task"
    version = 1
    protocols: ClassVar[tuple[Protocol, ...]] = (SoundProtocol(), Chat())
    metrics: ClassVar[tuple[Metric, ...]] = (Accuracy(), SoundMetric())

    largest: int = 3

    def samples(self) -> Iterable[Sample]:
        for i in range(self.largest):
            yield Sample(id=f"s{i}", question=f"{i}, and then?", target=str(i + 1))

    def exemplars(self) -> Sequence[Sample]:
        return (Sample(id="e0", question="90, and then?", target="91"),)

    def gold(self, sample: Sample) -> Sequence[str]:
        return (sample.target,)

    def score(self, sample: Sample, answer: Answer) -> Score:
        right = float(answer.text == sample.target)
        return verdict(sample, answer, read=answer.text or None, value=right)


@dataclass(frozen=True, kw_only=True)
class FolderTask(SoundTask):
    """The same, in a folder."""

    name = "folder_task"
    path: str = field(default="", metadata={"identity": False})


class SoundEngine(Engine):
    """Says 1."""

    capacity = 8

    def __init__(self) -> None:
        self.waiting: list[Request] = []

    def submit(self, requests: Sequence[Request]) -> None:
        self.waiting += requests

    def step(self) -> Sequence[Completion]:
        done = [Completion(request_id=each.id, text="1") for each in self.waiting]
        self.waiting = []
        return done

    def facts(self) -> Mapping[str, str]:
        return {"kind": "sound"}

    def close(self) -> None:
        self.waiting = []


@dataclass(frozen=True, kw_only=True)
class SoundBackend(Backend):
    """Runs nothing."""

    name = "sound_backend"

    def prepare(self) -> Model:
        return Model(name=self.model, identity={"of": "sound"})

    def load(self, model: Model) -> Engine:
        return SoundEngine()


SUITE = Suite(name="sound_suite", about="One.", parts=(Part(task="sound_task"),))


@click.command("sound")
def sound_command() -> None:
    """Say that all is well."""
    click.echo("all is well")


@hookimpl
def evalkit_tasks() -> Iterable[type[Task]]:
    return (SoundTask,)


@hookimpl
def evalkit_open_task(folder: Path) -> type[Task] | None:
    return FolderTask if folder.name == "sound_folder" else None


@hookimpl
def evalkit_suites() -> Iterable[Suite]:
    return (SUITE,)


@hookimpl
def evalkit_protocols() -> Iterable[Protocol]:
    return (SoundProtocol(name="other_protocol"),)


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (SoundBackend,)


@hookimpl
def evalkit_replicate(backend: Backend, replicas: int) -> Backend | None:
    return backend if isinstance(backend, SoundBackend) else None


@hookimpl
def evalkit_metrics() -> Iterable[Metric]:
    return (SoundMetric(),)


@hookimpl
def evalkit_commands(cli: click.Group) -> None:
    cli.add_command(sound_command)


@hookimpl
def evalkit_run_started(spec: RunSpec) -> None:
    pass


@hookimpl
def evalkit_answer(request: Request) -> Completion | None:
    return None


@hookimpl
def evalkit_completed(completion: Completion) -> None:
    pass


@hookimpl
def evalkit_stepped(generated_tokens: int) -> None:
    pass


@hookimpl
def evalkit_scored(result: SampleResult) -> None:
    pass


@hookimpl
def evalkit_run_finished(record: RunRecord) -> None:
    pass


@hookimpl
def evalkit_card_sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    yield CardSection("Sound", "All is well.", rank=80)
