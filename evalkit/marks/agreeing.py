"""Two markers' points for the same answers, side by side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalkit.errors import UsageError
from evalkit.marks.sheet import MarkedRun
from evalkit.marks.store import AUTOMATIC, read_marking, remarked
from evalkit.report.words import points, several
from evalkit.results import OPEN
from evalkit.stats.agreement import Agreement, agreement
from evalkit.types import Outcome, SampleResult

UNJUDGED = OPEN | {Outcome.UNMARKED}
"""Outcomes of answers for which nobody gave points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One answer that both marked."""

    question: str
    worth: float
    first: float
    second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Everything that two markers both marked, in the order of the questions."""

    first: str
    second: str
    pairs: tuple[Pair, ...]
    alone: int
    """Answers that only one of the two marked."""
    stale: tuple[str, ...]
    """Markers who marked other answers than some run has now."""

    def total(self) -> Agreement:
        """The agreement over all of them; kappa's interval draws questions."""
        return agreed(self.pairs)

    def questions(self) -> Iterator[tuple[str, float, Agreement, float, float]]:
        """For each question: its number, worth and agreement, and both mean points."""
        groups: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            groups.setdefault(pair.question, []).append(pair)
        for question, pairs in groups.items():
            n = len(pairs)
            first = sum(pair.first for pair in pairs) / n
            second = sum(pair.second for pair in pairs) / n
            yield question, pairs[0].worth, agreed(pairs), first, second


def agreed(pairs: Iterable[Pair]) -> Agreement:
    """The agreement on some pairs."""
    held = list(pairs)
    return agreement(
        [(each.first, each.second) for each in held], [each.question for each in held]
    )


def compare(runs: Sequence[MarkedRun], first: str, second: str) -> Compared:
    """Pair up two markers' points over all runs; UsageError if they share none."""
    if first == second:
        raise UsageError(f"{first!r} twice: name two markers to compare")
    pairs: list[Pair] = []
    alone = 0
    stale: dict[str, None] = {}
    for run in runs:
        one, other = marked_points(run, first, stale), marked_points(run, second, stale)
        alone += len(one.keys() ^ other.keys())
        worth = {result.id: result.max_points for result in run.results}
        pairs += [
            Pair(
                question=key[0], worth=worth[key[0]], first=one[key], second=other[key]
            )
            for key in one
            if key in other
        ]
    if not pairs:
        raise UsageError(f"{first!r} and {second!r} have marked no answer in common")
    order = {result.id: result.index for run in runs for result in run.results}
    pairs.sort(key=lambda pair: order[pair.question])
    return Compared(
        first=first,
        second=second,
        pairs=tuple(pairs),
        alone=alone,
        stale=tuple(stale),
    )


def marked_points(
    run: MarkedRun, marker: str, stale: dict[str, None]
) -> Mapping[tuple[str, int], float]:
    """What a marker gave, by sample and attempt; unmarked ones left out."""
    if marker == AUTOMATIC:
        return given_points(run.results)
    marking = read_marking(run.folder, marker)
    if not marking.is_of(run.results):
        stale[marker] = None
    return given_points(remarked(run.results, marking))


def given_points(results: Iterable[SampleResult]) -> Mapping[tuple[str, int], float]:
    """Points by sample and attempt, but for what nobody could mark."""
    return {
        (result.id, number): attempt.score.points
        for result in results
        for number, attempt in enumerate(result.attempts)
        if attempt.score.outcome not in UNJUDGED
    }


def sentence(found: Agreement) -> str:
    """An agreement in one line."""
    kind = "" if found.low is None else ", 95 % interval, bootstrap over questions"
    return (
        f"{several(found.n, 'answer')}: {percent(found.exact)} exactly alike, "
        f"{percent(found.within_one)} within 1 point, mean difference "
        f"{found.mae:.2f} points, kappa {kappa_line(found)}{kind}"
    )


def kappa_line(found: Agreement) -> str:
    """Kappa with its interval, where there are such."""
    if found.kappa is None:
        return "n/a"
    if found.low is None or found.high is None:
        return f"{found.kappa:.3f}"
    return f"{found.kappa:.3f} ({found.low:.3f} to {found.high:.3f})"


def percent(share: float) -> str:
    """A share of answers; all and none of them are told from nearly so."""
    rate = round(100 * share, 9)
    if rate.is_integer():
        return f"{rate:.0f} %"
    return f"{min(max(rate, 0.1), 99.9):.1f} %"


def leaning(compared: Compared) -> str:
    """Which of the two gave more, in one line."""
    bias = compared.total().bias
    if not round(bias, 2):
        return f"{compared.first} and {compared.second} gave the same on average"
    which = "more" if bias > 0 else "less"
    return f"{compared.first} gave {abs(bias):.2f} points {which} on average"


def table(compared: Compared) -> list[tuple[str, ...]]:
    """A line per question, headings first."""
    lines: list[tuple[str, ...]] = [
        (
            "question",
            "worth",
            "n",
            "exact",
            "within 1",
            "difference",
            compared.first,
            compared.second,
        )
    ]
    for question, worth, found, first, second in compared.questions():
        lines.append(
            (
                question,
                points(worth),
                str(found.n),
                percent(found.exact),
                percent(found.within_one),
                f"{found.mae:.2f}",
                f"{first:.2f}",
                f"{second:.2f}",
            )
        )
    return lines
