"""evalkit check"""

from collections.abc import Iterator
from pathlib import Path

import click

from evalkit.checks import Check, check_task
from evalkit.choosing import Chosen, choose_tasks, offered
from evalkit.errors import DataError, UsageError
from evalkit.experiment import Experiment
from evalkit.finding import find_data
from evalkit.options import listed, parse
from evalkit.plugins import Plugins
from evalkit.protocol import Protocol
from evalkit.text import visible


@click.command("check")
@click.argument("tasks", nargs=-1, metavar="[TASK]...")
@click.option("--all", "every", is_flag=True, help="Check every task there is.")
@click.option(
    "--set",
    "task_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="A task option; TASK.NAME=VALUE for one of several tasks.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="EVALKIT_DATA",
    metavar="DIR",
    help="Read datasets from DIR/owner/name, not from the Hub. [env: EVALKIT_DATA]",
)
@click.option(
    "--protocol",
    "-p",
    "protocols",
    multiple=True,
    metavar="NAME[,NAME...]",
    help="Check the prompts of these protocols only; of all of the task's if left out.",
)
@click.pass_obj
def check_command(
    plugins: Plugins,
    /,
    tasks: tuple[str, ...],
    every: bool,
    task_options: tuple[str, ...],
    data: Path | None,
    protocols: tuple[str, ...],
) -> int:
    """Check tasks without a model: their samples, prompts and reference answers.

    Reference answers must get full marks under the task's own scoring, and silence
    none. Prompts must have no control characters or broken letters. Worked examples
    must not be in the test. Samples must be the same each time, with ids of their own.

    The exit status is 0 if all holds, 1 if something does not, or 2 if something asked
    for is wrong.
    """
    if bool(tasks) == every:
        raise UsageError("name the tasks to check, or give --all for every one of them")
    names = tuple(entry.item.name for entry in plugins.tasks) if every else tasks
    options = parse(task_options, "--set")
    wanted = Experiment(tasks=names, task_options=options, data=data)
    chosen = choose_tasks(wanted, plugins)
    ways = listed(protocols)
    for each in chosen:
        prompted(each, ways, plugins)
    return check_each(chosen, ways, plugins)


def check_each(chosen: list[Chosen], ways: tuple[str, ...], plugins: Plugins) -> int:
    """Check task after task; one whose data are not at hand waits for the others."""
    failed = 0
    missing: list[DataError] = []
    for each in chosen:
        try:
            find_data(each, examples=False)
        except DataError as exc:
            missing.append(exc)
            continue
        task = each.task
        click.echo(f"{task.name}, version {task.version}")
        without = no_examples(each)
        if without:
            click.echo(visible(f"  {'none':6}  worked examples: {without}"))
        protocols = [
            p
            for p in prompted(each, ways, plugins)
            if not (without and p.shows_examples)
        ]
        for check in check_task(task, each.words, protocols, examples=not without):
            failed += bool(check.failed)
            for line in lines(check):
                click.echo(visible(line))
    if missing:
        raise DataError("; ".join(map(str, missing)))
    return int(failed > 0)


def no_examples(chosen: Chosen) -> str:
    """Why there are no worked examples to check; empty if there are."""
    try:
        find_data(chosen, examples=True)
    except DataError as exc:
        return str(exc)
    return ""


def prompted(
    chosen: Chosen, names: tuple[str, ...], plugins: Plugins
) -> tuple[Protocol, ...]:
    """The protocols whose prompts are checked: those named, or all of the task's."""
    task = chosen.task
    return tuple(offered(task, name, plugins) for name in names) or task.protocols


def lines(check: Check) -> Iterator[str]:
    """A check in a line, and its first problems."""
    note = f"; {check.note}" if check.note else ""
    of = f"{check.failed} of " if check.failed else ""
    state = "FAILED" if check.failed else "ok"
    yield f"  {state:6}  {check.name} ({of}{check.looked_at} {check.unit}{note})"
    for problem in check.problems:
        yield f"            {' '.join(problem.split())}"
    if check.failed > len(check.problems):
        yield f"            and {check.failed - len(check.problems)} more"
