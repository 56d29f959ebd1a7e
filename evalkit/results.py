"""Writing results in the order of the samples, and reading them back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from evalkit.errors import DataError
from evalkit.secrets.stored import as_stored
from evalkit.types import Attempt, Outcome, Sample, SampleResult, Score

OPEN = frozenset({Outcome.ERROR, Outcome.UNDECIDED})
"""Outcomes that tell nothing about the answer: it might be right."""

DECODER = msgspec.json.Decoder(SampleResult)
ENCODER = msgspec.json.Encoder()


class ResultsWriter:
    """Writes each result when all before it are written, and then forgets it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0
        self.draft = path.with_name(path.name + ".part")
        """Where the results are until all are there."""
        self._file = self.draft.open("wb")
        self._early: dict[int, SampleResult] = {}

    def add(self, result: SampleResult) -> None:
        self._early[result.index] = result
        while self.written in self._early:
            self._file.write(ENCODER.encode(self._early.pop(self.written)) + b"\n")
            self.written += 1

    def flush(self) -> None:
        """Let the draft be read."""
        self._file.flush()

    def finish(self) -> None:
        """Put the finished file in its place, at once and whole."""
        self.close()
        self.draft.replace(self.path)

    def close(self) -> None:
        self._file.close()


class Results(Iterable[SampleResult]):
    """A finished run's results, read from disk anew by each loop over them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[SampleResult]:
        try:
            with self.path.open("rb") as lines:
                for line in lines:
                    yield DECODER.decode(line)
        except FileNotFoundError as exc:
            raise DataError(f"there are no results in {str(self.path)!r}") from exc
        except OSError as exc:
            raise DataError(
                f"{str(self.path)!r} cannot be read: {exc.strerror}"
            ) from exc
        except msgspec.DecodeError as exc:
            raise DataError(f"{str(self.path)!r} is damaged: {exc}") from exc


def result_of(
    sample: Sample, index: int, attempts: tuple[Attempt, ...]
) -> SampleResult:
    """A sample with all the attempts at it."""
    return SampleResult(
        index=index,
        id=sample.id,
        question=sample.question,
        target=sample.target,
        max_points=sample.points,
        metadata=sample.metadata,
        attempts=tuple(map(as_stored, attempts)),
        rubric=sample.rubric,
    )


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
