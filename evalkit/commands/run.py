"""evalkit run"""

import gc
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from evalkit.choosing import builtin_or_given
from evalkit.errors import UsageError
from evalkit.estimate import outlook
from evalkit.experiment import Experiment
from evalkit.families import family_of
from evalkit.judging.telling import Judged, judged
from evalkit.options import parse
from evalkit.plan import Plan, plan
from evalkit.plugins import Plugins
from evalkit.progress import Display, LogDisplay, TerminalDisplay
from evalkit.record import RunRecord
from evalkit.report.suites import suite_card
from evalkit.report.terminal import print_all
from evalkit.report.workload import workload_line, workload_table
from evalkit.runner import execute, renew_cards, writing
from evalkit.stopping import Stop
from evalkit.suite_record import SuiteRecord, sum_up
from evalkit.text import visible

EVERY = "all"
"""What ``--protocol`` calls all of them."""


@click.command("run")
@click.option(
    "--tasks", "-t", default="", metavar="NAME|FOLDER,...", help="See: evalkit tasks."
)
@click.option(
    "--model",
    "-m",
    default="",
    metavar="BACKEND:MODEL",
    help="Such as hf:Qwen/Qwen3-8B; a small built-in model if left out.",
)
@click.option(
    "--protocol",
    "-p",
    default="",
    metavar="NAME[,NAME...]",
    help="How questions are put: one way, several, or 'all' that a task has and the "
    "model can be asked in; the task's first that suits it if left out.",
)
@click.option("--shots", type=int, help="Worked examples to show, where any are.")
@click.option(
    "--set",
    "task_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="A task option; TASK.NAME=VALUE for one of several tasks.",
)
@click.option(
    "--backend-set",
    "backend_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="A backend option, see: evalkit backends.",
)
@click.option(
    "--base-url", metavar="URL", help="Of a server: --backend-set base_url=URL."
)
@click.option(
    "--max-concurrency",
    metavar="N",
    help="Requests at once: --backend-set max_concurrency=N.",
)
@click.option(
    "--replicas",
    type=int,
    default=1,
    show_default=True,
    help="Copies of the model at work at once, each with its GPUs, by Ray.",
)
@click.option(
    "--ray-address", default="", metavar="ADDRESS", help="Of a Ray cluster to run on."
)
@click.option("--price-in", type=float, help="Dollars per million tokens read.")
@click.option("--price-out", type=float, help="Dollars per million tokens written.")
@click.option("--max-cost", type=float, help="Stop before spending more dollars.")
@click.option("--dry-run", is_flag=True, help="Say what it would take, ask nothing.")
@click.option(
    "--judge",
    default="",
    metavar="BACKEND:MODEL",
    help="A model that marks answers by their rubrics, beside the automatic scores.",
)
@click.option(
    "--judge-votes",
    type=int,
    default=1,
    show_default=True,
    help="How often it marks each answer; the median counts.",
)
@click.option(
    "--judge-set",
    "judge_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of its backend, or max_tokens, temperature, system.",
)
@click.option("--metric", "metrics", multiple=True, help="A metric to add.")
@click.option("--attempts", type=int, default=1, show_default=True, help="Per sample.")
@click.option("--limit", type=int, help="Only the first so many samples of each task.")
@click.option("--max-tokens", type=int, help="Most tokens that an answer may have.")
@click.option("--temperature", type=float, help="0 takes the likeliest token.")
@click.option("--top-p", type=float, help="Sample from the likeliest tokens only.")
@click.option("--seed", type=int, default=0, show_default=True, help="For sampling.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="EVALKIT_DATA",
    metavar="DIR",
    help="Read datasets from DIR/owner/name, not from the Hub. [env: EVALKIT_DATA]",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Where run folders are made.",
)
@click.pass_obj
def run_command(
    plugins: Plugins,
    /,
    tasks: str,
    model: str,
    protocol: str,
    shots: int | None,
    task_options: tuple[str, ...],
    backend_options: tuple[str, ...],
    base_url: str | None,
    max_concurrency: str | None,
    replicas: int,
    ray_address: str,
    price_in: float | None,
    price_out: float | None,
    max_cost: float | None,
    dry_run: bool,
    judge: str,
    judge_votes: int,
    judge_options: tuple[str, ...],
    metrics: tuple[str, ...],
    attempts: int,
    limit: int | None,
    max_tokens: int | None,
    temperature: float | None,
    top_p: float | None,
    seed: int,
    data: Path | None,
    output: Path,
) -> int:
    """Put tasks to a model, judge its answers, and write a card.

    Each task gets a run folder with its card, record and results; one for each way of
    asking, if there are several. A suite runs its tasks and averages them.

    The same command again goes on where the last one stopped. Ctrl-C finishes and
    saves what is under way; Ctrl-C again stops at once.

    With --judge a model marks the answers by their rubrics, as well; of a finished run
    only that is asked.

    The exit status is 0, or 1 if some requests failed for good, an answer could not be
    judged or a suite lacks a part, 2 if something asked for is wrong, 3 if the next
    request could have cost more than --max-cost allows, 130 after Ctrl-C.
    """
    given = {"max_tokens": max_tokens, "temperature": temperature, "top_p": top_p}
    wanted = Experiment(
        tasks=listed(tasks),
        model=model,
        protocols=() if protocol == EVERY else listed(protocol),
        every_protocol=protocol == EVERY,
        shots=shots,
        task_options=parse(task_options, "--set"),
        backend_options=with_flags(
            parse(backend_options, "--backend-set"),
            base_url=base_url,
            max_concurrency=max_concurrency,
        ),
        replicas=replicas,
        cluster=ray_address,
        price_in=price_in,
        price_out=price_out,
        max_cost=max_cost,
        judge=judge,
        judge_votes=judge_votes,
        judge_options=parse(judge_options, "--judge-set"),
        sampling={name: value for name, value in given.items() if value is not None},
        metrics=metrics,
        attempts=attempts,
        seed=seed,
        limit=limit,
        data=data,
        output=output,
    )
    errors = Console(stderr=True, highlight=False)
    planned = announced(wanted, plugins, errors)
    ahead = outlook(planned)
    if dry_run:
        out = Console(highlight=False)
        out.print(workload_table(ahead))
        out.print(workload_line(ahead), soft_wrap=True)
        return 0
    left = ahead.total.requests > ahead.total.answered
    if left or ahead.judging > ahead.judged:
        errors.print(workload_line(ahead), soft_wrap=True)
    return run_and_tell(planned, plugins, errors)


def announced(wanted: Experiment, plugins: Plugins, errors: Console) -> Plan:
    """Say which model is meant and what is left out, and make the plan."""
    if not wanted.model:
        builtin = builtin_or_given("", plugins)
        errors.print(
            f"No --model given: using the small built-in model {builtin}.\n"
            "To evaluate another: --model BACKEND:MODEL, such as "
            "--model hf:Qwen/Qwen3-8B (see: evalkit backends)",
            markup=False,
        )
    with errors.status("Checking tasks and data, finding the model"):
        planned = plan(wanted, plugins)
    for line in (*absences(planned), *suggestions(planned, plugins)):
        errors.print(visible(line), markup=False, soft_wrap=True)
    return planned


def collect_less_often() -> None:
    """Have Python look for reference cycles less often than it does by itself.

    It would spend a sixth of a busy run on that and find next to nothing: what a
    finished question leaves behind goes when its last reference does.
    """
    gc.set_threshold(20_000, 20, 100)


def run_and_tell(planned: Plan, plugins: Plugins, errors: Console) -> int:
    """Run, print what came of it; the exit status."""
    collect_less_often()
    stop = Stop()
    with displayed(plugins, errors) as display, stop.on_interrupt(display.say):
        records = execute(planned, plugins, stop=stop)
    summaries = sum_up(planned, records)
    with writing(planned.output):
        for each in summaries:
            each.write(planned.output, suite_card(each))
        renew_cards(planned, records, plugins)
    out = Console(highlight=False)
    print_all(out, records, summaries, planned.output)
    marked = list(judged(planned))
    for by_judge in marked:
        spec = by_judge.planned.spec
        whose = f"{spec.task}, protocol {spec.protocol}: " if len(marked) > 1 else ""
        out.print(visible(f"{whose}{by_judge.line}"), markup=False, soft_wrap=True)
    return exit_status(records, summaries, marked)


def with_flags(options: Mapping[str, str], **flags: str | None) -> Mapping[str, str]:
    """Backend options with those that have a flag of their own."""
    given = {name: value for name, value in flags.items() if value is not None}
    for name in given.keys() & options.keys():
        flag = name.replace("_", "-")
        raise UsageError(f"--{flag} and --backend-set {name}=... say the same twice")
    return {**options, **given}


def listed(names: str) -> tuple[str, ...]:
    """Names parted by commas."""
    return tuple(name.strip() for name in names.split(",") if name.strip())


def absences(planned: Plan) -> list[str]:
    """What is said of tasks that a suite has to do without."""
    return [
        f"evalkit: warning: {name} is left out, and its suite gets no average: {why}"
        for name, why in planned.absent.items()
    ]


def suggestions(planned: Plan, plugins: Plugins) -> list[str]:
    """The family's own way of asking, where the model's name tells one and questions
    with free answers are put otherwise."""
    own = family_of(planned.model.name, (entry.item for entry in plugins.protocols))
    free = [run.protocol for run in planned.runs if not run.protocol.chooses]
    if own is None or not free or any(each.name == own.name for each in free):
        return []
    used = ", ".join(dict.fromkeys(each.name for each in free))
    return [
        f"The name of model {planned.model.name!r} is that of a family with a way of "
        f"asking of its own: --protocol {own.name} ({own.card}). Used now: {used}"
    ]


def exit_status(
    records: list[RunRecord], summaries: list[SuiteRecord], marked: list[Judged]
) -> int:
    """1 if any request failed for good, an answer has no marks, or a suite lacks a
    part."""
    failed = any(record.errors for record in records)
    failed = failed or any(each.unmarked for each in marked)
    return int(failed or any(each.lacking for each in summaries))


@contextmanager
def displayed(plugins: Plugins, console: Console) -> Generator[Display]:
    """Show progress on standard error while the block runs."""
    display = (
        TerminalDisplay(console) if console.is_terminal else LogDisplay(sys.stderr)
    )
    plugins.manager.register(display)
    try:
        yield display
    finally:
        plugins.manager.unregister(display)
        display.close()
