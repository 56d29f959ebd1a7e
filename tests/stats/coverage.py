"""How often intervals hold what they should: simulated, by the code that prints them.

python -m tests.stats.coverage [rounds]

Prints the tables of docs/statistics.md. Suites go through `suite_record.average`, their
parts and everything else through the metrics.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from statistics import fmean, stdev
from typing import TypeAlias

from evalkit.stats import macro_average, wilson_effective
from evalkit.stats.exams import Points
from evalkit.stats.intervals import Ends, wilson
from evalkit.stats.means import Scores
from evalkit.suite_record import PartRecord, average
from evalkit.types import Estimate

Draw: TypeAlias = Callable[[random.Random], Ends]
"""Draws a run at random, and gives the interval that it gets."""

LIMITS = (1, 2, 4, 10, 50)
RATES = (0.05, 0.25, 0.5, 0.95)
PARTS = 57


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of run, and what is true of it."""

    name: str
    truth: float
    draw: Draw

    def coverage(self, rounds: int, seed: str = "") -> tuple[float, float]:
        """How often the interval holds the truth, and how wide it is on average."""
        chance = random.Random(f"{self.name}/{seed}")
        held, width = 0, 0.0
        for _ in range(rounds):
            low, high = self.draw(chance)
            held += low - 1e-12 <= self.truth <= high + 1e-12
            width += high - low
        return held / rounds, width / rounds


def printed(parts: Sequence[PartRecord], *, weighted: bool = False) -> Ends:
    """The interval that a suite's average is printed with."""
    found = average(parts, weighted=weighted)
    assert found is not None
    return found.low, found.high


def by_samples(parts: Sequence[PartRecord]) -> Ends:
    """The same, where all samples count the same."""
    return printed(parts, weighted=True)


def of_limits(parts: Sequence[PartRecord]) -> Ends:
    """Wilson's limits of the parts, joined."""
    found = [each.estimate for each in parts if each.estimate]
    counts = [each.value * each.n for each in found]
    return macro_average(counts, [each.n for each in found])["interval"]


def of_values(parts: Sequence[PartRecord]) -> Ends:
    """The effective number, by the spread of the parts' values."""
    values = [each.estimate.value for each in parts if each.estimate]
    n, mean = len(values), fmean(values)
    return wilson_effective(mean, stdev(values) / n**0.5, n, n - 1)["interval"]


def suite(
    name: str,
    rates: Sequence[float],
    sizes: Sequence[int],
    rule: Callable[[Sequence[PartRecord]], Ends] = printed,
) -> Case:
    """Parts of these rates with so many questions each, right or wrong."""
    weights = sizes if rule is by_samples else [1] * len(rates)
    truth = sum(r * w for r, w in zip(rates, weights, strict=True)) / sum(weights)
    tables = [binomial(rate, size) for rate, size in zip(rates, sizes, strict=True)]
    known = {size: [part(k, size) for k in range(size + 1)] for size in set(sizes)}

    def draw(chance: random.Random) -> Ends:
        return rule(
            [
                chance.choices(known[size], cum_weights=table)[0]
                for table, size in zip(tables, sizes, strict=True)
            ]
        )

    return Case(name, truth, draw)


@cache
def binomial(rate: float, size: int) -> list[float]:
    """How likely up to 0, 1, … of so many questions are right."""
    row = [1.0]
    for _ in range(size):
        below, above = [0.0, *row], [*row, 0.0]
        row = [rate * a + (1 - rate) * b for a, b in zip(below, above, strict=True)]
    return list(accumulate(row))


def part(right: int, size: int) -> PartRecord:
    """A part of a suite of which so many answers were right."""
    low, high = wilson(right, size)
    estimate = Estimate(
        metric="accuracy", value=right / size, low=low, high=high, n=size
    )
    return PartRecord(name="part", estimate=estimate)


def spread(rate: float, count: int = PARTS) -> list[float]:
    """Rates evenly within 0.2 of one, and within [0, 1]."""
    steps = (0.4 * place / (count - 1) - 0.2 for place in range(count))
    return [min(1.0, max(0.0, rate + step)) for step in steps]


def limited(
    rule: Callable[[Sequence[PartRecord]], Ends] = printed, *, apart: bool = False
) -> Iterator[tuple[int, float, Case]]:
    """57 parts of one rate, or spread around it, at each limit."""
    for limit in LIMITS:
        for rate in RATES:
            rates = spread(rate) if apart else [rate] * PARTS
            name = f"limit {limit}, {rate}, {apart}, {rule.__name__}"
            yield limit, rate, suite(name, rates, [limit] * PARTS, rule)


UNEQUAL: dict[str, tuple[list[float], list[int]]] = {
    "2 parts of 20 and 2000, .5 and .7": ([0.5, 0.7], [20, 2000]),
    "2 parts of 20 and 2000, .5 and .95": ([0.5, 0.95], [20, 2000]),
    "4 parts of 10 to 40, .02": ([0.02] * 4, [10, 20, 30, 40]),
    "4 parts of 100 to 400, .98": ([0.98] * 4, [100, 200, 300, 400]),
    "7 parts of 50, .05": ([0.05] * 7, [50] * 7),
    "10 parts, one of 5 (.5), nine of 2000 (.9)": ([0.5] + [0.9] * 9, [5] + [2000] * 9),
    "10 parts, one of 2 (.5), nine of 500 (.9)": ([0.5] + [0.9] * 9, [2] + [500] * 9),
    "57 parts of 100 to 800, .3 to .9": (
        [0.3 + 0.6 * n / 56 for n in range(57)],
        [100 + 700 * n // 56 for n in range(57)],
    ),
}
"""Suites whose parts are unlike each other: rates and sizes."""


def unequal(
    rule: Callable[[Sequence[PartRecord]], Ends] = printed,
) -> Iterator[Case]:
    """Each of them, all parts counting the same."""
    for name, (rates, sizes) in UNEQUAL.items():
        yield suite(name, rates, sizes, rule)


def scored(scores: Scores) -> Ends:
    """The interval of some scores."""
    return scores.worth().interval(scores.mean)


def three_valued(rate: float, n: int) -> Draw:
    """Scores of 0, a half and 1."""

    def draw(chance: random.Random) -> Ends:
        scores = Scores()
        for _ in range(n):
            scores.add(((chance.random() < rate) + (chance.random() < rate)) / 2)
        return scored(scores)

    return draw


def attempted(rate: float, n: int) -> Draw:
    """Eight attempts each at questions of very unlike difficulty."""

    def draw(chance: random.Random) -> Ends:
        scores = Scores()
        for _ in range(n):
            skill = chance.betavariate(1.2 * rate, 1.2 * (1 - rate))
            scores.add(sum(chance.random() < skill for _ in range(8)) / 8)
        return scored(scores)

    return draw


def clustered(rate: float, n: int) -> Draw:
    """Right or wrong, five questions to a passage, correlated by 0.3."""

    def draw(chance: random.Random) -> Ends:
        scores = Scores()
        for place in range(n):
            if place % 5 == 0:
                skill = chance.betavariate(rate * 7 / 3, (1 - rate) * 7 / 3)
            scores.add(float(chance.random() < skill), str(place // 5))
        return scored(scores)

    return draw


def few_large(rate: float, n: int) -> Draw:
    """Scores nearly all of which are next to 0 or to 1."""

    def draw(chance: random.Random) -> Ends:
        scores = Scores()
        for _ in range(n):
            scores.add(chance.betavariate(rate, 1 - rate))
        return scored(scores)

    return draw


def exam(rate: float, n: int, together: float = 0.0) -> Draw:
    """Points of questions worth 1 to 7, half points given; three questions to a
    problem, which has a share of its own if they go `together`."""

    def draw(chance: random.Random) -> Ends:
        earned: list[float] = []
        worth: list[float] = []
        skill = rate
        for place in range(n):
            if together and place % 3 == 0:
                size = (1 - together) / together
                skill = chance.betavariate(rate * size, (1 - rate) * size)
            own = chance.betavariate(1.5 * skill + 1e-9, 1.5 * (1 - skill) + 1e-9)
            most = chance.randint(1, 7)
            worth.append(float(most))
            earned.append(sum(chance.random() < own for _ in range(2 * most)) / 2)
        points = Points(earned, worth)
        known = points.value_of([str(place // 3) for place in range(n)])
        return known.interval(points.ratio)

    return draw


def correlated(rate: float, n: int) -> Draw:
    """An exam whose questions go together within problems."""
    return exam(rate, n, 0.4)


DESIGNS: dict[str, Callable[[float, int], Draw]] = {
    "scores 0, ½, 1": three_valued,
    "8 attempts": attempted,
    "clusters of 5": clustered,
    "few large scores": few_large,
    "exam points": exam,
    "exam points, problems alike": correlated,
}


def designs() -> Iterator[tuple[str, int, float, Case]]:
    """Each design with so many questions, at such a mean."""
    for name, made in DESIGNS.items():
        for n in (10, 30, 100):
            for rate in (0.02, 0.5, 0.98):
                case = Case(f"{name}, {n}, {rate}", rate, made(rate, n))
                yield name, n, rate, case


def cell(case: Case, rounds: int) -> str:
    """Coverage and width, as the tables have them."""
    covered, width = case.coverage(rounds)
    return f"{covered:.3f} ({width:.3f})"


RULES: dict[str, Callable[[Sequence[PartRecord]], Ends]] = {
    "printed": printed,
    "samples alike": by_samples,
    "*limits joined*": of_limits,
    "*spread of values*": of_values,
}
"""How an average's interval is made; those in italics are not used."""


def suite_tables(rounds: int) -> None:
    """Print the coverage of suites by limit, and of unlike parts."""
    print(f"| rule | parts | limit | {' | '.join(map(str, RATES))} |")
    print("| --- | --- | --: |" + " --: |" * len(RATES))
    for name, rule in RULES.items():
        for apart in (False, True):
            rows: dict[int, list[str]] = {limit: [] for limit in LIMITS}
            for limit, _, case in limited(rule, apart=apart):
                rows[limit].append(cell(case, rounds))
            kind = "spread" if apart else "alike"
            for limit, cells in rows.items():
                head = f"| {name} | {kind} | {limit} "
                print(f"{head}| {' | '.join(cells)} |", flush=True)
    used = [name for name in RULES if name != "samples alike"]
    print(f"\n| parts | {' | '.join(used)} |\n| --- |{' --: |' * len(used)}")
    for name in UNEQUAL:
        cells = [
            cell(
                next(each for each in unequal(RULES[rule]) if each.name == name), rounds
            )
            for rule in used
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def design_table(rounds: int) -> None:
    """Print the coverage of all designs."""
    print("\n| design | n | .02 | .5 | .98 |\n| --- | --: | --: | --: | --: |")
    rows: dict[tuple[str, int], list[str]] = {}
    for name, n, _, case in designs():
        cells = rows.setdefault((name, n), [])
        cells.append(cell(case, rounds))
        if len(cells) == 3:
            print(f"| {name} | {n} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    error = (0.95 * 0.05 / rounds) ** 0.5
    print(f"{rounds} rounds: a coverage of .95 has a standard error of {error:.4f}\n")
    suite_tables(rounds)
    design_table(rounds)


if __name__ == "__main__":
    main()
