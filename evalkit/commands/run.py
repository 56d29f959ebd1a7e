"""evalkit run"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console

from evalkit.commands.running import announced, run_and_tell
from evalkit.errors import UsageError
from evalkit.estimate import outlook
from evalkit.experiment import Experiment
from evalkit.options import listed, parse
from evalkit.plugins import Plugins
from evalkit.report.workload import workload_line, workload_table

EVERY = "all"
"""What ``--protocol`` calls all of them."""


@click.command("run")
@click.argument("words", nargs=-1, metavar="")
@click.option(
    "--tasks",
    "-t",
    multiple=True,
    metavar="NAME|FOLDER,...",
    help="See: evalkit tasks.",
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
    "protocols",
    multiple=True,
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
    help="A task option, see: evalkit tasks TASK; TASK.NAME=VALUE for one of several.",
)
@click.option(
    "--backend-set",
    "backend_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="A backend option, see: evalkit backends BACKEND.",
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
@click.option(
    "--max-cost",
    type=float,
    help="Stop before the runs have cost more dollars, in all sessions.",
)
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
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME[,NAME...]",
    help="Metrics to add: pass@8, say.",
)
@click.option("--attempts", type=int, default=1, show_default=True, help="Per sample.")
@click.option("--limit", type=int, help="Only the first so many samples of each task.")
@click.option(
    "--shuffle",
    type=int,
    metavar="SEED",
    help="Draw the samples of --limit by lot, the same for the same SEED.",
)
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
    words: tuple[str, ...],
    tasks: tuple[str, ...],
    model: str,
    protocols: tuple[str, ...],
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
    shuffle: int | None,
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
    if words:
        raise UsageError(astray(words, plugins))
    ways = listed(protocols)
    if EVERY in ways and len(ways) > 1:
        raise UsageError(f"--protocol {','.join(ways)}: {EVERY!r} has the others in it")
    given = {"max_tokens": max_tokens, "temperature": temperature, "top_p": top_p}
    wanted = Experiment(
        tasks=listed(tasks),
        model=model,
        protocols=() if ways == (EVERY,) else ways,
        every_protocol=ways == (EVERY,),
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
        metrics=listed(metrics),
        attempts=attempts,
        seed=seed,
        limit=limit,
        shuffle=shuffle,
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
        errors.print(workload_line(ahead), soft_wrap=not errors.is_terminal)
    return run_and_tell(ahead, plugins, errors)


def with_flags(options: Mapping[str, str], **flags: str | None) -> Mapping[str, str]:
    """Backend options with those that have a flag of their own."""
    given = {name: value for name, value in flags.items() if value is not None}
    for name in given.keys() & options.keys():
        flag = name.replace("_", "-")
        raise UsageError(f"--{flag} and --backend-set {name}=... say the same twice")
    return {**options, **given}


def astray(words: Sequence[str], plugins: Plugins) -> str:
    """The sentence for words that no option stands before."""
    first = words[0]
    if first.partition(":")[0] in plugins.backends:
        meant = f"--model {first}"
    elif "=" in first:
        meant = f"--set {first}"
    else:
        meant = f"--tasks {','.join(word.strip(',') for word in words)}"
    return f"no option stands before {first!r}. Did you mean {meant}?"
