"""Which copy gets which request, and what becomes of one that was lost with a copy."""

import heapq
from collections import deque
from collections.abc import Sequence

from evalkit import Completion, Failure, Request
from evalkit_backends._replicas.member import Member

TRIES = 3
"""Copies that a request may be lost with."""


class Dealer:
    """Requests that no copy has.

    One goes to the copy that has the fewest open, so that fast copies get more. One
    that was lost twice gets a copy for itself: if that is lost too, it was no other.
    """

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()
        self._suspects: deque[Request] = deque()
        """Those that are on their last try."""
        self._losses: dict[str, int] = {}
        """How many copies each was lost with, where there was one."""

    def __len__(self) -> int:
        return len(self._waiting) + len(self._suspects)

    def add(self, requests: Sequence[Request]) -> None:
        for each in requests:
            last = self._losses.get(each.id, 0) == TRIES - 1
            (self._suspects if last else self._waiting).append(each)

    def add_lost(self, requests: Sequence[Request], why: str) -> Sequence[Completion]:
        """Take back what was lost with a copy; failures for what had its last try."""
        failures: list[Completion] = []
        for each in requests:
            count = self._losses[each.id] = self._losses.get(each.id, 0) + 1
            if count < TRIES:
                self.add([each])
            else:
                failures.append(
                    each.failure(
                        f"{count} copies died that worked on it: {why}", Failure.LOST
                    )
                )
        return failures

    def take_all(self) -> Sequence[Request]:
        """Give up all requests that wait."""
        requests = [*self._waiting, *self._suspects]
        self._waiting.clear()
        self._suspects.clear()
        return requests

    def deal(self, members: Sequence[Member]) -> None:
        """Give out what there is room for."""
        for member in members:
            if self._suspects and member.room and not member.open:
                member.bring([self._suspects.popleft()])
        hands: dict[int, list[Request]] = {}
        heap = [
            (len(member.open), place)
            for place, member in enumerate(members)
            if member.room > 0 and not self.keeps_alone(member)
        ]
        heapq.heapify(heap)
        while self._waiting and heap:
            count, place = heap[0]
            hand = hands.setdefault(place, [])
            hand.append(self._waiting.popleft())
            if len(hand) < members[place].room:
                heapq.heapreplace(heap, (count + 1, place))
            else:
                heapq.heappop(heap)
        for place, hand in hands.items():
            members[place].bring(hand)

    def keeps_alone(self, member: Member) -> bool:
        """Whether a copy has one request that must have no company."""
        return len(member.open) == 1 and any(
            self._losses.get(each, 0) == TRIES - 1 for each in member.open
        )
