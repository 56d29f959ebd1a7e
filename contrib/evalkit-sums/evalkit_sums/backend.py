"""A model that adds up the numbers it is shown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit import (
    Backend,
    BatchEngine,
    Completion,
    Engine,
    Model,
    Request,
    UsageError,
    hookimpl,
)

LIMITS = {"perfect": None, "sloppy": 7}


@dataclass(frozen=True, kw_only=True)
class Adder(Backend):
    """Adds the numbers in the question; adder:sloppy gives up above 7."""

    name = "adder"

    def prepare(self) -> Model:
        if self.model not in LIMITS:
            raise UsageError(f"no model {self.model!r}. There are: {', '.join(LIMITS)}")
        return Model(name=self.model)

    def load(self, model: Model) -> Engine:
        return AdderEngine(limit=LIMITS[self.model])


class AdderEngine(BatchEngine):
    """The adder at work."""

    def __init__(self, limit: int | None) -> None:
        super().__init__()
        self._limit = limit

    def complete(self, batch: Sequence[Request]) -> Iterable[Completion]:
        for request in batch:
            total = sum(int(n) for n in re.findall(r"\d+", str(request.prompt)))
            too_much = self._limit is not None and total > self._limit
            yield request.completion("I lost count" if too_much else f"It is {total}")


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (Adder,)
