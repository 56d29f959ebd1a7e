"""From a wish for so many copies to the engine that works them."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit import Backend, Model, UsageError
from evalkit_backends._replicas.cluster import connected
from evalkit_backends._replicas.engine import ReplicatedEngine
from evalkit_backends._replicas.facts import agreed, cluster_facts
from evalkit_backends._replicas.failures import named
from evalkit_backends._replicas.library import ray
from evalkit_backends._replicas.member import Member, Order, listen
from evalkit_backends._replicas.room import share

PLACING = 60.0
"""Seconds that processes get to appear; where there is no room they never do."""
MOMENT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be run how many times, and where."""

    backend: Backend
    model: Model
    replicas: int
    address: str


def start(wish: Wish) -> ReplicatedEngine:
    """Start the copies and wait until each has loaded its model.

    Raises UsageError if they do not all fit, and what a copy raises that cannot load.
    One that dies meanwhile is an error too: nothing is lost if it is told at once.
    """
    with ExitStack() as stack:
        stack.enter_context(connected(wish.address))
        order = ordered(wish)
        members: list[Member] = []
        for _ in range(wish.replicas):
            member = Member(order)
            stack.callback(member.end)
            members.append(member)
        place(members)
        load(members)
        copies = [each.started for each in members if each.started]
        agreed(copies, wish.model.identity)
        cluster = cluster_facts(wish.replicas)
        return ReplicatedEngine(members, cluster, wish.model.identity, stack.pop_all())


def ordered(wish: Wish) -> Order:
    """What each copy is to do, with its share of the machines that there are."""
    nodes: list[dict[str, Any]] = ray.nodes()
    resources = [node["Resources"] for node in nodes if node["Alive"]]
    where = "the cluster" if wish.address else "this machine"
    return Order(
        backend=wish.backend,
        model=wish.model,
        share=share(resources, wish.replicas, wish.backend.gpus(), where),
        home=str(ray.get_runtime_context().get_node_id()),
        folder=str(Path.cwd()),
        paths=tuple(str(Path(each).absolute()) for each in sys.path),
    )


def place(members: Sequence[Member]) -> None:
    """Wait for the processes; a UsageError if others hold what these need."""
    end = time.monotonic() + PLACING
    while not all(member.placed for member in members):
        left = end - time.monotonic()
        if left <= 0:
            count = sum(member.placed for member in members)
            raise UsageError(
                f"--replicas {len(members)}: {count} found room within {PLACING:g} "
                "seconds; the other CPUs or GPUs of the cluster are in use"
            )
        hear(members, left)


def load(members: Sequence[Member]) -> None:
    """Have all copies load the model, and wait for the last of them."""
    for member in members:
        member.load()
    while not all(member.started for member in members):
        hear(members, MOMENT)


def hear(members: Sequence[Member], seconds: float) -> None:
    """Hear the copies; none may be lost yet."""
    for loss in listen(members, seconds):
        raise named(loss.problem) from loss.problem
