"""What was asked for, and what came of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from evalkit.reasons import Reason
from evalkit.spending import Prices
from evalkit.titles import Titles
from evalkit.types import Estimate, Outcome

Plain: TypeAlias = Mapping[str, Any]
"""Values that JSON can hold."""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """Which rows were asked."""

    id: str
    revision: str
    """The commit that the task pins; rows of a local folder are told by `sha256`."""
    sha256: str
    """Over the dataset's files; of a task with files of its own over all its samples,
    and the worked examples where they are shown."""


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """One run, fully resolved. The same spec asks the same requests."""

    task: str
    task_version: int
    task_options: Plain
    dataset: DatasetFacts | None
    protocol: str
    protocol_options: Plain
    """All fields of the protocol, prompts and sampling included."""
    backend: str
    backend_options: Plain
    model: str
    model_identity: Mapping[str, str]
    attempts: int = 1
    seed: int = 0
    limit: int | None = None
    """Only so many samples. Not part of the digest: a larger limit extends."""
    shuffle: int | None = None
    """The seed by which those of a limit are drawn; None for the first ones."""
    told_attempts: int | None = None
    """The attempts that the digest counts, 1 by now: more attempts extend, as a larger
    limit does. None in the specs of versions that counted all of them."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything but `limit` and what extends a run, in hexadecimal.

        What is newer than the first digests is left out where it says nothing new.
        """
        told = {**msgspec.to_builtins(replace(self, limit=None))}
        told["attempts"] = told.pop("told_attempts") or self.attempts
        if self.shuffle is None:
            del told["shuffle"]
        return hashlib.sha256(encode(told)).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Session:
    """One time that a command worked on a run: an interrupted run has several."""

    started: str
    process: int
    evalkit: str
    facts: Mapping[str, str]
    """Settings of the engine, and what it runs on."""
    environment: Mapping[str, str]
    """Versions and hardware at the time."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a run cost and how it went, in requests and tokens."""

    requests: int = 0
    replayed: int = 0
    """Requests answered from an earlier, interrupted session."""
    failed: int = 0
    shared: int = 0
    """Rankings that another run of the same command had asked for at that moment:
    their tokens are counted in both."""
    cut: int = 0
    """Prompts that lost their beginning for want of room in the model."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    thinking: int = 0
    """Answers that end while the model was still thinking."""
    only_thoughts: int = 0
    """Answers that are whole and empty, with all of the text taken for reasoning."""


@dataclass(frozen=True, kw_only=True)
class Regrade:
    """One time that the stored answers of a run were judged anew."""

    when: str
    grader_before: str
    grader: str
    task_version_before: int
    task_version: int
    evalkit: str
    flipped: int
    """How many attempts got another verdict."""
    estimates_before: tuple[Estimate, ...]


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything that a reader needs to trust, or repeat, a run."""

    spec: RunSpec
    samples: int
    samples_sha256: str
    """Over all samples of the task up to the limit, in order."""
    data_origin: str
    """"hub", "folder", or "package" for a task that brings its own questions; behind
    "folder" the hash of the files where a task has its own."""
    outcomes: Mapping[str, int]
    """How many attempts had which outcome; they add up to samples x attempts."""
    estimates: tuple[Estimate, ...]
    ceilings: tuple[float, ...] = ()
    """Each estimate's value if every attempt that failed or is undecided had been
    right: with the value itself, the bounds that these leave. Empty without any."""
    counts: Counts = Counts()
    prices: Prices | None = None
    """As the user gave them, if so."""
    started: str = ""
    finished: str = ""
    seconds: float = 0.0
    """Of the session that finished the run, model loading included."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Versions and hardware of the session that scored the answers; those of the
    sessions that asked are in `sessions`."""
    plugins: tuple[str, ...] = ()
    """Third parties' plugins that were loaded."""
    sessions: tuple[Session, ...] = ()
    warnings: tuple[str, ...] = ()
    grader: str = ""
    """Version of `evalkit.grading` that the answers were judged with; empty in the
    records of runs that are older than this field."""
    titles: Titles = field(default_factory=Titles)
    """What people call the task and its parts."""
    regrades: tuple[Regrade, ...] = ()
    """The times that the answers were judged anew, the last of which gave the
    estimates here."""
    _folder = Path()

    @property
    def folder(self) -> Path:
        """The run folder that it was written to or read from. It is not written down:
        the folder may be moved."""
        return self._folder

    def lying_in(self, folder: Path) -> "RunRecord":
        """The same record, which tells its folder."""
        same = replace(self)
        object.__setattr__(same, "_folder", folder)
        return same

    reasons: tuple[Reason, ...] = ()
    """Why attempts failed, the commonest reason first; empty in the records of runs
    that are older than this field."""

    @property
    def cost(self) -> float | None:
        """Dollars that all its answers cost, in whichever session they came."""
        if self.prices is None:
            return None
        return self.prices.cost(
            self.counts.prompt_tokens, self.counts.completion_tokens
        )

    @property
    def errors(self) -> int:
        """How many attempts failed for good."""
        return self.outcomes.get(Outcome.ERROR.value, 0)

    @property
    def undecided(self) -> int:
        """How many answers could not be judged within the task's limits."""
        return self.outcomes.get(Outcome.UNDECIDED.value, 0)

    @property
    def scored_by(self) -> int:
        """The version of the task that judged the answers."""
        last = self.regrades[-1:]
        return last[0].task_version if last else self.spec.task_version


def encode(value: object) -> bytes:
    """JSON with sorted keys: equal values give equal bytes."""
    return msgspec.json.encode(value, order="sorted")


def pretty(value: object) -> bytes:
    """The same, for people."""
    return msgspec.json.format(encode(value), indent=2) + b"\n"
