"""Whether the progress line tells the truth, in a real terminal of 80 columns.

    python tests/bench/progress.py [words of evalkit run ...]

Runs the main job, or what is named, in tmux, reads the pane twice a second, and tells
in the end how far "left" was from what was really left, from a third of the time on;
whether any line was wrapped; and how often the time shown stood still for longer than
a second and a half. `--capture FILE` keeps one pane from the middle, `--trace FILE`
all lines with their times; `--columns N` is another width.
"""

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

LINE = re.compile(r" in flight, .*?(?P<elapsed>\d+:[\d:]*\d\d)( elapsed)?(,|$)")
LEFT = re.compile(r"(?P<bound><?)(?P<left>[\d:]+\d) left")
SLACK = 2.0
"""Seconds by which what is shown may be off all the same: it is in whole ones."""


@dataclass(frozen=True)
class Seen:
    """The progress line at some moment."""

    when: float
    line: str
    elapsed: float
    left: float | None


class Pane:
    """A terminal of its own."""

    def __init__(self, columns: int, folder: Path, command: str) -> None:
        self._tmux = ("tmux", "-L", f"evalkit-{time.time_ns()}")
        size = ("-x", str(columns), "-y", "40")
        words = ("new-session", "-d", *size, "-c", str(folder), command)
        subprocess.run((*self._tmux, "-f", "/dev/null", *words), check=True)

    def text(self, *options: str) -> str:
        done = subprocess.run(
            (*self._tmux, "capture-pane", "-p", *options),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else ""

    def end(self) -> None:
        subprocess.run(
            (*self._tmux, "kill-server"), check=False, stderr=subprocess.DEVNULL
        )


def seconds(clock: str) -> float:
    """What a time such as 1:02:03 comes to."""
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return float(total)


def watched(pane: Pane, ended: Path) -> Iterator[tuple[float, str, str]]:
    """The pane as it stands and with its wrapped lines joined, until all is done."""
    while not ended.exists():
        plain, whole = pane.text(), pane.text("-J")
        if plain.count("\n") == pane.text().count("\n"):
            yield time.monotonic(), plain, whole
        time.sleep(0.5)


def seen_in(when: float, text: str) -> Seen | None:
    """The progress line in a pane, if there is one."""
    for line in text.splitlines():
        match, left = LINE.search(line), LEFT.search(line)
        if match:
            shown = seconds(left["left"]) if left else None
            return Seen(when, line, seconds(match["elapsed"]), shown)
    return None


def report(seen: list[Seen], wrapped: set[str], columns: int) -> None:
    """Print what came of it."""
    told = [each for each in seen if each.left is not None]
    if not told:
        sys.exit("no progress line was seen")
    begun, ended = seen[0].when, told[-1].when
    ratios = [
        (each.left / max(ended - each.when, 0.5), each)
        for each in told
        if each.left is not None and each.when - begun > (ended - begun) / 3
        if abs(each.left - (ended - each.when)) > SLACK
    ]
    print(f"{ended - begun:.0f} s from the first line to the last; {len(seen)} looks")
    for name, found in (("highest", max), ("lowest", min)):
        if ratios:
            ratio, at = found(ratios, key=lambda pair: pair[0])
            print(f"{name} left / truth from a third on: {ratio:.2f}, at: {at.line}")
    print(
        f"off by more than a factor of two: {sum(not 0.5 <= r <= 2 for r, _ in ratios)}"
    )
    ticks = pairwise(changes(seen))
    stood = [later.when - earlier.when for earlier, later in ticks]
    print(f"the time shown stood still for at most {max(stood, default=0):.1f} s")
    widest = max(len(each.line) for each in seen)
    print(f"widest line: {widest} of {columns} columns; wrapped lines: {len(wrapped)}")
    for line in sorted(wrapped):
        print(f"  {line}")


def changes(seen: list[Seen]) -> list[Seen]:
    """The looks at which another time was shown than before."""
    return [each for before, each in pairwise(seen) if each.elapsed != before.elapsed]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--capture", type=Path)
    parser.add_argument("--trace", type=Path)
    parser.add_argument("--nice", type=int, default=0)
    options, words = parser.parse_known_args()
    run = words or ["--tasks", "hungarian_exam"]
    with tempfile.TemporaryDirectory() as folder:
        ended = Path(folder) / "ended"
        evalkit = (sys.executable, "-m", "evalkit", "run", *run)
        command = f"nice -n {options.nice} {shlex.join(evalkit)}; sleep 2; touch ended"
        pane = Pane(options.columns, Path(folder), command)
        seen: list[Seen] = []
        panes: list[str] = []
        wrapped: set[str] = set()
        try:
            for when, plain, whole in watched(pane, ended):
                found = seen_in(when, plain)
                if found is not None:
                    seen.append(found)
                    panes.append(plain)
                lines = set(plain.splitlines())
                wrapped |= {
                    x for x in whole.splitlines() if "/" in x and x not in lines
                }
        finally:
            pane.end()
    report(seen, wrapped, options.columns)
    if options.trace:
        begun = seen[0].when
        lines = (f"{each.when - begun:.1f} {each.line}\n" for each in seen)
        options.trace.write_text("".join(lines))
    if options.capture:
        options.capture.write_text(panes[len(panes) * 6 // 10])


if __name__ == "__main__":
    main()
