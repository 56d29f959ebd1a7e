"""All copies as one engine.

Each copy works by itself; the driver carries requests and answers, and waits for
whichever copy speaks next. A copy that is lost is replaced and its requests are given
to others; when a copy has nothing to do, what another has not begun is dealt anew.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from evalkit import BackendError, Completion, Engine, Request
from evalkit_backends._replicas.dealing import Dealer
from evalkit_backends._replicas.facts import agreed
from evalkit_backends._replicas.failures import told
from evalkit_backends._replicas.library import ray
from evalkit_backends._replicas.member import Loss, Member, listen

LOSSES = 3
"""Times in a row that a copy may be lost before it is given up."""
PATIENCE = 300.0
"""Seconds to wait for room for a new copy when there is no other."""
MOMENT = 1.0
"""Seconds after which a step ends without an answer."""
GIVING_BACK = 5.0
"""Seconds that copies get to give back what they have not begun."""
CLOSING = 3.0
"""Seconds that copies get to free their models."""


class ReplicatedEngine(Engine):
    """Several copies of an engine at work."""

    def __init__(
        self,
        members: Sequence[Member],
        cluster: Mapping[str, str],
        identity: Mapping[str, str],
        stack: ExitStack,
    ) -> None:
        self._members = members
        self._cluster = cluster
        self._told: Mapping[str, str] = {}
        self._identity = identity
        self._stack = stack
        """Ends the copies' processes, and Ray if we started it."""
        self._dealer = Dealer()
        self._done: list[Completion] = []
        self._without_copies: float | None = None
        """Since when no copy has a place, if none has."""
        self.capacity = sum(member.room for member in members)

    def submit(self, requests: Sequence[Request]) -> None:
        self._dealer.add(requests)

    def step(self) -> Sequence[Completion]:
        self._dealer.deal(self._members)
        self._even_out()
        if not self._done and (len(self._dealer) or self._open):
            self._listen(MOMENT)
        done, self._done = self._done, []
        return done

    def withdraw(self) -> Sequence[str]:
        """Give back what waits here and what no copy has begun.

        What a copy gives back too late is dealt again, as if it had not been asked for.
        """
        for member in self._members:
            if member.open:
                member.ask_back()
        end = time.monotonic() + GIVING_BACK
        while any(member.asked_back for member in self._members):
            left = end - time.monotonic()
            if left <= 0:
                break
            self._listen(left)
        return [each.id for each in self._dealer.take_all()]

    def facts(self) -> Mapping[str, str]:
        copies = [each.started for each in self._members if each.started]
        if copies:
            self._told = agreed(copies, self._identity)
        return {**self._told, **self._cluster}

    def close(self) -> None:
        """Let copies free their models, then end their processes and our own Ray."""
        members, self._members = self._members, ()
        with self._stack:
            ends = [ref for member in members for ref in member.close()]
            if ends:
                ray.wait(ends, num_returns=len(ends), timeout=CLOSING)

    @property
    def _open(self) -> int:
        return sum(len(member.open) for member in self._members)

    def _even_out(self) -> None:
        """If a copy has nothing to do, have the fullest give back what it can."""
        idle = any(member.room and not member.open for member in self._members)
        if not idle or len(self._dealer):
            return
        fullest = max(self._members, key=lambda member: len(member.open))
        if len(fullest.open) > 1 and not fullest.searched:
            fullest.ask_back()

    def _listen(self, seconds: float) -> None:
        """Hear the copies, and make up for those that are lost."""
        new = [member for member in self._members if member.started is None]
        for loss in listen(self._members, seconds):
            self._replace(loss)
        for member in self._members:
            self._done += member.take_completions()
            self._dealer.add(member.take_returned())
        if any(member.started for member in new):
            self._check_agreement()
        self._check_room()
        self.generated_tokens = sum(each.generated_tokens for each in self._members)

    def _replace(self, loss: Loss) -> None:
        """Have a new copy made, and give what was lost to others."""
        # What it had answered before it died counts.
        self._done += loss.member.take_completions()
        why = told(loss.problem)
        self._done += self._dealer.add_lost(loss.member.lose(LOSSES), why)
        if all(member.given_up for member in self._members):
            raise BackendError(
                f"all {len(self._members)} copies died {LOSSES + 1} times in a row "
                f"without an answer: {why}"
            )

    def _check_agreement(self) -> None:
        """Raise BackendError if a new copy is not like the others."""
        copies = [each.started for each in self._members if each.started]
        agreed(copies, self._identity)

    def _check_room(self) -> None:
        """Raise BackendError if there is no copy, and no room for one."""
        now = time.monotonic()
        if any(member.placed for member in self._members):
            self._without_copies = None
        elif self._without_copies is None:
            self._without_copies = now
        elif now - self._without_copies > PATIENCE:
            raise BackendError(
                f"all copies were lost, and there was no room for another within "
                f"{PATIENCE:g} seconds"
            )
