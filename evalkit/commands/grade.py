"""evalkit grade"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from evalkit.errors import UsageError
from evalkit.folder import RunFolder
from evalkit.grading import GRADER
from evalkit.plugins import Plugins
from evalkit.regrade import Change, regrading
from evalkit.report import regraded as report
from evalkit.report.responses import summary
from evalkit.response_file import Fields, response_file
from evalkit.responses import judge_rows, task_for, totals, verdict_file
from evalkit.text import visible
from evalkit.types import Outcome


@click.command("grade")
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option("--write", is_flag=True, help="Put the new scores into the run folder.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="EVALKIT_DATA",
    metavar="DIR",
    help="Read datasets from DIR/owner/name, not from the Hub. [env: EVALKIT_DATA]",
)
@click.option(
    "--responses",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Judge the responses in this file instead of a run's.",
)
@click.option("--reference-field", metavar="FIELD", help="Holds the right answer.")
@click.option(
    "--response-field",
    metavar="FIELD",
    help="Holds what the model wrote.  [default: response]",
)
@click.option(
    "--label-field", metavar="FIELD", help="Says whether others call it right."
)
@click.option("--id-field", metavar="FIELD", help="Names a row.  [default: id]")
@click.option(
    "--task",
    metavar="NAME",
    help="Judge as this task does; of a run, the folder that its task lies in.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a line of JSON for each row.",
)
@click.option("--limit", type=click.IntRange(1, 10**9), help="Only the first so many.")
@click.pass_obj
def grade_command(
    plugins: Plugins,
    /,
    run: Path | None,
    write: bool,
    data: Path | None,
    responses: Path | None,
    reference_field: str | None,
    response_field: str | None,
    label_field: str | None,
    id_field: str | None,
    task: str | None,
    out: Path | None,
    limit: int | None,
) -> int:
    """Judge the answers of a finished run anew, or those in any file of responses.

    RUN is a run folder. Its stored answers are scored by the task and the grader as
    they are now, without a model; verdicts that flip are listed with the reasons then
    and now. The folder stays as it is unless --write is given.

    With --responses and --reference-field, each line of FILE.jsonl is a JSON object
    with a response and the right answer. With --label-field (true or false, 1 or 0)
    verdicts that differ from the labels are listed.

    The exit status is 0, or 1 if some answers could not be scored because something
    failed, or 2 if something asked for is wrong.
    """
    of_responses = {
        "--reference-field": reference_field,
        "--response-field": response_field,
        "--label-field": label_field,
        "--id-field": id_field,
        "--out": out,
        "--limit": limit,
    }
    if run is not None:
        refuse({"--responses": responses, **of_responses}, "a run folder RUN")
        home = None if task is None else Path(task)
        return grade_run(RunFolder.named(run), data, plugins, home, write=write)
    if responses is None:
        raise UsageError("nothing to judge: name a run folder, or --responses FILE")
    refuse({"--write": write or None}, "--responses")
    if not reference_field:
        raise UsageError(
            "--responses needs --reference-field FIELD, which holds the right answers"
        )
    fields = Fields(
        reference=reference_field,
        response=response_field or "response",
        label=label_field or "",
        id=id_field or "",
    )
    cls = task_for(task or "", plugins)
    with (
        response_file(responses, fields) as file,
        verdict_file(out, responses) as write_line,
    ):
        found = totals(judge_rows(file, cls, limit=limit), write_line)
        if not found.n:
            raise UsageError(f"{str(responses)!r} holds no responses")
        lines = list(summary(responses, found, cls, file.sha256()))
    say(lines)
    return int(found.outcomes[Outcome.ERROR] > 0)


def refuse(options: Mapping[str, object], what: str) -> None:
    """Refuse an option that means nothing beside what is judged."""
    for flag, value in options.items():
        if value is not None:
            raise UsageError(f"{flag} cannot be used with {what}")


def grade_run(
    folder: RunFolder,
    data: Path | None,
    plugins: Plugins,
    home: Path | None,
    *,
    write: bool,
) -> int:
    """Judge a run's answers anew, tell what flipped; the exit status."""
    with regrading(folder, data, plugins, home=home, write=write) as held:
        if held.mended:
            click.echo(f"evalkit: warning: {held.mended}", err=True)
        say(report.heading(held.record, held.planned.task.version, GRADER))
        done = held.judge(tell)
    say(report.summary(done, str(folder.path)))
    return int(done.after.errors > 0)


def tell(change: Change) -> None:
    """Print a verdict that flipped."""
    if change.flipped:
        say(report.change_lines(change))


def say(lines: Iterable[str]) -> None:
    """Print lines that cannot steer a terminal."""
    for line in lines:
        click.echo(visible(line))
