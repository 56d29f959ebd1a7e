"""How automatic marks of the Hungarian exam agree with a person's.

    python tests/bench/exam_agreement.py GRADED.jsonl [--questions] [--differences]

GRADED has a row per answer: `id` (its question's number behind the last hyphen),
`model`, `response`, `human_points`. Printed are quadratic weighted kappa with its
interval, the shares of equal marks and of marks within one point, the mean absolute
difference, and each model's total by the exam's rule from either marks.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.exam.total import ExamTotal
from evalkit.stats.agreement import Agreement, agreement
from evalkit.types import Attempt, Outcome, SampleResult, Score
from evalkit_tasks.hungarian_exam import HungarianExam, mark

SAMPLES = {each.id: each for each in HungarianExam().samples()}


@dataclass(frozen=True)
class Pair:
    """One answer's marks."""

    number: str
    model: str
    ours: float
    theirs: float
    whys: tuple[str, ...]


def read(path: Path) -> list[Pair]:
    """Every answer of a file, marked."""
    pairs: list[Pair] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        number = row["id"].rpartition("-")[2]
        found = mark(number, row["response"])
        whys = tuple(f"{m.points:g}/{m.worth:g} {m.why}" for m in found.marks)
        theirs = float(row["human_points"])
        pairs.append(Pair(number, row["model"], found.points, theirs, whys))
    return pairs


def result(place: int, number: str, points: float) -> SampleResult:
    """A question with these points, as a metric takes it."""
    sample = SAMPLES[number]
    score = Score(value=points / sample.points, points=points, outcome=Outcome.PARTIAL)
    return SampleResult(
        index=place,
        id=number,
        question=sample.question,
        target=sample.target,
        max_points=sample.points,
        metadata=sample.metadata,
        attempts=(Attempt(turns=(), score=score),),
    )


def total(marks: Iterable[tuple[str, float]]) -> float:
    """The exam's total, by its rule of choosing two problems of three."""
    results = [result(place, *each) for place, each in enumerate(marks)]
    return ExamTotal().estimate(results).value


def agreed(pairs: Sequence[Pair]) -> Agreement:
    return agreement([(p.ours, p.theirs) for p in pairs], [p.number for p in pairs])


def line(name: str, pairs: Sequence[Pair]) -> str:
    found = agreed(pairs)
    kappa = "n/a" if found.kappa is None else f"{found.kappa:.3f}"
    return (
        f"{name:22} n {found.n:3}  exact {100 * found.exact:5.1f} %  "
        f"within 1 {100 * found.within_one:5.1f} %  mean absolute {found.mae:.3f}  "
        f"kappa {kappa}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graded", type=Path)
    parser.add_argument("--questions", action="store_true", help="a line for each")
    parser.add_argument("--differences", action="store_true", help="with reasons")
    given = parser.parse_args()
    pairs = read(given.graded)
    found = agreed(pairs)
    print(line("all", pairs))
    if found.low is not None and found.high is not None:
        print(f"kappa's 95 % interval: {found.low:.3f} to {found.high:.3f}")
    for model in dict.fromkeys(each.model for each in pairs):
        own = [each for each in pairs if each.model == model]
        ours = total((each.number, each.ours) for each in own)
        theirs = total((each.number, each.theirs) for each in own)
        print(f"{line(model, own)}  total {ours:g}, by the person {theirs:g}")
    for number in SAMPLES if given.questions else ():
        print(line(number, [each for each in pairs if each.number == number]))
    for each in pairs if given.differences else ():
        if each.ours != each.theirs:
            print(f"\n{each.number} {each.model}: {each.ours:g}, {each.theirs:g}")
            print("\n".join(f"  {why}" for why in each.whys))


if __name__ == "__main__":
    main()
