"""Evaluate language models when the score must be believed.

Everything that a plugin needs is importable from here, from `evalkit.exam`, from
`evalkit.grading`, from `evalkit.stats` and from `evalkit.testing`; nothing else is
public. Names are imported when they are first asked for, so that the command line
starts quickly.
"""

from typing import TYPE_CHECKING

from evalkit.lazily import names_of

if TYPE_CHECKING:
    from evalkit.__about__ import __version__
    from evalkit.backend import Backend, BatchEngine, Engine, Model
    from evalkit.choices.frame import Frame, letters, right_choices
    from evalkit.choices.protocols import Framed, Ranking, choice_protocols
    from evalkit.choices.task import ChoiceTask
    from evalkit.data import Data, DatasetRef
    from evalkit.disk import read_file
    from evalkit.errors import (
        BackendError,
        DataError,
        EvalkitError,
        PluginError,
        TaskError,
        UsageError,
        boundary,
    )
    from evalkit.experiment import Experiment
    from evalkit.failures import Failure
    from evalkit.hookspecs import hookimpl
    from evalkit.hub import Repo, cached, download, within
    from evalkit.json_once import told_once
    from evalkit.metrics import Accuracy, Metric, PassAt, SampleMean
    from evalkit.plugins import Plugins
    from evalkit.protocol import Chat, Conversation, FewShot, Protocol, Verbatim, ask
    from evalkit.record import RunRecord, RunSpec
    from evalkit.report.card import CardSection
    from evalkit.results import Results
    from evalkit.rows import Row
    from evalkit.runner import run
    from evalkit.secrets.finding import Secrets
    from evalkit.secrets.known import known_secrets
    from evalkit.secrets.likeness import discreet, is_like_a_secret
    from evalkit.secrets.span import SecretSpan
    from evalkit.stats.intervals import student, wilson
    from evalkit.stopping import Stopped
    from evalkit.suite import Part, Suite
    from evalkit.task import Task, as_its_own, marked, verdict
    from evalkit.thinking.parting import Parted, Thinking, known_thinking
    from evalkit.thinking.tags import Tags, tags_in
    from evalkit.titles import Titles
    from evalkit.types import (
        Answer,
        Attempt,
        Completion,
        Estimate,
        Generate,
        Mark,
        Message,
        Outcome,
        Prompt,
        Rank,
        Ranked,
        Request,
        Sample,
        SampleResult,
        Sampling,
        Score,
        Step,
        Turn,
        digest_of_tokens,
    )

HOMES = {
    "evalkit.__about__": ("__version__",),
    "evalkit.backend": (
        "Backend",
        "BatchEngine",
        "Engine",
        "Model",
    ),
    "evalkit.choices.frame": (
        "Frame",
        "letters",
        "right_choices",
    ),
    "evalkit.choices.protocols": (
        "Framed",
        "Ranking",
        "choice_protocols",
    ),
    "evalkit.choices.task": ("ChoiceTask",),
    "evalkit.data": (
        "Data",
        "DatasetRef",
    ),
    "evalkit.disk": ("read_file",),
    "evalkit.errors": (
        "BackendError",
        "DataError",
        "EvalkitError",
        "PluginError",
        "TaskError",
        "UsageError",
        "boundary",
    ),
    "evalkit.failures": ("Failure",),
    "evalkit.hookspecs": ("hookimpl",),
    "evalkit.hub": (
        "Repo",
        "cached",
        "download",
        "within",
    ),
    "evalkit.metrics": (
        "Accuracy",
        "Metric",
        "PassAt",
        "SampleMean",
    ),
    "evalkit.experiment": ("Experiment",),
    "evalkit.plugins": ("Plugins",),
    "evalkit.protocol": (
        "Chat",
        "Conversation",
        "FewShot",
        "Protocol",
        "Verbatim",
        "ask",
    ),
    "evalkit.record": (
        "RunRecord",
        "RunSpec",
    ),
    "evalkit.report.card": ("CardSection",),
    "evalkit.results": ("Results",),
    "evalkit.rows": ("Row",),
    "evalkit.runner": ("run",),
    "evalkit.secrets.finding": ("Secrets",),
    "evalkit.secrets.known": ("known_secrets",),
    "evalkit.secrets.likeness": (
        "discreet",
        "is_like_a_secret",
    ),
    "evalkit.secrets.span": ("SecretSpan",),
    "evalkit.stats.intervals": (
        "student",
        "wilson",
    ),
    "evalkit.stopping": ("Stopped",),
    "evalkit.suite": (
        "Part",
        "Suite",
    ),
    "evalkit.task": (
        "Task",
        "as_its_own",
        "marked",
        "verdict",
    ),
    "evalkit.thinking.parting": (
        "Parted",
        "Thinking",
        "known_thinking",
    ),
    "evalkit.thinking.tags": (
        "Tags",
        "tags_in",
    ),
    "evalkit.titles": ("Titles",),
    "evalkit.json_once": ("told_once",),
    "evalkit.types": (
        "Answer",
        "Attempt",
        "Completion",
        "Estimate",
        "Generate",
        "Mark",
        "Message",
        "Outcome",
        "Prompt",
        "Rank",
        "Ranked",
        "Request",
        "Sample",
        "SampleResult",
        "Sampling",
        "Score",
        "Step",
        "Turn",
        "digest_of_tokens",
    ),
}

__all__ = [
    "Accuracy",
    "Answer",
    "Attempt",
    "Backend",
    "BackendError",
    "BatchEngine",
    "CardSection",
    "Chat",
    "ChoiceTask",
    "Completion",
    "Conversation",
    "Data",
    "DataError",
    "DatasetRef",
    "Engine",
    "Estimate",
    "EvalkitError",
    "Experiment",
    "Failure",
    "FewShot",
    "Frame",
    "Framed",
    "Generate",
    "Mark",
    "Message",
    "Metric",
    "Model",
    "Outcome",
    "Part",
    "Parted",
    "PassAt",
    "PluginError",
    "Plugins",
    "Prompt",
    "Protocol",
    "Rank",
    "Ranked",
    "Ranking",
    "Repo",
    "Request",
    "Results",
    "Row",
    "RunRecord",
    "RunSpec",
    "Sample",
    "SampleMean",
    "SampleResult",
    "Sampling",
    "Score",
    "SecretSpan",
    "Secrets",
    "Step",
    "Stopped",
    "Suite",
    "Tags",
    "Task",
    "TaskError",
    "Thinking",
    "Titles",
    "Turn",
    "UsageError",
    "Verbatim",
    "__version__",
    "as_its_own",
    "ask",
    "boundary",
    "cached",
    "choice_protocols",
    "digest_of_tokens",
    "discreet",
    "download",
    "hookimpl",
    "is_like_a_secret",
    "known_secrets",
    "known_thinking",
    "letters",
    "marked",
    "read_file",
    "right_choices",
    "run",
    "student",
    "tags_in",
    "told_once",
    "verdict",
    "wilson",
    "within",
]


__getattr__ = names_of(__name__, HOMES)


def __dir__() -> list[str]:
    return __all__
