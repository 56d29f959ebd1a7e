"""Loading a model when it is first needed, and freeing it at the end."""

import gc
from contextlib import ExitStack
from dataclasses import dataclass

from evalkit.backend import Backend, Engine, Model, backend_label, engine_label
from evalkit.errors import BackendError, Unsound, boundary
from evalkit.text import shown


@dataclass(slots=True)
class Loading:
    """Loads one model; what goes wrong there is the backend's failure."""

    backend: Backend
    """What the user named."""
    loads: Backend
    model: Model
    stack: ExitStack
    """At whose end the model is freed."""
    engine: Engine | None = None

    def load(self) -> Engine:
        backend = self.backend
        where = f"{backend_label(backend)}, loading {backend.model!r}"
        with boundary(BackendError, where):
            engine = sound_engine(self.loads.load(self.model))
        self.stack.callback(self.close, engine)
        with boundary(BackendError, engine_label(backend, engine)):
            check_capacity(engine)
        gc.freeze()  # what is there by now stays: looking it through costs time
        self.engine = engine
        return engine

    def label(self) -> str:
        """How errors name the engine, or what is to load it."""
        if self.engine is None:
            return backend_label(self.backend)
        return engine_label(self.backend, self.engine)

    def close(self, engine: Engine) -> None:
        """Free the model."""
        with boundary(BackendError, f"{backend_label(self.backend)}, close()"):
            engine.close()


def sound_engine(given: object) -> Engine:
    """What a backend has loaded, if it is an engine."""
    if not isinstance(given, Engine):
        raise Unsound(f"load() gives {shown(given)} where an Engine is meant")
    return given


def check_capacity(engine: Engine) -> None:
    """Refuse an engine that wants no requests."""
    if type(engine.capacity) is not int or engine.capacity < 1:
        wanted = shown(engine.capacity)
        raise Unsound(f"wants {wanted} requests at once: capacity must be 1 or more")
