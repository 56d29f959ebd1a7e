"""What a person sees while a run goes on: questions done, right so far, speed, time.

On a terminal one line per run moves; elsewhere (a log, a pipe) a line is printed
every so often.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from evalkit.hookspecs import hookimpl
from evalkit.record import RunRecord, RunSpec
from evalkit.types import Outcome, SampleResult

MANY = 8
"""Runs beyond this many are summed up."""


@dataclass(slots=True)
class Tally:
    """How far one run has got."""

    name: str
    samples: int
    protocol: str = ""
    done: int = 0
    right: int = 0
    failed: int = 0
    undecided: int = 0


@dataclass(slots=True)
class Speed:
    """Tokens and samples per second since the end of the engine's first step."""

    clock: Callable[[], float]
    begun: float | None = None
    tokens_before: int = 0
    tokens: int = 0
    answered: int = 0

    def count(self, tokens: int) -> None:
        """Take the number of tokens that have been written in all."""
        if self.begun is None:
            self.begun, self.tokens_before = self.clock(), tokens
        self.tokens = tokens

    @property
    def seconds(self) -> float:
        return 0.0 if self.begun is None else self.clock() - self.begun

    @property
    def tokens_per_second(self) -> float:
        seconds = self.seconds
        return (self.tokens - self.tokens_before) / seconds if seconds else 0.0

    def left(self, remaining: int) -> str:
        """A guess at the time left, from the samples answered so far."""
        if not remaining or not self.answered:
            return "" if not remaining else "?"
        return duration(self.seconds / self.answered * remaining)


def summed(tallies: Sequence[Tally]) -> Tally:
    """All runs as if they were one."""
    total = Tally(f"all {len(tallies)} runs", 0)
    for each in tallies:
        total.samples += each.samples
        total.done += each.done
        total.right += each.right
        total.failed += each.failed
        total.undecided += each.undecided
    return total


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, without needless hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Display(ABC):
    """Counts what the lifecycle hooks tell, and shows it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.tallies: dict[str, Tally] = {}
        self.speed = Speed(clock)

    @abstractmethod
    def show(self) -> None:
        """Bring what is seen up to date; called often."""

    @abstractmethod
    def say(self, line: str) -> None:
        """Print a line that stays."""

    def close(self) -> None:
        """Show the last state and leave the terminal alone."""

    @hookimpl
    def evalkit_run_started(
        self, spec: RunSpec, samples: int, warnings: tuple[str, ...]
    ) -> None:
        for warning in warnings:
            self.say(f"evalkit: warning: {spec.task}: {warning}")
        self.tallies[spec.digest] = Tally(spec.task, samples, spec.protocol)
        self.show()

    @hookimpl
    def evalkit_run_finished(
        self, record: RunRecord, warnings: tuple[str, ...]
    ) -> None:
        for warning in warnings:
            self.say(f"evalkit: warning: {record.spec.task}: {warning}")
        self.show()

    @hookimpl
    def evalkit_stepped(self, generated_tokens: int) -> None:
        self.speed.count(generated_tokens)
        self.show()

    @hookimpl
    def evalkit_scored(self, spec: RunSpec, result: SampleResult) -> None:
        tally = self.tallies[spec.digest]
        outcomes = {attempt.score.outcome for attempt in result.attempts}
        tally.done += 1
        tally.right += outcomes == {Outcome.RIGHT}
        tally.failed += Outcome.ERROR in outcomes
        tally.undecided += Outcome.UNDECIDED in outcomes
        self.speed.answered += self.speed.begun is not None
        self.show()

    @property
    def time_left(self) -> str:
        return self.speed.left(sum(t.samples - t.done for t in self.tallies.values()))

    def pace(self) -> Iterator[str]:
        """How fast it goes, once it goes at all."""
        if self.speed.begun is None:
            yield "loading the model"
            return
        yield f"{self.speed.tokens_per_second:.0f} tokens/s"
        if self.time_left:
            yield f"{self.time_left} left"

    def shown(self) -> list[Tally]:
        """The runs to tell of: all, or of many those at work and their sum."""
        tallies = list(self.tallies.values())
        if len(tallies) <= MANY:
            return tallies
        working = [each for each in tallies if 0 < each.done < each.samples]
        return [*working[:MANY], summed(tallies)]

    def name(self, tally: Tally) -> str:
        """What a run is called: its task, and its protocol where that has several."""
        runs = [each for each in self.tallies.values() if each.name == tally.name]
        return f"{tally.name}, {tally.protocol}" if len(runs) > 1 else tally.name

    def line(self, tally: Tally) -> str:
        """One run's state in words."""
        parts = [
            f"{tally.done}/{tally.samples} done",
            f"{tally.right} right",
            *([f"{tally.failed} failed"] if tally.failed else []),
            *([f"{tally.undecided} undecided"] if tally.undecided else []),
            *self.pace(),
        ]
        return ", ".join(parts)


class TerminalDisplay(Display):
    """A bar per run that is redrawn in place."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._drawn = 0.0
        self._live.start()

    def show(self) -> None:
        now = self.speed.clock()
        if now - self._drawn > 0.1:
            self._drawn = now
            self._live.update(self._table(), refresh=True)

    def say(self, line: str) -> None:
        self._live.console.print(Text(line))

    def close(self) -> None:
        self._live.update(self._table(), refresh=True)
        self._live.stop()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for tally in self.shown():
            bar = ProgressBar(total=tally.samples, completed=tally.done, width=24)
            table.add_row(Text(self.name(tally)), bar, Text(self.line(tally)))
        return table


class LogDisplay(Display):
    """A line per run, now and then."""

    def __init__(self, file: TextIO, every: float = 15.0) -> None:
        super().__init__()
        self._file = file
        self._every = every
        self._shown = self.speed.clock()

    def show(self) -> None:
        if self.speed.clock() - self._shown >= self._every:
            self._write()

    def say(self, line: str) -> None:
        self._file.write(f"{line}\n")
        self._file.flush()

    def close(self) -> None:
        self._write()

    def _write(self) -> None:
        self._shown = self.speed.clock()
        for tally in self.shown():
            self.say(f"{self.name(tally)}: {self.line(tally)}")
