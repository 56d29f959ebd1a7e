"""CPU time of the commands that must answer at once, beside Python's own start.

python tests/bench/startup.py [rounds]
"""

import resource
import subprocess
import sys
from statistics import median

COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "import click, pluggy": (sys.executable, "-c", "import click, pluggy"),
    "evalkit --help": (sys.executable, "-m", "evalkit", "--help"),
    "evalkit tasks": (sys.executable, "-m", "evalkit", "tasks"),
}


def cpu_seconds(words: tuple[str, ...]) -> float:
    """User and system time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):  # interleaved, so that a busy moment hits all alike
        for name, words in COMMANDS.items():
            times[name].append(cpu_seconds(words))
    base = median(times["python -c pass"])
    print(f"medians of {rounds}, CPU seconds, and as multiples of Python's start")
    for name, values in times.items():
        print(f"{name:24} {median(values):6.3f} s  {median(values) / base:5.1f} x")


if __name__ == "__main__":
    main()
