"""What a question costs beside the model: time and memory of runs on scripted answers.

    python tests/bench/overhead.py [rounds]

Two runs of different size in each round; the difference is free of start-up.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
SMALL, LARGE = 200, 2_200
PROGRAM = """
import sys, resource
sys.argv = ["evalkit", "run", "--tasks=counting", "--model=scripted:counting:right",
            "--set=n={n}", "--output={output}"]
import counting
from evalkit.commands import command_line
from evalkit import Plugins
plugins = Plugins(counting, third_party=False)
command_line(plugins)(obj=plugins, standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def run(n: int) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of a run of n questions."""
    with tempfile.TemporaryDirectory() as output:
        begun = time.monotonic()
        done = subprocess.run(
            (sys.executable, "-c", PROGRAM.format(n=n, output=output)),
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "plugins")},
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = time.monotonic() - begun
    return seconds, int(done.stderr.split()[-1]) / 1024


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    per_question: list[float] = []
    for _ in range(rounds):
        small, large = run(SMALL)[0], run(LARGE)[0]
        per_question.append((large - small) / (LARGE - SMALL) * 1000)
    print(f"{median(per_question):.3f} ms per question, median of {rounds}")
    for n in (2_000, 20_000, 100_000):
        seconds, memory = run(n)
        print(f"{n:7} questions: {seconds:6.1f} s, peak {memory:.1f} MB")


if __name__ == "__main__":
    main()
