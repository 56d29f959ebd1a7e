"""Processes that end when whoever started them has ended, however that came."""

import os
import select
import signal
from threading import Thread


def end_with_parent(pipe: int) -> None:
    """Watch the end of a pipe that this process reads from: once nobody can write to
    it any more, kill the process, and its group if it leads one.

    The parent may have been killed while this process waits for something else.
    """
    Thread(target=kill_when_closed, args=(pipe,), daemon=True).start()


def kill_when_closed(pipe: int) -> None:
    """Wait until the other end is closed, whatever there is to read, and kill."""
    watched = select.poll()
    watched.register(pipe, 0)  # no event but those that are always told: it is over
    watched.poll()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
