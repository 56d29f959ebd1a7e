"""What there is to tell while a run goes on, and a thread that tells it.

It is a line per run, and one for all where there are several. A thread of its own
shows them: time goes on while an engine works.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from evalkit.estimate import Outlook
from evalkit.hookspecs import hookimpl
from evalkit.progress.line import Part
from evalkit.progress.pace import Pace, Rest
from evalkit.progress.tally import Tally, counts, summed, tally_of
from evalkit.record import RunRecord, RunSpec
from evalkit.report.words import duration, rounded
from evalkit.spending import dollars
from evalkit.types import Completion, Request, SampleResult

MANY = 8
"""Runs beyond this many are summed up."""
PATIENCE = 20.0
"""Seconds without any news until it is told who is waited for."""


class Display(ABC):
    """Counts what the lifecycle hooks tell, and shows it every so often."""

    every = 0.5
    """Seconds between two looks."""

    def __init__(
        self,
        ahead: Outlook | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tallies: dict[str, Tally] = {}
        self._ahead = ahead
        self._clock = clock
        self._began = self._news = clock()
        self._pace = Pace(clock)
        self._who = "" if ahead is None else ahead.planned.name
        """The model that was loaded last, or will be first."""
        self._loading = False
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_showing, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=1)  # it may wait for a terminal that was stopped
        self.close()

    def _keep_showing(self) -> None:
        while not self._ended.wait(self.every):
            self.show()

    @abstractmethod
    def show(self) -> None:
        """Bring what is seen up to date."""

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
        ahead = self._ahead
        part = None if ahead is None else ahead.part(spec)
        judges = ahead is None or spec.digest not in ahead.parts
        prices = None if ahead is None or judges else ahead.planned.prices
        with self._lock:
            self.tallies[spec.digest] = tally_of(spec, samples, part, prices)

    @hookimpl
    def evalkit_loading(self, name: str) -> None:
        with self._lock:
            self._who, self._loading = name, True
            self._pace = Pace(self._clock)
            self._news = self._clock()

    @hookimpl
    def evalkit_stepped(self, generated_tokens: int, in_flight: int) -> None:
        with self._lock:
            if self._loading or generated_tokens != self._pace.tokens:
                self._news = self._clock()
            self._loading = False
            self._pace.step(generated_tokens, in_flight)

    @hookimpl
    def evalkit_completed(
        self, spec: RunSpec, request: Request, completion: Completion
    ) -> None:
        with self._lock:
            self._news = self._clock()
            self.tallies[spec.digest].hear(request, completion)

    @hookimpl
    def evalkit_scored(self, spec: RunSpec, result: SampleResult) -> None:
        with self._lock:
            self._news = self._clock()
            self.tallies[spec.digest].score(result)

    @hookimpl
    def evalkit_run_finished(
        self, record: RunRecord, warnings: tuple[str, ...]
    ) -> None:
        for warning in warnings:
            self.say(f"evalkit: warning: {record.spec.task}: {warning}")
        self._news = self._clock()

    def lines(self) -> list[tuple[str, list[Part], Tally | None]]:
        """What there is to tell now: a name, the parts, and whose bar may be shown."""
        with self._lock:
            told: list[tuple[str, list[Part], Tally | None]] = [
                (self._name(each), counts(each), each) for each in self._shown()
            ]
            if len(self.tallies) > MANY:
                total = summed(list(self.tallies.values()))
                told.append((total.name, counts(total), total))
            elif len(self.tallies) > 1:
                told.append(("in all:", [], None))
            for _, parts, _ in told[-1:]:
                parts += self._state()
            return told

    def _shown(self) -> list[Tally]:
        """The runs to tell of: all, or of many those at work."""
        tallies = list(self.tallies.values())
        if len(tallies) <= MANY:
            return tallies
        return [each for each in tallies if 0 < each.done < each.samples][:MANY]

    def _name(self, tally: Tally) -> str:
        """What a run is called: its task, and its protocol where that has several."""
        runs = [each for each in self.tallies.values() if each.name == tally.name]
        return f"{tally.name}, {tally.protocol}" if len(runs) > 1 else tally.name

    def _state(self) -> Iterator[Part]:
        """What is told of the engine: tokens, requests, money, time."""
        yield from self._tokens()
        if self._pace.in_flight:
            yield (f"{self._pace.in_flight} in flight",)
        priced = [each for each in self.tallies.values() if each.prices is not None]
        if priced:
            spent = dollars(sum(each.dollars for each in priced))
            yield (f"{spent} so far", spent)
        elapsed = duration(self._clock() - self._began)
        yield (f"{elapsed} elapsed", elapsed)
        yield from self._left()

    def _tokens(self) -> Iterator[Part]:
        """Tokens that were written, of at most how many, and how fast."""
        pace, rest = self._pace, self._rest()
        answered = any(each.answers for each in rest.tallies)
        if not pace.written and (answered or not rest.allowed):
            return  # it ranks, or does not count tokens
        written = rounded(pace.written)
        most = rounded(pace.written + rest.allowed)
        needless = ("",) if self._is_silent else ()
        if rest.allowed:
            yield (
                f"{written} of at most {most} tokens",
                f"{written} of {most} tokens",
                f"{written}/{most} tokens",
                f"{written}/{most} tok",
                *needless,
            )
        else:
            yield (f"{written} tokens", f"{written} tok", *needless)
        speed = pace.just_now if pace.in_flight else pace.on_average
        if pace.written and not self._is_silent:
            yield (f"{speed:.0f} tokens/s", "")

    def _rest(self) -> Rest:
        """What the engine has still to do."""
        own = [each for each in self.tallies.values() if each.who == self._who]
        return Rest(own, self._pace)

    def _left(self) -> Iterator[Part]:
        """How long it will take, or what is waited for."""
        if all(each.is_done for each in self.tallies.values()):
            return
        if self._is_silent:
            yield from self._waiting(duration(self._clock() - self._news))
        elif self._loading:
            yield (f"loading {self._who}", "loading the model")
        elif self._pace.in_flight:
            yield from self._forecast()
        elif self._pace.begun is not None:
            yield ("scoring",)

    @property
    def _is_silent(self) -> bool:
        """Whether nothing has come for so long that somebody must be waited for."""
        return self._clock() - self._news >= PATIENCE

    def _waiting(self, silent: str) -> Iterator[Part]:
        """Who is waited for, and since when nothing came."""
        if self._loading:
            yield (f"loading {self._who} for {silent}", f"loading for {silent}")
        elif self._pace.in_flight:
            brief = self._who.partition(":")[0]
            yield (f"waiting {silent} for {self._who}", f"waiting {silent} for {brief}")
        else:
            open_ones = (each for each in self.tallies.values() if not each.is_done)
            name = next(open_ones).name
            yield (f"waiting {silent} for scores of {name}", f"scoring for {silent}")

    def _forecast(self) -> Iterator[Part]:
        """How long the engine will take for what it has to do."""
        rest = self._rest()
        if rest.seconds is None:
            return
        under = "<" if rest.is_bound else ""
        left = f"{under}{duration(rest.seconds)} left"
        others = {each.who for each in self.tallies.values() if not each.is_done}
        later = sorted(others - {self._who})
        yield (f"{left}, then {later[0]}", left) if later else (left,)
