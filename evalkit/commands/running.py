"""What ``evalkit run`` does once it knows what is wanted: plan, run, tell."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console

from evalkit.beside import notices
from evalkit.estimate import Outlook
from evalkit.experiment import Experiment
from evalkit.families import family_of
from evalkit.judging.telling import Judged, judged
from evalkit.naming import builtin_or_given
from evalkit.plan import Plan, plan
from evalkit.plugins import Plugins
from evalkit.progress.display import Display
from evalkit.progress.log import LogDisplay
from evalkit.progress.terminal import TerminalDisplay
from evalkit.record import RunRecord
from evalkit.report.suites import suite_card
from evalkit.report.terminal import print_all
from evalkit.runner import execute, renew_cards, writing
from evalkit.stopping import Stop
from evalkit.suite_record import SuiteRecord, sum_up
from evalkit.text import visible


def announced(wanted: Experiment, plugins: Plugins, errors: Console) -> Plan:
    """Make the plan; say which model is meant and what is left out."""
    with errors.status("Checking tasks and data, finding the model"):
        planned = plan(wanted, plugins)
    if not wanted.model:
        builtin = builtin_or_given("", plugins)
        errors.print(
            f"No --model given: using the small built-in model {builtin}.\n"
            "To evaluate another: --model BACKEND:MODEL, such as "
            "--model hf:Qwen/Qwen3-8B (see: evalkit backends)",
            markup=False,
        )
    beside = notices(planned.output, (run.spec for run in planned.runs))
    for line in (*absences(planned), *beside, *suggestions(planned, plugins)):
        errors.print(visible(line), markup=False, soft_wrap=not errors.is_terminal)
    return planned


def collect_less_often() -> None:
    """Have Python look for reference cycles less often than it does by itself.

    It would spend a sixth of a busy run on that and find next to nothing: what a
    finished question leaves behind goes when its last reference does.
    """
    gc.set_threshold(20_000, 20, 100)


def run_and_tell(ahead: Outlook, plugins: Plugins, errors: Console) -> int:
    """Run, print what came of it; the exit status."""
    planned = ahead.planned
    collect_less_often()
    stop = Stop()
    with displayed(ahead, plugins, errors) as display, stop.on_interrupt(display.say):
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
def displayed(ahead: Outlook, plugins: Plugins, console: Console) -> Generator[Display]:
    """Show progress on standard error while the block runs."""
    display = (
        TerminalDisplay(console, ahead)
        if console.is_terminal
        else LogDisplay(sys.stderr, ahead)
    )
    plugins.manager.register(display)
    try:
        with display:
            yield display
    finally:
        plugins.manager.unregister(display)
