"""One copy: the process of Ray's in which an engine works.

The engine has a thread of its own and never waits for the driver: requests and answers
lie on a desk, which other threads look after.
"""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit import (
    Backend,
    BackendError,
    Engine,
    Model,
    Request,
    __version__,
    boundary,
)
from evalkit_backends._replicas.desk import Desk, Progress, Started
from evalkit_backends._replicas.library import ray

THREADS = 4
"""That speak to the driver: one of them waits for answers most of the time."""


class Copy:
    """An engine at work; its methods are called from afar."""

    def __init__(self) -> None:
        self._desk = Desk()

    def settle(self, folder: str, paths: Sequence[str]) -> None:
        """Work in the driver's folder and find the modules that it finds, as far as
        this node has them. An answer at all means that the process is there."""
        if Path(folder).is_dir():
            os.chdir(folder)
        known = set(sys.path)
        sys.path += [each for each in paths if each not in known]

    def work(self, backend: Backend, model: Model, home: str) -> None:
        """Load the model and answer requests until told to close.

        `home` is the node on which the model was found. What the backend raises is a
        BackendError unless it has a name already, which can be told to a user as it is.
        """
        host = platform.node()
        with boundary(BackendError, f"a copy on {host}"):
            node = str(ray.get_runtime_context().get_node_id())
            found = model if node == home else None
            with backend.load(here(backend, model, found, host)) as engine:
                self._desk.open(
                    Started(
                        capacity=engine.capacity,
                        facts=dict(engine.facts()),
                        evalkit=__version__,
                        host=host,
                    )
                )
                attend(engine, self._desk)

    def started(self) -> Started:
        return self._desk.started()

    def bring(self, requests: list[Request]) -> None:
        self._desk.bring(requests)

    def take(self) -> Progress:
        return self._desk.take()

    def take_back(self) -> list[str]:
        return self._desk.take_back()

    def close(self) -> None:
        self._desk.close()


def here(backend: Backend, model: Model, found: Model | None, host: str) -> Model:
    """The model as it lies on this node, which must be the one that was found.

    Looks for it if that was done on another node, or if it has gone since.
    """
    if found is not None and (not model.location or Path(model.location).exists()):
        return found
    own = backend.prepare()
    if own.identity != model.identity:
        raise BackendError(
            f"{model.name!r} on {host} is another model than where evalkit runs: "
            f"{dict(own.identity)}, not {dict(model.identity)}"
        )
    return own


def attend(engine: Engine, desk: Desk) -> None:
    """Pass requests and completions between a desk and an engine until it is closed."""
    unanswered = 0
    while (requests := desk.next(idle=not unanswered)) is not None:
        if requests:
            engine.submit(requests)
            unanswered += len(requests)
        if desk.wanted_back:
            ids = engine.withdraw()
            unanswered -= len(ids)
            desk.give_back(ids)
        if unanswered:
            completions = engine.step()
            unanswered -= len(completions)
            facts: Mapping[str, str] = {} if unanswered else engine.facts()
            desk.put(completions, engine.generated_tokens, facts)
