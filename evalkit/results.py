"""Writing results in the order of the samples, and reading them back."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from evalkit.disk import DAMAGES, draft_own, lines_of, move_own, named, remove_own
from evalkit.errors import DataError
from evalkit.record import RunRecord
from evalkit.secrets.stored import as_stored
from evalkit.types import Attempt, Outcome, Sample, SampleResult, Score, Turn

T = TypeVar("T")

OPEN = frozenset({Outcome.ERROR, Outcome.UNDECIDED})
"""Outcomes that tell nothing about the answer: it might be right."""

DECODER = msgspec.json.Decoder(SampleResult)
ENCODER = msgspec.json.Encoder()


class ResultsWriter:
    """Writes each result when all before it are written, and then forgets it."""

    def __init__(
        self,
        path: Path,
        own: int = 0,
        tell: Callable[[SampleResult], object] = lambda result: None,
    ) -> None:
        """`own` is as in `evalkit.disk`; `tell` hears of each result in its order."""
        self.path = path
        self.own = own
        self._tell = tell
        self.written = 0
        self.draft = path.with_name(path.name + ".part")
        """Where the results are until all are there."""
        self._file = draft_own(self.draft, own)
        self._early: dict[int, SampleResult] = {}
        self.held = 0
        """Characters of what the models wrote in results that wait for earlier ones."""

    def add(self, result: SampleResult) -> None:
        self._early[result.index] = result
        self.held += letters_of(result)
        while self.written in self._early:
            following = self._early.pop(self.written)
            self.held -= letters_of(following)
            with named(self.draft):
                self._file.write(ENCODER.encode(following) + b"\n")
            self.written += 1
            self._tell(following)

    def flush(self) -> None:
        """Let the draft be read."""
        with named(self.draft):
            self._file.flush()

    def finish(self) -> None:
        """Put the finished file in its place, at once and whole."""
        self.close()
        move_own(self.draft, self.path, self.own)

    def discard(self) -> None:
        """Leave what was there before."""
        self.close()
        remove_own(self.draft, self.own)

    def close(self) -> None:
        with named(self.draft):
            self._file.close()


class Results(Iterable[SampleResult]):
    """A finished run's results, read from disk anew by each loop over them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[SampleResult]:
        return decoded(self.path, DECODER)


def decoded(path: Path, decoder: "msgspec.json.Decoder[T]") -> Iterator[T]:
    """The lines of a file of results; a DataError says what is wrong with them."""
    try:
        for line in lines_of(path):
            yield decoder.decode(line)
    except FileNotFoundError as exc:
        raise DataError(f"there are no results in {str(path)!r}") from exc
    except OSError as exc:
        raise DataError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
    except DAMAGES as exc:
        raise DataError(f"{str(path)!r} is damaged: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of a score, what a run's record counts."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Tried:
    """Of an attempt, its verdict."""

    score: Verdict


@dataclass(frozen=True, slots=True)
class Place:
    """Of a result, what tells whether all of them are there."""

    index: int
    attempts: tuple[Tried, ...]


PLACES = msgspec.json.Decoder(Place)


def finished_results(path: Path, record: RunRecord) -> Results:
    """A finished run's results, all of which are there and in order.

    Raises DataError where they are not what the run's record says: a file may have been
    cut, at the end of a line too, or have lines twice.
    """
    wanted = (record.samples, record.spec.attempts)
    found: Counter[str] = Counter()
    count = 0
    problem = ""
    for count, place in enumerate(decoded(path, PLACES), start=1):
        found.update(each.score.outcome.value for each in place.attempts)
        if place.index != count - 1:
            problem = problem or f"line {count} has the result number {place.index + 1}"
        if len(place.attempts) != wanted[1]:
            n = len(place.attempts)
            problem = problem or f"line {count} has {n} of {wanted[1]} attempts"
    if count != wanted[0]:
        problem = f"it holds {count} results, and its record counts {wanted[0]}"
    if not problem and found != Counter(record.outcomes):
        problem = "its outcomes are not those that its record counts"
    if problem:
        raise DataError(
            f"{str(path)!r} is damaged: {problem}. The command that made the run makes "
            "it anew from completions.jsonl"
        )
    return Results(path)


def verdict_of(score: Score) -> tuple[float, float, Outcome]:
    """What a score says about an answer, its reasons left aside."""
    return score.value, score.points, score.outcome


def result_of(
    sample: Sample, index: int, attempts: tuple[Attempt, ...], cluster: str = ""
) -> SampleResult:
    """A sample with all the attempts at it, and what it has in common with others."""
    return SampleResult(
        index=index,
        id=sample.id,
        question=sample.question,
        target=sample.target,
        max_points=sample.points,
        metadata=sample.metadata,
        attempts=tuple(map(as_stored, attempts)),
        rubric=sample.rubric,
        cluster=cluster,
    )


def letters(turns: Iterable[Turn]) -> int:
    """Characters that a model wrote."""
    return sum(len(each.text) + len(each.reasoning) for each in turns)


def letters_of(result: SampleResult) -> int:
    """Characters that a model wrote in all attempts at a sample."""
    return sum(letters(attempt.turns) for attempt in result.attempts)


def forgiven(results: Iterable[SampleResult]) -> Iterator[SampleResult]:
    """The results as they would be if all that failed or is undecided were right."""
    for result in results:
        attempts = tuple(forgive(each, result.max_points) for each in result.attempts)
        yield replace(result, attempts=attempts)


def forgive(attempt: Attempt, points: float) -> Attempt:
    if attempt.score.outcome not in OPEN:
        return attempt
    return replace(
        attempt, score=Score(value=1.0, points=points, outcome=Outcome.RIGHT)
    )
