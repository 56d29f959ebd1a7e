"""The marks of a run, one file for each marker, beside the run's results.

<run folder>/marks/<marker>.json

`results.jsonl` has the automatic scores; what people and judges gave is kept here and
never mixed with them.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from evalkit.disk import DAMAGES, make_own, read_file, remove_own, replace_own
from evalkit.errors import DataError, UsageError
from evalkit.folder import RunFolder, now
from evalkit.record import pretty
from evalkit.task import outcome_of
from evalkit.types import Attempt, Mark, Outcome, SampleResult, Score

AUTOMATIC = "automatic"
"""The marker whose scores are those in results.jsonl."""

NAME = re.compile(r"(judge|human)(-?)([1-9][0-9]{0,3})?")
"""What a stored marker may be called: judge, judge-2, human, human2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedAnswer:
    """What one attempt at a sample was given."""

    id: str
    """Of the sample."""
    attempt: int
    """From 0."""
    points: float
    marks: tuple[Mark, ...] = ()
    """What each step of the rubric earned, if the marker told."""
    comment: str = ""
    votes: tuple[float, ...] = ()
    """Where a judge was asked several times: what it gave each time."""
    error: str = ""
    """Why there are no points; an answer with an error counts as not marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """Everything that one marker gave to a run."""

    marker: str
    """judge, judge-2, human, human2 and so on."""
    by: str = ""
    """Who that was: a person's name, or a judge's model."""
    made: str = ""
    """When, in UTC."""
    results_sha256: str = ""
    """`answers_sha256` of the answers that were marked."""
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """How a judge was asked: its model, the version of its prompt, and so on."""
    answers: tuple[MarkedAnswer, ...] = ()

    def is_of(self, results: Iterable[SampleResult]) -> bool:
        """Whether just the answers that these are were marked, as far as is known.

        There may be more of them: a run that was extended keeps its marks.
        """
        if not self.results_sha256:
            return True
        return self.results_sha256 == answers_sha256(results, self.answers)


def marking_of(
    results: Iterable[SampleResult],
    answers: Iterable[MarkedAnswer],
    *,
    marker: str,
    by: str,
    facts: Mapping[str, str] | None = None,
) -> Marking:
    """What a marker gives now to answers among these results."""
    given = tuple(answers)
    return Marking(
        marker=marker,
        by=by,
        made=now(),
        results_sha256=answers_sha256(results, given),
        facts=facts or {},
        answers=given,
    )


def answers_sha256(
    results: Iterable[SampleResult], marked: Iterable[MarkedAnswer]
) -> str:
    """A digest of the answers that were marked, but not of their scores.

    Judging a run anew leaves it as it is; another answer in their place changes it.
    """
    places = {(each.id, each.attempt) for each in marked}
    total = hashlib.sha256()
    for result in results:
        for number, attempt in enumerate(result.attempts):
            if (result.id, number) not in places:
                continue
            shown = (result.id, number, result.max_points, written(attempt))
            total.update(msgspec.json.encode(shown) + b"\n")
    return total.hexdigest()


def written(attempt: Attempt) -> str:
    """What the model wrote last: this is what is marked."""
    return attempt.turns[-1].text if attempt.turns else ""


def marking_path(folder: RunFolder, marker: str) -> Path:
    """Where a marker's file is; UsageError for a name that no marker can have."""
    if not NAME.fullmatch(marker):
        raise UsageError(
            f"marker {marker!r} cannot be: markers are called judge, judge-2, human, "
            "human2 and so on"
        )
    return folder.path / "marks" / f"{marker}.json"


def write_marking(folder: RunFolder, marking: Marking) -> None:
    """Put a marker's file in its place, whole, over any that was there."""
    path = marking_path(folder, marking.marker)
    make_own(path.parent, folder.own + 1)
    replace_own(path, pretty(marking), folder.own + 1)


def write_markings(given: Sequence[tuple[RunFolder, Marking]]) -> None:
    """Put several runs' marks in place; if that fails for one, for none of them."""
    paths = [marking_path(folder, marking.marker) for folder, marking in given]
    before: list[bytes | None] = []
    done = 0
    try:
        for path, (folder, marking) in zip(paths, given, strict=True):
            before.append(read_file(path) if path.exists() else None)
            write_marking(folder, marking)
            done += 1
    except OSError as exc:
        for (folder, marking), content in zip(given[:done], before, strict=False):
            path = marking_path(folder, marking.marker)
            if content is None:
                remove_own(path, folder.own + 1)
            else:
                replace_own(path, content, folder.own + 1)
        where = str(paths[done])
        raise UsageError(f"{where!r} cannot be written: {exc.strerror}") from exc


def read_marking(folder: RunFolder, marker: str) -> Marking:
    """What a marker gave; a UsageError names the markers that there are."""
    path = marking_path(folder, marker)
    if not path.exists():
        raise UsageError(
            f"run {str(folder.path)!r} has no marks by {marker!r}. It has: "
            f"{', '.join((AUTOMATIC, *markers(folder)))}"
        )
    return decoded(path, marker)


def markings(folder: RunFolder) -> tuple[Marking, ...]:
    """All that is stored, judges first."""
    return tuple(decoded(marking_path(folder, name), name) for name in markers(folder))


def markers(folder: RunFolder) -> tuple[str, ...]:
    """The names of those whose marks are stored, judges first, each kind in order."""
    matches = (
        NAME.fullmatch(path.stem) for path in (folder.path / "marks").glob("*.json")
    )
    found = [match for match in matches if match]
    found.sort(key=lambda match: (match[1] != "judge", int(match[3] or 1), match[0]))
    return tuple(match[0] for match in found)


def decoded(path: Path, marker: str) -> Marking:
    """A marker's file, checked: somebody may have written in it."""
    try:
        marking = msgspec.json.decode(read_file(path), type=Marking)
    except OSError as exc:
        raise DataError(f"{str(path)!r} cannot be read: {exc.strerror}") from exc
    except DAMAGES as exc:
        raise DataError(f"{str(path)!r} is damaged: {exc}") from exc
    if marking.marker != marker:
        raise DataError(
            f"{str(path)!r} is damaged: it holds the marks of {marking.marker!r}"
        )
    seen: set[tuple[str, int]] = set()
    for each in marking.answers:
        if (each.id, each.attempt) in seen:
            raise DataError(f"{str(path)!r} is damaged: it marks {each.id!r} twice")
        seen.add((each.id, each.attempt))
    return marking


def remarked(
    results: Iterable[SampleResult], marking: Marking
) -> Iterator[SampleResult]:
    """The results with one marker's points as their scores.

    An answer without marks gets the outcome `error` and an explanation, as one has
    that could not be judged: it is counted, and earns nothing.
    """
    given = {(each.id, each.attempt): each for each in marking.answers}
    for result in results:
        attempts = tuple(
            remarked_attempt(result, attempt, given.get((result.id, number)), marking)
            for number, attempt in enumerate(result.attempts)
        )
        yield replace(result, attempts=attempts)


def remarked_attempt(
    result: SampleResult,
    attempt: Attempt,
    marked: MarkedAnswer | None,
    marking: Marking,
) -> Attempt:
    """One attempt with the score that a marker gave it."""
    if marked is None or marked.error:
        why = f": {marked.error}" if marked else ""
        unmarked = f"not marked by {marking.marker}{why}"
        score = Score(value=0.0, outcome=Outcome.ERROR, explanation=unmarked)
        return replace(attempt, score=score)
    if not 0 <= marked.points <= result.max_points:
        raise DataError(
            f"the marks by {marking.marker!r} are damaged: {marked.points:g} points "
            f"for {result.id!r}, which is worth {result.max_points:g}"
        )
    score = score_of(marked, result.max_points, attempt.score.answer)
    return replace(attempt, score=score)


def score_of(marked: MarkedAnswer, worth: float, read: str | None = None) -> Score:
    """The points that a marker gave to an answer, as its score."""
    value = marked.points / worth if worth else 0.0
    return Score(
        value=value,
        outcome=outcome_of(read or "", value),  # people see an answer in any text
        points=marked.points,
        answer=read,
        explanation=marked.comment,
        marks=marked.marks,
    )
