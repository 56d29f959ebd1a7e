"""What runs a model.

A `Backend` is what the user named: a frozen description whose fields are the
options of ``--backend-set``. It finds its model without loading it (`prepare`),
then loads it (`load`) into an `Engine`, which takes requests and gives completions.
Import heavy packages inside `load`, so that listing backends stays quick.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import ClassVar, Self

from evalkit.errors import BackendError, of_plugin
from evalkit.types import Completion, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that was found but not loaded."""

    name: str
    """As a reader would write it: a Hub id, a path, a server's model name."""
    location: str = ""
    """What the backend loads: a folder, say."""
    chats: bool = True
    """Whether it has a chat template."""
    ranks: bool = False
    """Whether its engine answers `Rank` requests."""
    identity: Mapping[str, str] = field(default_factory=dict[str, str])
    """What tells these weights from others: revision, source, quantization. It is
    part of what names the run folder."""


class Engine(ABC):
    """A loaded model at work, used as a context manager around a command's runs."""

    capacity: int = 64
    """How many requests it wants to have at once; it is kept this full."""
    generated_tokens: int = 0
    """Tokens written so far, those of unfinished answers included."""

    @property
    def at_work(self) -> int | None:
        """How many requests it works on right now, where others wait within it; None
        for all that it has."""
        return None

    secrets: Sequence[str] = ()
    """Keys that it sends with its requests, should they come back in answers. Those in
    variables of the environment that are named after keys are known without."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def submit(self, requests: Sequence[Request]) -> None:
        """Take requests, at most `capacity` unanswered ones in all."""

    @abstractmethod
    def step(self) -> Sequence[Completion]:
        """Work for a moment and give what is ready, in any order.

        It may give nothing, but must not return at once with nothing for ever.
        """

    def withdraw(self) -> Sequence[str]:
        """Give back what was taken but not begun: the ids of those requests.

        They are then as if they had never been submitted. Asked of an engine when a
        run is to stop, so that only what is under way has to be waited for.
        """
        return ()

    def facts(self) -> Mapping[str, str]:
        """What a reader needs to repeat the run: versions, dtype, hardware."""
        return {}

    def close(self) -> None:
        """Free the model. May be called twice."""


@dataclass(frozen=True, kw_only=True)
class Backend(ABC):
    """What runs a model, as the user named it.

    Subclass as a frozen dataclass: its fields are the options of ``--backend-set``.
    """

    name: ClassVar[str]
    builtin_model: ClassVar[str] = ""
    """The model to use when the user names none; empty for no offer."""
    local: ClassVar[bool] = True
    """Whether the model runs where its engine is, so that more copies of the engine
    are more power; a server somewhere else has its own."""

    model: str = field(metadata={"option": False})
    giver: str = field(
        default="", metadata={"option": False}, repr=False, compare=False
    )
    """The plugin that it came with, if not with evalkit: errors name that."""

    def prepare(self) -> Model:
        """Find the model and check all options, cheaply; raise UsageError if wrong."""
        return Model(name=self.model)

    def can_rank(self, model: Model) -> bool:
        """Whether the engine of a model that was found answers `Rank` requests.

        Asked only when a question may be put that way, for a server may have to be
        tried.
        """
        return model.ranks

    def gpus(self) -> int:
        """How many GPUs one engine takes, on a machine that has any."""
        return 0

    def at_once(self) -> int | None:
        """How many requests are worked on at once, if that is known beforehand."""
        return None

    @abstractmethod
    def load(self, model: Model) -> Engine:
        """Load the model that `prepare` found."""


def backend_label(backend: Backend) -> str:
    """How errors name a backend."""
    return f"backend {backend.name!r}{of_plugin(backend.giver)}"


def engine_label(backend: Backend, engine: Engine) -> str:
    """How errors name an engine that a backend has loaded."""
    return f"{backend_label(backend)}, {type(engine).__qualname__}"


class BatchEngine(Engine):
    """For simple engines: one method that answers a batch.

    What `complete` yields is passed on at once, so that a journal has it even when
    the batch is slow.
    """

    def __init__(self, capacity: int = 64) -> None:
        self.capacity = capacity
        self._waiting: list[Request] = []
        self._unanswered: set[str] = set()
        self._answers: Iterator[Completion] = iter(())

    @abstractmethod
    def complete(self, batch: Sequence[Request]) -> Iterable[Completion]:
        """Yield exactly one completion per request, in any order."""

    def submit(self, requests: Sequence[Request]) -> None:
        self._waiting.extend(requests)

    def withdraw(self) -> Sequence[str]:
        waiting, self._waiting = self._waiting, []
        return [request.id for request in waiting]

    def step(self) -> Sequence[Completion]:
        if not self._unanswered:
            for surplus in self._answers:
                raise BackendError(
                    f"complete() answered {surplus.request_id!r} once too often"
                )
            batch, self._waiting = self._waiting, []
            self._unanswered = {request.id for request in batch}
            self._answers = iter(self.complete(batch))
        for completion in self._answers:
            self._unanswered.discard(completion.request_id)
            self.generated_tokens += completion.completion_tokens
            return (completion,)
        if self._unanswered:
            raise BackendError(f"complete() left {len(self._unanswered)} unanswered")
        return ()
