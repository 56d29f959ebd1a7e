"""Keeping vLLM from reporting home and from writing over the progress display."""

import logging
import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager

FIXED = {"VLLM_NO_USAGE_STATS": "1", "VLLM_DO_NOT_TRACK": "1", "DO_NOT_TRACK": "1"}
"""vLLM sends what it runs on to its makers unless told not to."""
DEFAULTS = {
    # Its errors are shown, on the stream for errors.
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    # The engine runs in this process where it has one device; see `shield`.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
}
"""What a user may have set otherwise, to look for a fault."""


def settle_environment() -> None:
    """Set what vLLM reads when it is imported, and its processes when they start."""
    os.environ.update(FIXED)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    # It is spoken to before it has read the above.
    logging.getLogger("vllm").setLevel(os.environ["VLLM_LOGGING_LEVEL"].upper())


@contextmanager
def without_advice() -> Generator[None]:
    """Show no warnings of the libraries below; errors are still raised.

    Processes that are started in the block show none either.
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
