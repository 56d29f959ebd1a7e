"""Ctrl-C is for evalkit alone, not for the processes that an engine starts.

A terminal sends SIGINT to all of them. evalkit goes on until what is under way has
been answered; vLLM's workers would be gone by then, for they end at the first one and
install a handler of their own that cannot be kept out. But a process that is started
while SIGINT is blocked has it blocked for good, handler or not. They still end with
SIGTERM, and with the process that started them.
"""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing import resource_tracker

SIGINT = {signal.SIGINT}


@contextmanager
def shielded() -> Generator[None]:
    """Processes started in the block never see SIGINT; this one still does.

    It is blocked in this thread only. Another one takes it meanwhile, and Python then
    calls the handler in the main thread as ever, once that is between two steps.
    """
    # It unblocks SIGINT when it is started, so that has to have happened before.
    resource_tracker.ensure_running()
    over = threading.Event()
    receiver = threading.Thread(target=over.wait, name="sigint", daemon=True)
    receiver.start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGINT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        over.set()
        receiver.join()
