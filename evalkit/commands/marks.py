"""evalkit marks"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evalkit.disk import replace_own
from evalkit.errors import UsageError
from evalkit.folder import RunFolder
from evalkit.marks.agreeing import compare, leaning, sentence, table
from evalkit.marks.csv_sheet import csv_sheet
from evalkit.marks.importing import SheetError, markings_from
from evalkit.marks.overwriting import check_untouched
from evalkit.marks.reading import read_sheet
from evalkit.marks.sheet import MarkedRun, read_run, read_runs, shuffled, titles_of
from evalkit.marks.store import (
    AUTOMATIC,
    Marking,
    markers,
    marking_path,
    markings,
    read_marking,
    write_markings,
)
from evalkit.marks.totals import metrics_of, totals
from evalkit.plugins import Plugins
from evalkit.report.words import estimate_line, interval_kind, several
from evalkit.text import visible
from evalkit.types import Estimate
from evalkit.work import write_card

FOLDER = click.Path(path_type=Path)
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@click.group("marks")
def marks_command() -> None:
    """Let people mark a finished run's answers, and compare markers.

    `export` makes a blind sheet, `import` takes it back, `agree` compares two markers,
    `show` lists those that a run has. Markers are automatic, judge, human, human2 and
    so on.
    """


@marks_command.command("export")
@click.argument("runs", metavar="RUN...", type=FOLDER, nargs=-1, required=True)
@click.option(
    "--to",
    type=FOLDER,
    required=True,
    metavar="FILE",
    help="Ends in .csv for a spreadsheet, or in .html to mark in a browser or print.",
)
@click.option("--seed", type=int, help="Another order of questions and answers.")
@click.option(
    "--separator",
    type=click.Choice(list(SEPARATORS)),
    default="comma",
    show_default=True,
    help="Between columns of a .csv; Excel expects a semicolon where numbers have "
    "decimal commas.",
)
def export_command(
    runs: Sequence[Path], to: Path, seed: int | None, separator: str
) -> None:
    """Write a blind sheet of all answers of RUN, with the rubric beside each.

    No model is named. Several runs of one task share a sheet: the answers to a
    question come one after the other, in an order that tells nothing.
    """
    ending = to.suffix.lower()
    if ending not in (".csv", ".html"):
        raise UsageError(f"--to {str(to)!r} must end in .csv or .html")
    check_untouched(to)
    held = read_runs(runs)
    questions = shuffled(held, seed)
    if not questions:
        raise UsageError("no answers to mark: every request failed")
    if ending == ".csv":
        content = csv_sheet(questions, SEPARATORS[separator], titles_of(held))
    else:
        from evalkit.marks.page import page

        content = page(held[0].record.spec.task, questions, titles_of(held))
    try:
        replace_own(to, content)
    except OSError as exc:
        raise UsageError(f"--to {str(to)!r} cannot be written: {exc.strerror}") from exc
    count = sum(map(len, questions))
    click.echo(f"{to}: {count} answers to {len(questions)} questions")


@marks_command.command("import")
@click.argument("runs", metavar="RUN...", type=FOLDER, nargs=-1, required=True)
@click.argument("sheet", metavar="SHEET.csv", type=FOLDER)
@click.option("--as", "marker", metavar="MARKER", help="human, human2 and so on.")
@click.option("--by", default="", metavar="NAME", help="Who marked; kept in the run.")
@click.option(
    "--replace", "overwrite", is_flag=True, help="Replace what this marker gave before."
)
@click.option("--partial", is_flag=True, help="Leave answers without points unmarked.")
@click.pass_obj
def import_command(
    plugins: Plugins,
    /,
    runs: Sequence[Path],
    sheet: Path,
    marker: str | None,
    by: str,
    overwrite: bool,
    partial: bool,
) -> None:
    """Take the points of a filled-in sheet into RUN: all of them, or none.

    The sheet has the columns id and points, and comment if you like; the rest is not
    read. Where RUN is one run with one attempt, questions' numbers will do for ids.
    """
    name, by = person(marker), " ".join(by.split())
    folders = [RunFolder.named(each) for each in runs]
    for folder in folders:
        folder.read_record()  # a folder that holds no run is not to be locked
        marking_path(folder, name)  # a name that no marker can have is refused
    filled = read_sheet(sheet)
    for each in filled.assumed:
        click.echo(f"evalkit: warning: {str(sheet)!r}: {each}", err=True)
    with ExitStack() as locks:
        for folder in folders:
            locks.enter_context(locked(folder))
        held = read_runs(runs)
        with problems_listed(sheet):
            found = markings_from(filled, held, marker=name, by=by, partial=partial)
        given = [
            (run.folder, marking)
            for run, marking in zip(held, found, strict=True)
            if overwrite or is_new(run.folder, marking, named=marker is not None)
        ]
        write_markings(given)
        for run in held:
            renew_card(run, plugins)
    for run, marking in zip(held, found, strict=True):
        tell(run, [marking], plugins)
    for other in shared_humans(folders, name):
        compared = compare(held, other, name)
        click.echo(f"{other} and {name}, {sentence(compared.total())}")


def person(marker: str | None) -> str:
    """The marker that a sheet is of: a person, and the first if nobody is named."""
    if marker is not None and not marker.startswith("human"):
        raise UsageError(f"--as {marker!r}: people's marks are called human, human2, …")
    return marker or "human"


@contextmanager
def problems_listed(sheet: Path) -> Generator[None]:
    """Print what is wrong with a sheet, a line each, and then fail."""
    try:
        yield
    except SheetError as exc:
        for problem in exc.shown:
            click.echo(visible(f"evalkit: {sheet}: {problem}"), err=True)
        raise UsageError(f"{str(sheet)!r}: nothing was imported") from exc


@contextmanager
def locked(folder: RunFolder) -> Generator[None]:
    """Hold a folder, or say in one line why that cannot be."""
    with ExitStack() as lock:
        try:
            lock.enter_context(folder.locked())
        except OSError as exc:
            raise UsageError(
                f"run folder {str(folder.path)!r} cannot be written: {exc.strerror}"
            ) from exc
        yield


def renew_card(run: MarkedRun, plugins: Plugins) -> None:
    """Write a run's card anew; where that fails its marks are there all the same."""
    try:
        write_card(run.folder, run.record, plugins)
    except OSError as exc:
        where = visible(repr(str(run.folder.card)))
        click.echo(
            f"evalkit: warning: {where} cannot be written ({exc.strerror}) and lacks "
            "these marks, which are in the run",
            err=True,
        )


def shared_humans(folders: Sequence[RunFolder], name: str) -> list[str]:
    """The other people who marked all of the runs."""
    sets = [set(markers(folder)) for folder in folders]
    others = set[str].intersection(*sets) - {name}
    return sorted(each for each in others if each.startswith("human"))


def is_new(folder: RunFolder, marking: Marking, *, named: bool) -> bool:
    """Whether a marking is to be written: not if it is there already, for an import
    that was cut off before its end is given again. Others by the marker are refused."""
    if marking.marker not in markers(folder):
        return True
    old = read_marking(folder, marking.marker)
    if replace(marking, made=old.made) == old:
        return False
    who = f" by {old.by}" if old.by else ""
    other = "another --as" if named else "--as human2 for a second marker"
    raise UsageError(
        f"run {str(folder.path)!r} has marks of {marking.marker!r} already{who}: "
        f"{other}, or --replace"
    )


def tell(run: MarkedRun, given: Sequence[Marking], plugins: Plugins) -> None:
    """Print what a run comes to by some markers, beside the automatic marking."""
    metrics = metrics_of(run, plugins)
    click.echo(visible(f"{run.record.spec.model} ({run.folder.path})"))
    for marking in given:
        who = f" ({marking.by})" if marking.by else ""
        click.echo(visible(f"  {marking.marker}{who}: {extent(run, marking)}"))
        for estimate in totals(run, metrics, marking):
            tell_estimate(estimate.metric, estimate)
    click.echo(f"  {AUTOMATIC}")
    for estimate in totals(run, metrics, None):
        tell_estimate(estimate.metric, estimate)


def tell_estimate(name: str, estimate: Estimate) -> None:
    """Print an estimate, and below it what interval it has."""
    click.echo(f"    {name}: {estimate_line(estimate)}")
    click.echo(f"      {interval_kind(estimate)}")


def extent(run: MarkedRun, marking: Marking) -> str:
    """How many of a run's answers a marker marked, and what that means for a total."""
    answers = sum(len(result.attempts) for result in run.results)
    marked = sum(not each.error for each in marking.answers)
    said = [f"{marked} of {answers} answers"]
    if marked < answers:
        said.append("the others count as nothing")
    if not marking.is_of(run.results):
        said.append("marked before the run's answers changed")
    return "; ".join(said)


@marks_command.command("show")
@click.argument("run", metavar="RUN", type=FOLDER)
@click.pass_obj
def show_marks_command(plugins: Plugins, /, run: Path) -> None:
    """List the markers of RUN, and what it comes to by each."""
    held = read_run(run)
    tell(held, markings(held.folder), plugins)


@marks_command.command("agree")
@click.argument("words", metavar="RUN... MARKER MARKER", nargs=-1, required=True)
@click.pass_obj
def agree_command(plugins: Plugins, /, words: tuple[str, ...]) -> None:
    """Compare two markers of RUN, question by question and in all.

    Any two of automatic, judge, human, human2 and so on. Kappa is weighted by the
    squares of the differences; its interval treats the questions as drawn from a larger
    pool. Several runs of one task are pooled.
    """
    *paths, first, second = words if len(words) > 1 else (*words, "")
    runs = [Path(each) for each in paths]
    check_markers(runs, (first, second))
    held = read_runs(runs)
    compared = compare(held, first, second)
    console = Console(highlight=False)
    heading, *lines = table(compared)
    shown = Table()
    for place, name in enumerate(heading):
        shown.add_column(Text(name), justify="right" if place else "left")
    for line in lines:
        shown.add_row(*(Text(visible(each)) for each in line))
    console.print(shown)
    click.echo(f"{first} and {second}, {sentence(compared.total())}")
    click.echo(leaning(compared))
    if compared.alone:
        alone = several(compared.alone, "answer")
        click.echo(f"left out: {alone} that only one of them marked")
    for name in compared.stale:
        click.echo(f"warning: {name} marked other answers than the run has now")
    for run in held:
        metrics = metrics_of(run, plugins)
        click.echo(visible(f"{run.record.spec.model} ({run.folder.path})"))
        for name in (first, second):
            marking = None if name == AUTOMATIC else read_marking(run.folder, name)
            for each in totals(run, metrics, marking):
                tell_estimate(f"{each.metric} by {name}", each)


def check_markers(runs: Sequence[Path], named: tuple[str, str]) -> None:
    """Refuse a command that does not name two markers behind the runs."""
    folders = [each for each in named if not each or Path(each).is_dir()]
    if runs and not folders:
        return
    every = (*runs, *(Path(each) for each in folders if each))
    known = sorted({name for run in every for name in markers(RunFolder(run))})
    raise UsageError(
        "marks agree takes the names of two markers behind the runs, such as "
        f"automatic human. There are: {', '.join((AUTOMATIC, *known))}"
    )
