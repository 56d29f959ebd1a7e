"""Keeping transformers from writing over the terminal's progress display."""

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager

from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
)
from transformers.utils import logging as its_logging


@contextmanager
def quiet() -> Generator[None]:
    """Silence its advice while the block runs; errors are still raised."""
    verbosity = its_logging.get_verbosity()
    its_logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        its_logging.set_verbosity(verbosity)


@contextmanager
def without_bars() -> Generator[None]:
    """Show none of its progress bars, nor its advice, while the block runs."""
    shown = its_logging.is_progress_bar_enabled()
    shown_by_hub = not are_progress_bars_disabled()
    with quiet(), warnings.catch_warnings():
        # Both warn where an environment variable has settled the matter.
        warnings.simplefilter("ignore")
        its_logging.disable_progress_bar()
        try:
            yield
        finally:
            if shown:
                its_logging.enable_progress_bar()
            if not shown_by_hub:
                disable_progress_bars()
