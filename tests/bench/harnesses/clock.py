"""When a harness asked first and scored last, in a file named by CLOCK."""

import os
import time
from pathlib import Path


def tick() -> None:
    """Note this moment: the first and the last are what counts."""
    path = Path(os.environ["CLOCK"])
    with path.open("a", encoding="ascii") as file:
        file.write(f"{time.monotonic()}\n")


def elapsed(path: Path) -> float:
    """Seconds between the first moment and the last."""
    moments = [float(line) for line in path.read_text(encoding="ascii").split()]
    return max(moments) - min(moments)
