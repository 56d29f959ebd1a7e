"""Why a model could not answer one request, with the kind that results keep."""

from typing import ClassVar

from evalkit import Failure


class Unanswered(ValueError):
    """A request that came to nothing. `str` is what is told of it."""

    kind: ClassVar[Failure] = Failure.OTHER


class TooLong(Unanswered):
    """More tokens than the model can hold."""

    kind = Failure.TOO_LONG


def kind_of(problem: ValueError) -> Failure:
    """Of what kind a failure is; one that nobody foresaw tells none."""
    return problem.kind if isinstance(problem, Unanswered) else Failure.OTHER
