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

from collections.abc import Generator
from contextlib import contextmanager

from evalkit.secrets.likeness import discreet


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


@contextmanager
def boundary(error: type[EvalkitError], where: str) -> Generator[None]:
    """Name whatever escapes the block after the boundary it crossed."""
    try:
        yield
    except EvalkitError:
        raise
    except (Exception, SystemExit) as exc:
        raise error(f"{where}: {reason(exc)}") from exc


def reason(exc: BaseException) -> str:
    """An exception in one line: its type, and its message when it has one, in which
    there may have been secrets."""
    message = " ".join(discreet(str(exc)).split())
    return f"{type(exc).__name__}: {message}" if message else type(exc).__name__
