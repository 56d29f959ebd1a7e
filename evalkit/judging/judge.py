"""The judge that a user named: which model it is, and how it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from evalkit.backend import Backend, Model, backend_label
from evalkit.choosing import named_backend
from evalkit.errors import BackendError, UsageError, boundary
from evalkit.naming import named_model
from evalkit.options import build
from evalkit.plugins import Plugins
from evalkit.seams import MODEL
from evalkit.types import Sampling

if TYPE_CHECKING:  # plan imports this module
    from evalkit.experiment import Experiment
    from evalkit.plan import PlannedRun

SEVERAL = 0.7
"""The temperature at which a judge votes several times, if none is named."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a judge is asked: options of ``--judge-set`` beside those of its backend."""

    max_tokens: int = 4096
    """Most tokens that a reply may have, its thinking included."""
    temperature: float | None = None
    """0 for one vote, 0.7 for several, if not given."""
    system: bool = True
    """Whether the rules are a system turn; some chat templates refuse those."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_tokens <= 10**7:
            raise ValueError(f"option 'max_tokens' cannot be {self.max_tokens}")
        if self.temperature is not None and not 0 <= self.temperature <= 100:
            raise ValueError(f"option 'temperature' cannot be {self.temperature}")

    def sampling(self, votes: int) -> Sampling:
        """How replies are written, given how many votes there are."""
        temperature = self.temperature
        if temperature is None:
            temperature = SEVERAL if votes > 1 else 0.0
        return Sampling(max_tokens=self.max_tokens, temperature=temperature)


@dataclass(frozen=True, kw_only=True)
class Named:
    """A judge as it was named, not looked for yet."""

    backend: Backend
    manner: Manner
    votes: int
    is_tested: bool
    """Whether it is the very model under test, with the same options."""


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A judge that was found, and what there is for it to mark."""

    named: Named
    model: Model
    answers: Mapping[str, int]
    """How many answers of each run it may have to mark, by the runs' digests; those
    without any are left out."""

    def requests(self, digest: str) -> int:
        """How many requests there are for a run, if each brings a verdict."""
        return self.answers.get(digest, 0) * self.named.votes

    @property
    def name(self) -> str:
        """The model as records and people call it."""
        return f"{self.named.backend.name}:{self.model.name}"


def name_judge(wanted: "Experiment", tested: Backend, plugins: Plugins) -> Named | None:
    """The judge that the user named, if any; a UsageError for words that are wrong."""
    if not wanted.judge:
        return None
    name, model = named_model(wanted.judge, "--judge", plugins)
    manner = build(Manner, ours(wanted.judge_options), "--judge-set")
    options = theirs(wanted.judge_options)
    if not options and (name, model) == (tested.name, tested.model):
        backend = tested
    else:
        backend = named_backend(name, model, options, plugins, what="--judge, ")
    same = backend == tested
    if wanted.max_cost is not None and not same:
        raise UsageError(
            "--max-cost bounds what the model under test costs, and the judge "
            f"{wanted.judge!r} has prices of its own: run without --judge first, then "
            "the same command with --judge and without --max-cost"
        )
    votes = wanted.judge_votes
    if votes > 1 and not manner.sampling(votes).temperature:
        raise UsageError(
            f"--judge-votes {votes} at temperature 0 would give the same vote again "
            "and again"
        )
    return Named(backend=backend, manner=manner, votes=votes, is_tested=same)


def is_ours(name: str) -> bool:
    """Whether an option is about how a judge is asked, not about its backend."""
    return any(each.name == name for each in fields(Manner))


def ours(options: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if is_ours(name)}


def theirs(options: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if not is_ours(name)}


def find_judge(
    named: Named | None, tested: Model, runs: "tuple[PlannedRun, ...]"
) -> Judge | None:
    """The judge with its work; a UsageError if nothing can be marked, or not by it."""
    if named is None:
        return None
    answers = {run.spec.digest: markable(run) for run in runs}
    if not any(answers.values()):
        tasks = ", ".join(dict.fromkeys(repr(run.spec.task) for run in runs))
        raise UsageError(
            f"--judge marks by rubrics, and {tasks} has none; hungarian_exam, say, has"
        )
    if named.is_tested:
        model = tested
    else:
        backend = named.backend
        where = f"--judge, {backend_label(backend)}, finding {backend.model!r}"
        with boundary(BackendError, where):
            model = MODEL(backend.prepare())
    if not model.chats:
        raise UsageError(
            f"--judge: model {model.name!r} has no chat template, which a judge needs"
        )
    return Judge(
        named=named,
        model=model,
        answers={digest: count for digest, count in answers.items() if count},
    )


def markable(run: "PlannedRun") -> int:
    """How many answers of a run are to be marked by a rubric."""
    samples = run.selection.of(run.task)
    return run.spec.attempts * sum(bool(each.rubric) for each in samples)
