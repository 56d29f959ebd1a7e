"""Being connected to Ray: to one that is there, or to one of our own."""

import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from evalkit import BackendError, UsageError, boundary
from evalkit_backends._replicas.library import ray

OBJECT_STORE = 80 * 2**20
"""Bytes of shared memory: hardly more than the least that Ray takes, since requests
and answers are small and go past it."""
LONGEST_FOLDER = 20
"""Characters of the folder for temporary files beyond which the names of Ray's sockets
would be too long for the system."""
QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}


@contextmanager
def connected(address: str) -> Generator[None]:
    """Ray, joined or started; left or ended afterwards.

    A connection that this process has already is used and left as it is.
    """
    if ray.is_initialized():
        yield
    elif address:
        with left_in_the_end():
            with boundary(UsageError, f"--ray-address {address!r}"), same_sigterm():
                ray.init(address, **QUIET)
            yield
    else:
        with scratch_folder() as folder, left_in_the_end():
            with boundary(BackendError, "starting Ray on this machine"), same_sigterm():
                start(folder)
            yield


def start(folder: str) -> None:
    """Start Ray on this machine, with its files in a folder of ours.

    Whoever speaks to it needs a token. Ray would write one into the home folder.
    """
    if "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    ray.init(
        "local",
        include_dashboard=False,
        object_store_memory=OBJECT_STORE,
        _temp_dir=folder,
        **QUIET,
    )


@contextmanager
def left_in_the_end() -> Generator[None]:
    """Disconnect afterwards, and end what was started."""
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def same_sigterm() -> Generator[None]:
    """Keep what this process does when it is told to end; Ray changes that."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def scratch_folder() -> Generator[str]:
    """A folder that nobody else can read, for Ray's sockets and logs."""
    parent = tempfile.gettempdir()
    if len(parent) > LONGEST_FOLDER:
        parent = "/tmp"
    folder = tempfile.mkdtemp(prefix="evalkit-ray-", dir=parent)
    try:
        yield folder
    finally:
        # A daemon that is just ending may still write to its log.
        shutil.rmtree(folder, ignore_errors=True)
