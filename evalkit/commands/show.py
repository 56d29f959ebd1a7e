"""evalkit show"""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import click
from rich.console import Console

from evalkit.errors import UsageError
from evalkit.folder import RunFolder
from evalkit.marks.store import Marking, markings
from evalkit.misnamed import SUITE
from evalkit.registry import unknown
from evalkit.report.card import answers, outcomes
from evalkit.report.marks import marked_lines, step_lines
from evalkit.report.terminal import print_run, print_suite
from evalkit.report.words import points
from evalkit.results import Results, finished_results
from evalkit.secrets.stored import hidden_result
from evalkit.suite_record import read_suite
from evalkit.text import visible
from evalkit.types import Attempt, Ranked, SampleResult, Turn

DATA = ("{", "[")
"""What metadata begin with that is meant for programs: JSON, not to be read."""


@click.command("show")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("words", nargs=-1, metavar="")
@click.option("--sample", metavar="ID", help="Show one sample in full.")
def show_command(run: Path, words: tuple[str, ...], sample: str | None) -> None:
    """Show the finished run in the folder RUN, or one of its samples.

    A sample is shown with the exact prompt as the model got it, each answer, its
    score, and why. RUN may be the folder of a suite, too.
    """
    if words:
        one = "show takes one run" if Path(words[0]).is_dir() else ""
        raise UsageError(
            one
            or f"no option stands before {words[0]!r}. Did you mean "
            f"--sample {words[0]}?"
        )
    if sample is None and (run / SUITE).is_file():
        print_suite(Console(highlight=False), read_suite(run / SUITE), run)
        return
    folder = RunFolder.named(run)
    record = folder.read_record()
    results = finished_results(folder.results, record)
    if sample is None:
        print_run(Console(highlight=False), record, folder)
        return
    found = hidden_result(find(results, sample))
    for line in sample_lines(found, markings(folder)):
        click.echo(line)


def find(results: Results, wanted: str) -> SampleResult:
    """The sample of that id, or a UsageError that guesses what was meant."""
    ids: list[str] = []
    for result in results:
        if result.id == wanted:
            return result
        ids.append(result.id)
    raise UsageError(unknown("sample", wanted, ids))


def sample_lines(result: SampleResult, stored: Sequence[Marking]) -> list[str]:
    """Everything about one sample, as lines of text; `stored` are others' marks."""
    lines = [
        f"sample:    {visible(result.id)}",
        f"question:  {visible(result.question)}",
        f"reference: {visible(result.target)}",
        *(
            f"{visible(name)}: {visible(text)}"
            for name, text in result.metadata.items()
            if not text.startswith(DATA)
        ),
    ]
    attempts = len(result.attempts)
    if attempts > 1:
        lines += [f"outcomes:  {outcomes(result)}", f"read:      {answers(result)}"]
    for number, attempt in enumerate(result.attempts):
        several = [f"===== attempt {number + 1} of {attempts}"] if attempts > 1 else []
        lines += ["", *several]
        lines += attempt_lines(attempt, result.max_points)
        lines += (
            line
            for marking in stored
            for marked in marking.answers
            if (marked.id, marked.attempt) == (result.id, number)
            for line in marked_lines(marking, marked, result.max_points)
        )
    return lines


def attempt_lines(attempt: Attempt, max_points: float) -> list[str]:
    """One attempt: its turns, then the verdict."""
    score = attempt.score
    read = "nothing" if score.answer is None else repr(score.answer)
    return [
        *(line for turn in attempt.turns for line in turn_lines(turn)),
        "----- score",
        f"outcome:   {score.outcome.replace('_', ' ')}",
        f"points:    {points(score.points)} of {points(max_points)}",
        f"read:      {read}",
        f"why:       {visible(score.explanation) or '–'}",
        *(["----- marks"] if score.marks else []),
        *step_lines(score.marks),
    ]


def ranked_line(place: int, ranked: Ranked) -> str:
    """What the model made of a choice."""
    written = ", what it would have written" if ranked.greedy else ""
    return (
        f"choice {place}: log-probability {ranked.logprob:.4f}, "
        f"{ranked.tokens} tokens, {ranked.size} bytes{written}"
    )


def turn_lines(turn: Turn) -> list[str]:
    """The prompt as the model got it, and what it answered."""
    if turn.error is not None:
        return ["----- failed", visible(turn.error)]
    prompt = [f"----- prompt ({turn.prompt_tokens} tokens)", visible(turn.prompt)]
    if turn.cut:
        prompt.insert(1, f"({turn.cut} tokens before this were cut off)")
    if turn.ranked:
        return [*prompt, "----- ranked", *map(ranked_line, count(1), turn.ranked)]
    thought = ["----- reasoning", visible(turn.reasoning)] if turn.reasoning else []
    return [
        *prompt,
        *thought,
        f"----- answer ({turn.completion_tokens} tokens, ended by {turn.finish})",
        visible(turn.text),
    ]
