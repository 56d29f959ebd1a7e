"""Processor time, which other work on the machine hardly lengthens."""

import os
import resource
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
"""A second of processor time in /proc."""


def processor_seconds() -> float:
    """What this process and its children, living and dead, have used so far."""
    use = [resource.getrusage(who) for who in (0, resource.RUSAGE_CHILDREN)]
    ours = sum(each.ru_utime + each.ru_stime for each in use)
    return ours + sum(living(stat) for stat in Path("/proc").glob("[0-9]*/stat"))


def living(stat: Path) -> float:
    """Of one process, if it is our child."""
    try:
        words = stat.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    if int(words[1]) != os.getpid() or words[0] == "Z":
        return 0.0
    return (int(words[11]) + int(words[12])) / TICKS
