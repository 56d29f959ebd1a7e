"""What a suite came to: its parts, and their average if all of them are there."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evalkit.choosing import Wish
from evalkit.disk import DAMAGES, make_own, read_file, replace_own
from evalkit.errors import UsageError
from evalkit.folder import slug
from evalkit.plan import Plan
from evalkit.record import RunRecord, pretty
from evalkit.stats.averages import PULL, joined, stratified_mean, units_of
from evalkit.stats.means import EFFECTIVE
from evalkit.suite import Part, Suite
from evalkit.types import Estimate


@dataclass(frozen=True, kw_only=True)
class PartRecord:
    """A part of a suite: a task's estimate or another suite's average."""

    name: str
    protocol: str = ""
    shots: int | None = None
    estimate: Estimate | None = None
    digest: str = ""
    """Of the run's spec; empty for a suite, or where there was no run."""
    lacking: str = ""
    """Why there is no estimate; empty if there is one."""
    parts: "tuple[PartRecord, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class SuiteRecord:
    """A suite as it was run on one model, in one way if there are several."""

    suite: str
    model: str
    protocol: str
    """Which of several ways of asking; empty if each part was asked in one."""
    average_kind: str
    average: Estimate | None
    parts: tuple[PartRecord, ...]
    limit: int | None = None
    shuffle: int | None = None

    @property
    def lacking(self) -> tuple[str, ...]:
        """Why there is no average; empty if there is one."""
        return tuple(reasons(self.parts))

    @property
    def digest(self) -> str:
        """What tells this suite's run from another's, in hexadecimal."""
        runs = [each.digest or each.name for each in leaves(self.parts)]
        return hashlib.sha256("\0".join((self.suite, *runs)).encode()).hexdigest()

    def folder(self, root: Path) -> Path:
        """Where its files belong."""
        label = slug(self.protocol or "suite")
        return (
            root / slug(self.suite) / f"{label}--{slug(self.model)}--{self.digest[:8]}"
        )

    def write(self, root: Path, card: str) -> None:
        """Put its record and its card in their place."""
        folder = self.folder(root)
        make_own(folder, own=2)
        replace_own(folder / "suite.json", pretty(self), own=2)
        replace_own(folder / "card.md", card.encode(), own=2)


def read_suite(path: Path) -> SuiteRecord:
    """A suite's record from its file; UsageError if it is damaged."""
    try:
        return msgspec.json.decode(read_file(path), type=SuiteRecord)
    except OSError as exc:
        raise UsageError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
    except DAMAGES as exc:
        raise UsageError(f"{str(path)!r} is damaged: {exc}") from exc


def leaves(parts: Sequence[PartRecord]) -> Iterator[PartRecord]:
    """All tasks of a suite, those of suites within it included."""
    for part in parts:
        if part.parts:
            yield from leaves(part.parts)
        else:
            yield part


def reasons(parts: Sequence[PartRecord]) -> Iterator[str]:
    """What is lacking, task by task."""
    for part in leaves(parts):
        if part.lacking:
            yield f"{part.name}: {part.lacking}"


def sum_up(planned: Plan, records: Sequence[RunRecord]) -> list[SuiteRecord]:
    """The suites that the user named, each once per way of asking."""
    return [
        suite_record(suite, protocol, planned, records)
        for suite in planned.suites
        for protocol in ways(suite, planned, records)
    ]


def ways(suite: Suite, planned: Plan, records: Sequence[RunRecord]) -> tuple[str, ...]:
    """The protocols to average under, "" where each part was asked in just one way."""
    found = [candidates(part, planned, records) for part in suite.leaves()]
    if all(len(each) <= 1 for each in found):
        return ("",)
    return tuple(
        dict.fromkeys(
            record.spec.protocol for each in found if len(each) > 1 for record in each
        )
    )


def candidates(
    part: Part, planned: Plan, records: Sequence[RunRecord]
) -> list[RunRecord]:
    """The runs of a part that were asked as the suite says, and for its sake: what else
    the command ran of the same task does not count."""
    wish = Wish(task=part.task, protocol=part.protocol, shots=part.shots)
    digests = planned.wishes.get(wish, ())
    return [
        record
        for record in records
        if record.spec.digest in digests
        and part.protocol in ("", record.spec.protocol)
        and part.shots in (None, record.spec.protocol_options.get("shots", 0))
    ]


def suite_record(
    suite: Suite, protocol: str, planned: Plan, records: Sequence[RunRecord]
) -> SuiteRecord:
    """One suite's parts and average."""
    parts = tuple(part_records(suite, protocol, planned, records))
    return SuiteRecord(
        suite=suite.name,
        model=f"{planned.backend.name}:{planned.model.name}",
        protocol=protocol,
        average_kind=suite.average_kind,
        average=average(parts, weighted=suite.weighted),
        parts=parts,
        limit=planned.runs[0].spec.limit,
        shuffle=planned.runs[0].spec.shuffle,
    )


def part_records(
    suite: Suite,
    protocol: str,
    planned: Plan,
    records: Sequence[RunRecord],
) -> Iterator[PartRecord]:
    """What each part of a suite came to."""
    for part in suite.parts:
        if isinstance(part, Suite):
            inner = tuple(part_records(part, protocol, planned, records))
            estimate = average(inner, weighted=part.weighted)
            yield PartRecord(name=part.name, estimate=estimate, parts=inner)
        else:
            yield part_record(part, protocol, planned, records)


def part_record(
    part: Part,
    protocol: str,
    planned: Plan,
    records: Sequence[RunRecord],
) -> PartRecord:
    """What a task came to; without an estimate if it was not run as the suite says."""
    found = candidates(part, planned, records)
    if len(found) > 1:
        found = [each for each in found if each.spec.protocol == protocol]
    if not found:
        why = planned.absent.get(part.task, f"not asked{how(part, protocol)}")
        return PartRecord(
            name=part.task, protocol=part.protocol, shots=part.shots, lacking=why
        )
    record = found[0]
    estimates = {each.metric: each for each in record.estimates}
    lacking = f"it has no metric {part.metric!r}" * (part.metric not in estimates)
    if record.errors:
        lacking = f"{record.errors} attempts failed"
    return PartRecord(
        name=part.task,
        protocol=record.spec.protocol,
        shots=record.spec.protocol_options.get("shots"),
        estimate=None if lacking else estimates[part.metric],
        digest=record.spec.digest,
        lacking=lacking,
    )


def how(part: Part, protocol: str) -> str:
    """How a part should have been asked, in words."""
    name = part.protocol or protocol
    shots = "" if part.shots is None else f" with {part.shots} worked examples"
    return (f" by protocol {name!r}" if name else "") + shots


def average(parts: Sequence[PartRecord], *, weighted: bool) -> Estimate | None:
    """The parts' average, None unless all of them are there.

    Where all samples count the same, they are as those of one task; where all parts do,
    each part's share is known by its own samples (`evalkit.stats.stratified_mean`).
    """
    found = [each.estimate for each in parts if each.estimate is not None]
    if not found or len(found) < len(parts):
        return None
    weights = [float(each.n) for each in found] if weighted else None
    if all(0 <= each.value <= each.scale for each in found):
        mean = stratified_mean(
            [each.value / each.scale for each in found],
            list(map(units, found)),
            weights,
            pull=math.inf if weighted else PULL,
        )
        value, (low, high) = mean["mean"], mean["interval"]
        method = f"{EFFECTIVE}, {'samples of ' * weighted}{len(found)} parts"
    else:
        whole = joined(
            [each.value / each.scale for each in found], list(map(ends, found)), weights
        )
        value, (low, high) = whole["value"], whole["interval"]
        method = f"limits of {len(found)} parts joined"
    return Estimate(
        metric="average",
        value=value,
        low=low,
        high=high,
        n=sum(each.n for each in found),
        method=method,
    )


def ends(estimate: Estimate) -> tuple[float, float]:
    """The ends of an estimate's interval, as shares of its scale."""
    return estimate.low / estimate.scale, estimate.high / estimate.scale


def units(estimate: Estimate) -> float:
    """How many questions' worth of right and wrong a part's estimate is, by its
    interval; its samples, where that has no width."""
    share = estimate.value / estimate.scale
    found = units_of(share, ends(estimate), estimate.level)
    return found if math.isfinite(found) else float(max(1, estimate.n))
