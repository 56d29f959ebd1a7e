"""A request on its way to an answer, and what it may cost."""

import random
from dataclasses import dataclass

from evalkit import Request
from evalkit_backends._api.asking import Put
from evalkit_backends._api.trouble import Kind, Trouble

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds: the most before a second try, and before any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost."""

    most: int
    """Requests under way at once."""
    timeout: float
    """Seconds for one try, from sending it to the last byte."""
    tries: int
    """Tries that fail for reasons which may pass."""
    patience: float
    """Seconds that a request may be put off by a server with too much to do."""


@dataclass(slots=True, eq=False)
class Entry:
    """A request that has no answer yet."""

    request: Request
    put: Put | None = None
    """As it was sent."""
    sent: float = 0.0
    """When the last try was."""
    failed: int = 0
    put_off: int = 0
    waited: float = 0.0

    def put_back(self, trouble: Trouble) -> float:
        """Count a try that failed, and how long to rest before the next: as long as
        the server wants, or each time up to twice as long."""
        if trouble.kind is Kind.CROWDED:
            self.put_off += 1
        else:
            self.failed += 1
        pause = trouble.wait
        if pause is None:
            doubled = min(self.failed + self.put_off - 1, 16)
            pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**doubled))
        self.waited += pause
        return pause

    def enough(self, limits: Limits) -> str:
        """Why it is not tried again; empty if it is."""
        if self.failed >= limits.tries:
            return f"the last of {limits.tries} tries"
        if self.waited > limits.patience:
            return f"for {limits.patience:g} s"
        return ""
