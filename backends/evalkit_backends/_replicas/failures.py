"""What went wrong with a copy: its engine failed, or its process was lost."""

import re

import ray.exceptions

from evalkit import BackendError, EvalkitError

LOST = (
    ray.exceptions.RayActorError,
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.ObjectLostError,
)
"""What Ray raises when a process is gone or out of reach, whatever it did."""
NOT_IMPORTED = re.compile(r"(?:ModuleNotFoundError|ImportError|AttributeError): (.+)")
DEATH = "The actor is dead because "
GUESSES = " Some common causes"
"""What Ray puts behind the cause of a death."""


def is_loss(problem: Exception) -> bool:
    """Whether a copy is gone, which another can make up for."""
    return isinstance(problem, LOST) and not NOT_IMPORTED.search(str(problem))


def named(problem: Exception) -> EvalkitError:
    """The error to raise for what Ray has raised, in one line.

    One that had a name where it was raised comes across as it is.
    """
    cause = getattr(problem, "cause", None)
    if isinstance(cause, EvalkitError):
        return cause
    missing = NOT_IMPORTED.findall(str(problem))
    if missing:
        return BackendError(
            "a node that is to run a copy lacks code that there is here: "
            f"{missing[-1]}. Install the same evalkit, plugins and engine on all nodes"
        )
    return BackendError(f"a copy was lost: {told(problem)}")


def told(problem: Exception) -> str:
    """What Ray says of a death in one line, short of its guesses at the cause."""
    if isinstance(cause := getattr(problem, "cause", None), EvalkitError):
        return str(cause)
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    deaths = [line for line in lines if line.startswith(DEATH)]
    line = (deaths or lines or [type(problem).__name__])[0]
    return line.removeprefix(DEATH).partition(GUESSES)[0]
