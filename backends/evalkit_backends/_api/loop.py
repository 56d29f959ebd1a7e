"""An event loop that works while it is waited for, or beside a caller's own loop."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Loop(ABC):
    """Where the coroutines of an engine run."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    @abstractmethod
    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine."""

    def close(self) -> None:
        """End all that still runs. May be called twice."""
        if not self.loop.is_closed():
            self.run(cancel_all())
            self._stop()
            self.loop.close()

    def _stop(self) -> None:
        """Let nothing run any more."""


class Inline(Loop):
    """Runs while somebody waits, and costs no change of threads."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


class Threaded(Loop):
    """Runs in a thread of its own, as in a notebook, where the caller's has a loop."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def _stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()


def loop_here() -> Loop:
    """The kind of loop that the calling thread can wait for."""
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        return Threaded()
    return Inline()


async def cancel_all() -> None:
    """Cancel all other tasks, and wait until they have ended."""
    others = [*asyncio.all_tasks() - {asyncio.current_task()}]
    for each in others:
        each.cancel()
    await asyncio.gather(*others, return_exceptions=True)
