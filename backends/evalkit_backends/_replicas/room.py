"""How many copies fit on a cluster, and which share of it each gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit import UsageError


@dataclass(frozen=True, slots=True)
class Share:
    """What one copy takes of the node that it runs on."""

    cpus: int
    gpus: int


def share(
    nodes: Sequence[Mapping[str, float]], replicas: int, gpus: int, where: str
) -> Share:
    """A copy's share of nodes with these resources.

    On GPUs a copy takes one CPU; without, as many as all can have, for that is also
    how many threads it computes with. Raises UsageError, saying how many copies fit,
    if fewer do than are wanted.
    """
    if not any(node.get("GPU", 0) for node in nodes):
        gpus = 0
    most = 1 if gpus else int(max((each.get("CPU", 0) for each in nodes), default=0))
    for cpus in range(most, 0, -1):
        if fitting(nodes, Share(cpus, gpus)) >= replicas:
            return Share(cpus, gpus)
    fit = fitting(nodes, Share(1, gpus))
    there = f"{total(nodes, 'CPU')} CPUs and {total(nodes, 'GPU')} GPUs"
    takes = f"1 CPU and {gpus} GPUs" if gpus else "1 CPU"
    raise UsageError(
        f"--replicas {replicas}: {fit} fit on {where}, which has {there}; a copy "
        f"takes {takes}"
    )


def fitting(nodes: Sequence[Mapping[str, float]], each: Share) -> int:
    """How many copies fit; none is spread over two nodes."""
    count = 0
    for node in nodes:
        room = int(node.get("CPU", 0)) // each.cpus
        if each.gpus:
            room = min(room, int(node.get("GPU", 0)) // each.gpus)
        count += room
    return count


def total(nodes: Sequence[Mapping[str, float]], kind: str) -> int:
    return int(sum(node.get(kind, 0) for node in nodes))
