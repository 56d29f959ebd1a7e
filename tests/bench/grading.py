"""Milliseconds per answer and agreement with labels, beside math-verify's.

    python tests/bench/grading.py FOLDER [--math-verify PYTHON] [--rounds N] [--table]

FOLDER has JSONL files of rows with `reference`, `response` and perhaps a `label`; its
`index.json`, if there is one, has a `published` score for some of their names. PYTHON
is an interpreter that has math-verify. With `--table` only the agreement is printed, as
a table in Markdown.

Each file goes to both graders in turn, as often as there are rounds and once more to
ours, so that a busy moment hits both.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

OURS = """
from evalkit.grading import grade

def right(reference, response):
    return grade(reference, response)
"""
MATH_VERIFY = """
import logging
from math_verify import parse, verify

logging.disable()

def right(reference, response):
    return verify(parse("$" + reference + "$"), parse(response))
"""
TIMED = """
import json, sys, time

for reference, response in (("1", r"\\\\boxed{2}"), ("x^2-1", "$(x-1)(x+1)$")):
    right(reference, response)  # imports what it needs
for line in sys.stdin:
    row = json.loads(line)
    begun = time.perf_counter()
    try:
        accepted = bool(right(row["reference"], row["response"]))
    except Exception:
        accepted = False
    seconds = time.perf_counter() - begun
    print(json.dumps([accepted, 1000 * seconds]))
"""


@dataclass(frozen=True)
class Times:
    """What a grader said to the rows of a file, and how long each took."""

    accepted: list[bool]
    milliseconds: list[float]

    @property
    def accuracy(self) -> float:
        return 100 * mean(self.accepted)

    @property
    def summary(self) -> str:
        p99 = sorted(self.milliseconds)[int(0.99 * len(self.milliseconds))]
        return (
            f"{self.accuracy:6.2f} % right; ms: median {median(self.milliseconds):.3f},"
            f" mean {mean(self.milliseconds):.3f}, p99 {p99:.3f}"
        )


@dataclass(frozen=True)
class File:
    """Responses of a model, with labels for all or for none of them."""

    name: str
    rows: list[dict[str, Any]]
    published: float | None

    @property
    def labels(self) -> list[bool]:
        found = [row.get("label") for row in self.rows]
        return [bool(each) for each in found] if None not in found else []

    def disagreements(self, times: Times) -> int:
        pairs = zip(self.labels, times.accepted, strict=True)
        return sum(label != accepted for label, accepted in pairs)


def files(folder: Path) -> list[File]:
    index = folder / "index.json"
    entries: list[dict[str, Any]] = []
    if index.exists():
        entries = json.loads(index.read_text("utf-8"))
    published = {each["name"]: each.get("published") for each in entries}
    return [
        File(
            name=path.stem,
            rows=[json.loads(line) for line in path.read_text("utf-8").splitlines()],
            published=published.get(path.stem),
        )
        for path in sorted(folder.glob("*.jsonl"))
    ]


def graded(file: File, python: str, grader: str) -> Times:
    """One pass over a file in a process of its own."""
    done = subprocess.run(
        (python, "-c", grader + TIMED),
        input="".join(json.dumps(row) + "\n" for row in file.rows),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return Times([accepted for accepted, _ in said], [spent for _, spent in said])


def together(passes: list[Times]) -> Times:
    """The same answers with the median of their times over all passes."""
    columns = zip(*(each.milliseconds for each in passes), strict=True)
    return Times(passes[0].accepted, [median(column) for column in columns])


def compare(file: File, math_verify: str | None, rounds: int) -> None:
    ours = [graded(file, sys.executable, OURS)]
    theirs: list[Times] = []
    for _ in range(rounds):
        if math_verify:
            theirs.append(graded(file, math_verify, MATH_VERIFY))
        ours.append(graded(file, sys.executable, OURS))
    print(f"{file.name}: {len(file.rows)} responses")
    for name, passes in (("evalkit", ours), ("math-verify", theirs)):
        if passes:
            agreed = agreement(file, passes[0])
            print(f"  {name:12} {together(passes).summary}{agreed}", flush=True)
    if theirs:
        one, other = together(ours).milliseconds, together(theirs).milliseconds
        print(
            f"  {'ratio':12} means {mean(other) / mean(one):.1f},"
            f" medians {median(other) / median(one):.1f}",
            flush=True,
        )


def agreement(file: File, times: Times) -> str:
    if not file.labels:
        return ""
    share = 100 * (1 - file.disagreements(times) / len(file.rows))
    return f"; agrees with {share:.2f} % of labels"


def table(found: list[File]) -> None:
    """What the documentation shows."""
    print("| file | n | published | labelled | evalkit | disagreements | accepted |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    for file in found:
        times = graded(file, sys.executable, OURS)
        labels = file.labels
        cells = (
            f"`{file.name}`",
            str(len(file.rows)),
            "" if file.published is None else f"{file.published:.2f}",
            f"{100 * mean(labels):.2f}" if labels else "",
            f"{times.accuracy:.2f}",
            str(file.disagreements(times)) if labels else "",
            str(sum(times.accepted)),
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--math-verify", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    found = files(options.folder)
    if options.table:
        table(found)
        return
    for file in found:
        compare(file, options.math_verify, options.rounds)


if __name__ == "__main__":
    main()
