"""Loading a model when it is first needed, and freeing it at the end."""

import gc
from contextlib import ExitStack
from dataclasses import dataclass

from evalkit.backend import Backend, Engine, Model
from evalkit.errors import BackendError, boundary


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
        where = f"backend {backend.name!r}, loading {backend.model!r}"
        with boundary(BackendError, where):
            engine = self.loads.load(self.model)
        self.stack.callback(self.close, engine)
        if engine.capacity < 1:
            raise BackendError(
                f"backend {backend.name!r} wants {engine.capacity} requests at once"
            )
        gc.freeze()  # what is there by now stays: looking it through costs time
        self.engine = engine
        return engine

    def close(self, engine: Engine) -> None:
        """Free the model."""
        with boundary(BackendError, f"backend {self.backend.name!r}, close()"):
            engine.close()
