"""Several copies of a local backend's engine, worked as one: ``--replicas N``.

Ray starts the copies, each in a process of its own with its share of the CPUs or its
GPUs, on this machine or on the nodes of a cluster (``--ray-address``). Which copy
answers a request makes no difference to what is asked, so a run is the same run
whatever their number.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

from evalkit import Backend, Engine, Model, UsageError, hookimpl
from evalkit_backends._replicas.address import check_address


@dataclass(frozen=True, kw_only=True)
class Replicas(Backend):
    """Another backend, of whose engine there are several copies."""

    name: ClassVar[str] = "replicas"

    inner: Backend
    replicas: int
    address: str = ""
    """Of the cluster to join; empty to start Ray on this machine."""

    def __post_init__(self) -> None:
        # To a reader this is the other backend: its name is part of a run's identity.
        object.__setattr__(self, "name", self.inner.name)

    def prepare(self) -> Model:
        """Find the model as the other backend does.

        Raises UsageError when Ray is not installed or the address is none.
        """
        if find_spec("ray") is None:
            raise UsageError(
                f"--replicas {self.replicas} needs ray: pip install 'evalkit[ray]'"
            )
        check_address(self.address)
        return self.inner.prepare()

    def can_rank(self, model: Model) -> bool:
        return self.inner.can_rank(model)

    def gpus(self) -> int:
        return self.inner.gpus() * self.replicas

    def at_once(self) -> int | None:
        each = self.inner.at_once()
        return None if each is None else each * self.replicas

    def load(self, model: Model) -> Engine:
        """Start or join Ray and load the copies.

        Raises UsageError if there is no room for so many.
        """
        from evalkit_backends._replicas.quiet import hush

        hush()  # before Ray is imported, which is when it reads these settings
        from evalkit_backends._replicas.starting import Wish, start

        wish = Wish(
            backend=self.inner,
            model=model,
            replicas=self.replicas,
            address=self.address,
        )
        return start(wish)


@hookimpl(trylast=True)
def evalkit_replicate(backend: Backend, replicas: int, address: str) -> Backend:
    """Copies by Ray, unless another plugin has a way of its own."""
    return Replicas(
        model=backend.model, inner=backend, replicas=replicas, address=address
    )
