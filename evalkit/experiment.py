"""What a user asks for, before any of it has been looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, get_type_hints

from evalkit.errors import UsageError
from evalkit.given import given
from evalkit.registry import unknown
from evalkit.secrets.refusing import refuse_secrets
from evalkit.spending import Prices
from evalkit.types import Sampling

SETTINGS = ("max_tokens", "temperature", "top_p")
"""Of a protocol's sampling those that a user may change."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What a user asks for: some tasks, put to one model.

    One name does for several, a text for a path, and numbers for texts of options;
    what cannot be meant is a UsageError that names the field.
    """

    tasks: tuple[str, ...]
    """Names of tasks and suites."""
    model: str = ""
    """``backend:model``; empty for the built-in model."""
    protocols: tuple[str, ...] = ()
    """Each task is asked by each of them; none for a task's first that suits the
    model, or for what a suite says."""
    every_protocol: bool = False
    """Ask each task in all ways of its own that suit the model."""
    shots: int | None = None
    """How many worked examples to show, where a protocol shows any."""
    task_options: Mapping[str, str] = field(default_factory=dict[str, str])
    """``name`` for all tasks, ``task.name`` for one of them."""
    backend_options: Mapping[str, str] = field(default_factory=dict[str, str])
    sampling: Mapping[str, int | float] = field(default_factory=dict[str, int | float])
    """Fields of Sampling that differ from the protocol's."""
    metrics: tuple[str, ...] = ()
    """Metrics besides those that the tasks declare."""
    attempts: int = 1
    seed: int = 0
    limit: int | None = None
    """Ask so many samples of each task."""
    shuffle: int | None = None
    """Draw these by lot, by this seed, and do not take the first."""
    price_in: float | None = None
    """US dollars per million tokens read."""
    price_out: float | None = None
    """US dollars per million tokens written."""
    max_cost: float | None = None
    """Most dollars that the runs may cost, in all their sessions."""
    replicas: int = 1
    """Copies of the model at work at once."""
    cluster: str = ""
    """Address of the cluster that they run on; empty for one of this machine."""
    judge: str = ""
    """``backend:model`` of a model that marks answers by their rubrics, if any."""
    judge_votes: int = 1
    """How often the judge marks each answer."""
    judge_options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of its backend, and how it is asked: fields of `evalkit.judging.judge.Manner`."""
    data: Path | None = None
    """Where datasets are read from; EVALKIT_DATA, or else the Hub, if not given."""
    output: Path = Path("runs")

    if not TYPE_CHECKING:  # checkers of types go by the fields

        def __new__(cls, *words: object, **named: object) -> Self:
            """Refuse what is no field as kindly as other mistakes."""
            if words:
                raise UsageError(f"Experiment: name what {words[0]!r} is: tasks=...")
            names = tuple(cls.__dataclass_fields__)
            for name in named:
                if name not in names:
                    problem = unknown("field", name, names)
                    raise UsageError(f"Experiment: {problem}")
            return super().__new__(cls)

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(Experiment).items():
            value = given(getattr(self, name), kind, f"Experiment: {name}")
            object.__setattr__(self, name, value)
        for name, value in self.sampling.items():
            if name not in SETTINGS:
                problem = unknown("setting", name, SETTINGS)
                raise UsageError(f"Experiment: sampling: {problem}")
            kind = get_type_hints(Sampling)[name]
            given(value, kind, f"Experiment: sampling[{name!r}]")

    @property
    def prices(self) -> Prices | None:
        """What tokens cost, if anything was said of it."""
        if self.price_in is None and self.price_out is None:
            return None
        return Prices(read=self.price_in or 0.0, written=self.price_out or 0.0)


def check_experiment(wanted: Experiment) -> None:
    """Refuse what is wrong whatever the names in it stand for."""
    refuse_secrets(wanted)
    check_numbers(wanted)


def check_numbers(wanted: Experiment) -> None:
    """Refuse counts and sampling settings that mean nothing."""
    limits: tuple[tuple[str, float | None, float, float], ...] = (
        ("--attempts", wanted.attempts, 1, 10_000),
        ("--limit", wanted.limit, 1, 10**9),
        ("--shuffle", wanted.shuffle, 0, 10**18),
        ("--seed", wanted.seed, -(10**18), 10**18),
        ("--price-in", wanted.price_in, 0, 10**6),
        ("--price-out", wanted.price_out, 0, 10**6),
        ("--max-cost", wanted.max_cost, 0, 10**9),
        ("--replicas", wanted.replicas, 1, 10_000),
        ("--shots", wanted.shots, 0, 10**6),
        ("--judge-votes", wanted.judge_votes, 1, 99),
        ("--max-tokens", wanted.sampling.get("max_tokens"), 1, 10**7),
        ("--temperature", wanted.sampling.get("temperature"), 0, 100),
        ("--top-p", wanted.sampling.get("top_p"), 1e-6, 1),
    )
    for flag, value, low, high in limits:
        if value is not None and not low <= value <= high:
            raise UsageError(
                f"{flag} must lie between {low:g} and {high:g}, not {value}"
            )
    if not wanted.judge and (wanted.judge_options or wanted.judge_votes > 1):
        raise UsageError("--judge-votes and --judge-set need --judge BACKEND:MODEL")
    if (wanted.price_in is None) != (wanted.price_out is None):
        given, lacking = ("in", "out") if wanted.price_out is None else ("out", "in")
        raise UsageError(
            f"--price-{given} needs --price-{lacking} too, in dollars per million "
            "tokens: 0 where they cost nothing"
        )
    if wanted.max_cost is not None and wanted.prices is None:
        raise UsageError(
            f"--max-cost {wanted.max_cost:g} needs the prices: --price-in and "
            "--price-out, in dollars per million tokens"
        )
