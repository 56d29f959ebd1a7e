"""What a command will take, before its first request: requests, tokens, money, time.

Requests are counted, prompts measured on some samples, answers bounded by the most
tokens that they may have. Where the output folder has finished runs of the same model,
its answers' mean length and its speed there tell what is to be expected.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from evalkit.disk import opened
from evalkit.errors import TaskError, UsageError, boundary
from evalkit.folder import RunFolder, slug
from evalkit.judging.marking import spec_of
from evalkit.plan import Plan, PlannedRun
from evalkit.protocol import first_request
from evalkit.record import RunRecord, RunSpec
from evalkit.spending import BYTES_PER_TOKEN, Prices, most_written, size
from evalkit.types import Request, Sample

LOOKED_AT = 64
"""Samples whose prompts are measured."""
TOKENS_PER_SECOND = 50
"""Of one request at a server, where nothing is known of its speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is left to do of one run, or of several."""

    requests: int
    """First requests of conversations; some ask more."""
    answered: int = 0
    """Those of them that an earlier session got an answer to."""
    read: float
    """Tokens of all prompts that are still to be read."""
    written_at_most: float
    """Tokens of all answers that are still to be written."""
    written: float | None = None
    """Those to be expected, if anything is known of this model."""

    def cost_at_most(self, prices: Prices) -> float:
        """Dollars, if every answer is as long as it may be."""
        return prices.cost(self.read, self.written_at_most)

    def cost(self, prices: Prices) -> float | None:
        """Dollars to be expected, if anything is known of this model."""
        return None if self.written is None else prices.cost(self.read, self.written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What finished runs of the same model tell."""

    requests: int
    tokens: int
    seconds: float

    @property
    def tokens_per_answer(self) -> float | None:
        return self.tokens / self.requests if self.requests else None

    @property
    def tokens_per_second(self) -> float | None:
        return self.tokens / self.seconds if self.seconds else None


@dataclass(frozen=True)
class Outlook:
    """What a command will take, run by run, and what is known of its model."""

    planned: Plan
    parts: Mapping[str, Workload]
    """By the digests of the runs."""
    pace: Pace
    marking: Mapping[str, Workload] = field(default_factory=dict[str, Workload])
    """What the judge has left to do, if no reply has to be asked for again, by the
    digests of its own specs."""

    @property
    def judging(self) -> int:
        """Requests to the judge."""
        return sum(each.requests for each in self.marking.values())

    @property
    def judged(self) -> int:
        """Those that an earlier session got an answer to."""
        return sum(each.answered for each in self.marking.values())

    def part(self, spec: RunSpec) -> Workload | None:
        """What there is to do of a run, or for a judge of one."""
        return self.parts.get(spec.digest) or self.marking.get(spec.digest)

    @property
    def total(self) -> Workload:
        """All runs at once."""
        return together(self.parts.values())


def outlook(planned: Plan) -> Outlook:
    """What is left of each run, and how fast such runs were."""
    pace = pace_of(planned)
    parts = {
        run.spec.digest: workload(run, planned.output, pace.tokens_per_answer)
        for run in planned.runs
    }
    return Outlook(planned, parts, pace, dict(marking(planned)))


def marking(planned: Plan) -> Iterator[tuple[str, Workload]]:
    """What the judge has left to do for each run, with the digest of its spec."""
    judge = planned.judge
    if judge is None:
        return
    for run in planned.runs:
        spec = spec_of(judge, run.spec)
        requests = judge.requests(run.spec.digest)
        folder = RunFolder.of(planned.output, run.spec).judging(spec)
        answered = min(requests, lines(folder.completions))
        most = judge.named.manner.max_tokens
        yield (
            spec.digest,
            Workload(
                requests=requests,
                answered=answered,
                read=0,
                written_at_most=most * (requests - answered),
            ),
        )


def workload(run: PlannedRun, output: Path, length: float | None) -> Workload:
    """What is left of one run; `length` is the tokens that an answer usually has."""
    looked_at = islice(run.selection.of(run.task), LOOKED_AT)
    asked = list(first_requests(run, looked_at))
    requests = run.samples * run.spec.attempts
    answered = min(requests, lines(RunFolder.of(output, run.spec).completions))
    left = requests - answered
    most = left * mean([most_written(each) for each in asked])
    return Workload(
        requests=requests,
        answered=answered,
        read=left * mean([size(each) for each in asked]) / BYTES_PER_TOKEN,
        written_at_most=most,
        written=None if length is None else min(most, left * length),
    )


def together(parts: Iterable[Workload]) -> Workload:
    """All of them at once."""
    every = list(parts)
    known = [each.written for each in every if each.written is not None]
    return Workload(
        requests=sum(each.requests for each in every),
        answered=sum(each.answered for each in every),
        read=sum(each.read for each in every),
        written_at_most=sum(each.written_at_most for each in every),
        written=sum(known) if len(known) == len(every) else None,
    )


def pace_of(planned: Plan) -> Pace:
    """How long the answers of this model were in finished runs, and how fast."""
    records = list(finished(planned))
    return Pace(
        requests=sum(each.counts.requests for each in records),
        tokens=sum(each.counts.completion_tokens for each in records),
        seconds=sum(each.seconds for each in records if not each.counts.replayed),
    )


def finished(planned: Plan) -> Iterator[RunRecord]:
    """The records of this model's other runs in the output folder that wrote text."""
    pattern = f"*/*--{slug(planned.model.name)}--*/record.json"
    for path in planned.output.glob(pattern):
        try:
            record = RunFolder(path.parent).read_record()
        except UsageError:  # damaged, or of a format to come: it tells nothing
            continue
        same = (record.spec.backend, record.spec.model_identity) == (
            planned.backend.name,
            planned.model.identity,
        )
        if same and record.counts.completion_tokens:
            yield record


def seconds_of(ahead: Outlook) -> tuple[float, str] | None:
    """How long it will take and what that rests on; None if nothing is known."""
    total, pace = ahead.total, ahead.pace
    if total.written is not None and pace.tokens_per_second:
        speed = f"{pace.tokens_per_second:.0f} tokens/s in earlier runs"
        return total.written / pace.tokens_per_second, speed
    at_once = ahead.planned.loads.at_once()
    if at_once is None:
        return None
    speed = f"{TOKENS_PER_SECOND} tokens/s for each of {at_once} requests at once"
    return total.written_at_most / (TOKENS_PER_SECOND * at_once), speed


def first_requests(run: PlannedRun, samples: Iterable[Sample]) -> Iterator[Request]:
    """What each sample's conversation asks first."""
    for sample in samples:
        with boundary(TaskError, f"{run.asker}, sample {sample.id!r}"):
            request = first_request(run.protocol, sample, run.exemplars)
        yield request


def mean(numbers: Sequence[float]) -> float:
    """The arithmetic mean."""
    return sum(numbers) / len(numbers)


def lines(path: Path) -> int:
    """How many whole lines a file has; none if there is no file."""
    try:
        with opened(path) as file:
            return sum(
                part.count(b"\n") for part in iter(partial(file.read, 1 << 20), b"")
            )
    except FileNotFoundError:
        return 0
    except OSError as exc:
        raise UsageError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
