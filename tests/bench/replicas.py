"""What copies are worth: requests per second of one engine, of one copy, of two.

    python tests/bench/replicas.py [rounds [requests]]

The engine sleeps 20 ms over each request, so that what is measured is whether copies
keep each other waiting. From the first request handed in to the last completion; what
starting and ending Ray takes is told apart. The three take turns within one run.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from evalkit import Backend, Engine, Generate
from evalkit_backends.replicas import evalkit_replicate
from evalkit_backends.scripted import Scripted

ROOT = Path(__file__).parents[2]
MILLISECONDS = 20


def speed(engine: Engine, requests: Sequence[Generate]) -> float:
    """Requests per second, with the engine kept as full as it wants to be."""
    begun = time.monotonic()
    sent = done = 0
    while done < len(requests):
        more = requests[sent : done + engine.capacity]
        if more:
            engine.submit(more)
            sent += len(more)
        done += len(engine.step())
    return len(requests) / (time.monotonic() - begun)


def measured(
    backend: Backend, requests: Sequence[Generate]
) -> tuple[float, float, float]:
    """Seconds to start, requests per second, seconds to close."""
    begun = time.monotonic()
    engine = backend.load(backend.prepare())
    started = time.monotonic()
    with engine:
        rate = speed(engine, requests)
        ended = time.monotonic()
    return started - begun, rate, time.monotonic() - ended


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    sys.path.insert(0, str(ROOT))
    inner = Scripted(model="tests.backends.copied:echo", delay=MILLISECONDS)
    backends: dict[str, Backend] = {
        "no Ray": inner,
        "1 copy": evalkit_replicate(inner, 1, ""),
        "2 copies": evalkit_replicate(inner, 2, ""),
    }
    requests = [Generate(prompt="?", id=str(number)) for number in range(count)]
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in backends}
    for _ in range(rounds):
        for name, backend in backends.items():
            found[name].append(measured(backend, requests))
    print(f"{count} requests of {MILLISECONDS} ms, medians of {rounds}")
    for name, figures in found.items():
        start, rate, close = (median(column) for column in zip(*figures, strict=True))
        print(
            f"{name:9} {rate:6.1f} requests/s; start {start:.1f} s, close {close:.1f} s"
        )
    for one, other in (("2 copies", "1 copy"), ("1 copy", "no Ray")):
        ratios = sorted(
            a[1] / b[1] for a, b in zip(found[one], found[other], strict=True)
        )
        print(
            f"{one} : {other} = {median(ratios):.3f} "
            f"({ratios[0]:.3f} to {ratios[-1]:.3f})"
        )


if __name__ == "__main__":
    main()
