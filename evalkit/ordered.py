"""Scores in the order of the answers, however the scoring processes finish.

Answers are taken from an iterator as there is room, so that neither their number nor
one that takes long makes memory grow.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from evalkit.scoring import ScoringPool
from evalkit.scoring_worker import Job
from evalkit.types import Answer, Sample, Score

T = TypeVar("T")

WINDOW = 256
"""How many answers may be taken and not yet handed back: enough for all workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[T]):
    """One answer to score, and what it is to whoever wants to know."""

    subject: T
    sample: Sample
    answer: Answer
    score: Score | None = None
    """Given where there is nothing to judge: no process is asked then."""


def scored(
    pool: ScoringPool, cases: Iterable[Case[T]]
) -> Iterator[tuple[Case[T], Score]]:
    """Each case with its score, by the first task of the pool."""
    numbered = enumerate(cases)
    taken: deque[tuple[int, Case[T]]] = deque()
    scores: dict[int, Score] = {}
    while True:
        for number, case in islice(numbered, WINDOW - len(taken)):
            taken.append((number, case))
            if case.score is None:
                pool.submit(job(number, case))
            else:
                scores[number] = case.score
        if not taken:
            return
        for result in pool.poll(wait=taken[0][0] not in scores):
            scores[result.id] = result.score
        while taken and taken[0][0] in scores:
            number, case = taken.popleft()
            yield case, scores.pop(number)


def job(number: int, case: Case[T]) -> Job:
    """What a scoring process is told."""
    return Job(id=number, task=0, sample=case.sample, answer=case.answer)
