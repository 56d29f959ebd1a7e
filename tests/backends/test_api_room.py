"""What answers under way may hold in all: readers wait, and never all of them."""

import random
from dataclasses import dataclass

import pytest

from evalkit_backends._api.room import Room


@dataclass(eq=False)
class Connection:
    """Reads an answer, as fast as it may."""

    room: Room
    size: int
    reads: bool = True
    read: int = 0
    done: bool = False

    def pause(self) -> None:
        assert self.reads
        self.reads = False

    def resume(self) -> None:
        assert not self.reads
        self.reads = True

    def go_on(self, count: int) -> None:
        self.read += count
        if self.read >= self.size:
            self.done = True
            self.room.give_back(self, self.read - count)
        else:
            self.room.take(self, count)


@pytest.mark.parametrize("seed", range(20))
def test_all_come_to_their_end_within_bounds(seed: int) -> None:
    chance = random.Random(seed)
    room = Room(1000)
    every = [Connection(room, chance.randrange(1, 900)) for _ in range(12)]
    while left := [each for each in every if not each.done]:
        readers = [each for each in left if each.reads]
        assert readers, "nobody may read"
        chance.choice(readers).go_on(chance.randrange(1, 100))
        # One may go on beyond the bound; the others had at most one part more each.
        held = sorted(each.read for each in every if not each.done)
        assert sum(held[:-1]) <= 1000 + 12 * 100


def test_who_gives_up_waiting_takes_no_place() -> None:
    room = Room(10)
    first, second, third = (Connection(room, 100) for _ in range(3))
    for each in (first, second, third):
        each.go_on(20)
    assert [each.reads for each in (first, second, third)] == [True, False, False]
    room.give_back(second, 20)
    room.give_back(first, 20)
    assert third.reads
