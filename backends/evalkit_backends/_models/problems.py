"""transformers' ways to say that a model does not load, as one line in its name."""

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager

from evalkit import EvalkitError
from evalkit_backends._models.code import NOT_RUN, OPTION
from evalkit_backends._models.files import Whose
from evalkit_backends._models.naming import some

LOGGER = "transformers.modeling_utils"
UNMADE = re.compile(r"^(\S+) +\| +CONVERSION", re.MULTILINE)
"""A line of its report on weights that it could not make of those in the files."""
LONGEST = 300


@contextmanager
def told(whose: Whose) -> Generator[None]:
    """Name the model in whatever transformers raises while the block runs."""
    try:
        yield
    except EvalkitError:
        raise
    except Exception as exc:
        if OPTION in str(exc):
            raise whose.refusal(f"takes code of its own, {NOT_RUN}") from exc
        raise whose.refusal(f"cannot be loaded: {brief(exc)}") from exc


@contextmanager
def converting() -> Generator[None]:
    """Name the weights that could not be made of those in the files: the error does
    not, only what is logged before it."""
    reports = Reports()
    logger = logging.getLogger(LOGGER)
    before, passed_on = logger.level, logger.propagate
    logger.addHandler(reports)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield
    except RuntimeError as exc:
        unmade = UNMADE.findall(reports.text)
        if not unmade:
            raise
        raise ValueError(
            f"{len(unmade)} of its weights cannot be made of those in the files "
            f"({some(unmade)})"
        ) from exc
    finally:
        logger.removeHandler(reports)
        logger.setLevel(before)
        logger.propagate = passed_on


class Reports(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.getMessage()}\n"


def brief(problem: BaseException) -> str:
    """What an error says, in one line of a bounded length that names its kind."""
    words = " ".join(str(problem).split())
    # What follows is advice for those who call transformers, and lists of hundreds.
    for end in (" Model type should be one of", " You can update", " You can inspect"):
        words = words.partition(end)[0]
    shown = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
    return f"{type(problem).__name__}: {shown}" if shown else type(problem).__name__
