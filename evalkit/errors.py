"""Every failure that a person can cause or mend, named after the boundary it crossed.

* EvalkitError
  - UsageError     what was asked for does not exist or does not fit together
  - DataError      a dataset cannot be had, or does not hold what it should
  - PluginError    a plugin cannot be loaded, or two of them clash
  - TaskError      a task, or a protocol or metric on it, broke its contract
  - BackendError   a backend could not load, or broke the contract of an engine

The command line prints an EvalkitError as one line and exits with status 2. Any
other exception is a bug in evalkit and keeps its traceback.

Plugin code raises ordinary Python errors; `boundary` gives them their name.
"""

import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class EvalkitError(Exception):
    """Base of the errors meant to be read by a person."""


class UsageError(EvalkitError):
    """What was asked for does not exist or does not fit together."""


class DataError(EvalkitError):
    """A dataset cannot be had, or does not hold what it should."""


class PluginError(EvalkitError):
    """A plugin cannot be loaded, or two of them clash."""


class TaskError(EvalkitError):
    """A task, or a protocol or metric on it, broke its contract."""


class BackendError(EvalkitError):
    """A backend could not load, or broke the contract of an engine."""


class Unsound(ValueError):
    """A value that was handed in is not what is meant; `str` says all there is."""


class Interrupted(KeyboardInterrupt):
    """Somebody wants an end: raised by evalkit's own handlers of signals only."""


@contextmanager
def boundary(error: type[EvalkitError], where: str) -> Generator[None]:
    """Name whatever escapes the block after the boundary it crossed."""
    try:
        yield
    except BaseException as exc:
        if is_closing(exc) or passes(exc):
            raise
        raise error(f"{where}: {reason(exc)}") from exc


def passes(exc: BaseException) -> bool:
    """Whether an exception crosses boundaries as it is."""
    return isinstance(exc, EvalkitError) or is_interrupt(exc)


def is_interrupt(exc: BaseException) -> bool:
    """Whether a person wants an end, and not only the code that raised this.

    Without handlers of our own, as in a notebook, there is no telling.
    """
    if not isinstance(exc, KeyboardInterrupt):
        return False
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(exc, Interrupted) or handler in (signal.default_int_handler, None)


def is_closing(exc: BaseException) -> bool:
    """Whether the generator that holds a block of `boundary` is being closed.

    That comes to its yield from outside, while plugin code raises further within.
    """
    trace = exc.__traceback__
    within = trace.tb_next if trace is not None else None
    return isinstance(exc, GeneratorExit) and (within is None or within.tb_next is None)


def guarded(
    error: type[EvalkitError], where: str, give: Callable[[], Iterable[T]]
) -> Iterator[T]:
    """What a plugin gives one after the other; what it raises on the way is named."""
    with boundary(error, where):
        items = iter(give())
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except BaseException as exc:
            if passes(exc):
                raise
            raise error(f"{where}: {reason(exc)}") from exc
        yield item


def of_plugin(giver: str) -> str:
    """What stands behind the name of something that a plugin brought."""
    return f" of plugin {giver}" if giver else ""


def reason(exc: BaseException) -> str:
    """An exception in one line: its type, and its message when it has one, in which
    there may have been secrets."""
    from evalkit.secrets.likeness import discreet  # wanted only where not all is well

    try:
        message = " ".join(discreet(str(exc)).split())
    except Exception:  # whatever a stranger's exception raises
        message = ""
    if message and isinstance(exc, Unsound):
        return message
    return f"{type(exc).__name__}: {message}" if message else type(exc).__name__
