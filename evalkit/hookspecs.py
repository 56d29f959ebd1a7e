"""Every place where a plugin can join in. This file is the plugin reference.

A plugin is a module or object with functions marked ``@evalkit.hookimpl``; it may
leave out arguments that it does not need. What ships with evalkit uses these hooks
and no others. One command goes through them in this order:

    evalkit_commands, evalkit_tasks, evalkit_suites, evalkit_protocols,
    evalkit_backends, evalkit_metrics   when plugins are loaded or first asked for
    evalkit_open_task                   for each folder that --tasks names
    evalkit_run_started                 once per run (a task x protocol x model)
      evalkit_answer                    for each request, before the engine sees it
      evalkit_loading                   before a model is loaded, if it is needed
      evalkit_completed                 for each completion that the engine gives
      evalkit_stepped                   whenever the engine was given something to do,
                                        and after each step of its
      evalkit_scored                    for each sample, when all attempts are scored
    evalkit_run_finished                once per run that came to its end
    evalkit_card_sections               for each card

No hook can change a score from outside. Tasks and backends are classes, since users set
their options; protocols, metrics and suites are instances. What a hook gives is checked
as a whole: of what is something else, one line says who gave it and what is meant.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from evalkit.backend import Backend
    from evalkit.metrics import Metric
    from evalkit.protocol import Protocol
    from evalkit.record import RunRecord, RunSpec
    from evalkit.report.card import CardSection
    from evalkit.results import Results
    from evalkit.suite import Suite
    from evalkit.task import Task
    from evalkit.types import Completion, Request, SampleResult

hookspec = pluggy.HookspecMarker("evalkit")
hookimpl = pluggy.HookimplMarker("evalkit")


# Registration. These take no arguments, so that each plugin can be asked by itself
# and one that raises can be named.


@hookspec
def evalkit_tasks() -> "Iterable[type[Task]]":
    """Give the tasks that ``--tasks`` can name: a tuple of classes, ``(MyTask,)``."""
    return ()


@hookspec(firstresult=True)
def evalkit_open_task(folder: Path) -> "type[Task] | None":
    """Give the class of the task that lies in a folder, such as ``--tasks ./my_exam/``.

    Or None to pass; the first plugin to give one wins. The class has an option `path`,
    which evalkit sets to the folder, and defaults for the others it may have; ``path``
    is declared with ``field(metadata={"identity": False})``, so that a run is told by
    what the folder asks (`Task.own_files`) and not by where it lies. Name and version
    are those of the instance: set them in ``__post_init__`` with `evalkit.as_its_own`,
    and raise `evalkit.DataError` there if the folder does not hold what it should.

    evalkit's own exams, folders with exam.json and questions.jsonl, are opened by this
    hook.
    """


@hookspec
def evalkit_suites() -> "Iterable[Suite]":
    """Give suites that ``--tasks`` can name: tasks that are run together, averaged.

    A tuple of instances, ``(Suite(...),)``.
    """
    return ()


@hookspec
def evalkit_protocols() -> "Iterable[Protocol]":
    """Give protocols that ``--protocol`` can name with any task: a tuple of instances,
    ``(MyProtocol(),)``."""
    return ()


@hookspec
def evalkit_backends() -> "Iterable[type[Backend]]":
    """Give the backends that ``--model backend:model`` can name: a tuple of classes,
    ``(MyBackend,)``."""
    return ()


@hookspec(firstresult=True)
def evalkit_replicate(
    backend: "Backend", replicas: int, address: str
) -> "Backend | None":
    """Give a backend that works several copies of another's engine as one.

    Or None to pass; the first plugin to give one wins. `address` is that of a cluster,
    or empty for this machine. What is given has the other's name, options and model;
    it finds and checks in `prepare`, and starts copies in `load`.
    """


@hookspec
def evalkit_metrics() -> "Iterable[Metric]":
    """Give metrics that ``--metric`` can add to those a task declares: a tuple of
    instances, ``(MyMetric(),)``."""
    return ()


@hookspec
def evalkit_commands(cli: "click.Group") -> None:
    """Add subcommands to ``evalkit``."""


# Lifecycle.


@hookspec
def evalkit_run_started(
    spec: "RunSpec", samples: int, warnings: tuple[str, ...]
) -> None:
    """A run is about to ask its first request.

    `samples` is how many it has; `warnings` say what was found damaged and mended
    in the folder of an earlier session.
    """


@hookspec(firstresult=True)
def evalkit_answer(spec: "RunSpec", request: "Request") -> "Completion | None":
    """Answer a request without the engine, or return None to pass.

    The completion's `request_id` is the request's `id`: see `Generate.completion`,
    `Rank.ranking` and `failure`, which set it. The first plugin to answer wins.
    Resuming an interrupted run is this hook.
    """


@hookspec
def evalkit_completed(
    spec: "RunSpec", request: "Request", completion: "Completion"
) -> None:
    """The engine answered a request; failures come here too."""


@hookspec
def evalkit_loading(name: str) -> None:
    """A model is about to be loaded, for something that nobody else could answer.

    `name` is ``backend:model``. A judge that is another model is loaded after the
    model under test.
    """


@hookspec
def evalkit_stepped(generated_tokens: int, in_flight: int) -> None:
    """The engine was given requests, or worked for a moment.

    `generated_tokens` covers unfinished answers too, and those of an engine before;
    `in_flight` is how many requests it works on.
    """


@hookspec
def evalkit_scored(spec: "RunSpec", result: "SampleResult") -> None:
    """All attempts at a sample have been scored. Samples come in any order."""


@hookspec
def evalkit_run_finished(record: "RunRecord", warnings: tuple[str, ...]) -> None:
    """A run is complete and its files are written, the card excepted.

    `warnings` say what this session came upon since it began that moves a score or
    what is known of it.
    """


# Reporting.


@hookspec
def evalkit_card_sections(
    record: "RunRecord", results: "Results"
) -> "Iterable[CardSection]":
    """Give sections for the card, shown in the order of their ``rank``.

    `results` can be looped over, each time from disk.
    """
    return ()
