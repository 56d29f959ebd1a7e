"""Why attempts failed, as people are told it, and whether asking again can help."""

from collections.abc import Callable, Iterator, Sequence

from evalkit.failures import Failure
from evalkit.reasons import Reason
from evalkit.report.words import cell, markdown_table, several, short

FEW = 3
"""So many reasons are told on the terminal."""
MANY = 20
"""So many are on the card."""


def reason_lines(reasons: Sequence[Reason]) -> Iterator[str]:
    """The commonest reasons with their counts, then what would help, a line each."""
    if not reasons:
        return
    for each in reasons[:FEW]:
        yield f"{each.count} {short(each.told, 140)}"
    if len(reasons) > FEW:
        rest = sum(each.count for each in reasons[FEW:])
        others = several(len(reasons) - FEW, "other reason")
        yield f"{rest} for {others}, which the card lists"
    yield advice(reasons)


def advice(reasons: Sequence[Reason]) -> str:
    """Whether the same command can bring what failed."""
    passing = counted(reasons, lambda kind: kind.passes)
    mended = counted(reasons, lambda kind: kind.is_of_code)
    final = counted(reasons, lambda kind: True) - passing - mended
    if not (mended or final):
        return "the same command asks them again"
    if not (passing or mended):
        return "asking again brings the same"
    if not (passing or final):
        return "the same command brings the same, until the code is mended"
    parts = (
        f"the same command asks {passing} of them again" if passing else "",
        f"{mended} fail until the code is mended" if mended else "",
        f"{final} would fail again" if final else "",
    )
    return "; ".join(part for part in parts if part)


def counted(reasons: Sequence[Reason], holds: Callable[[Failure], bool]) -> int:
    """How many attempts failed for reasons of some kinds."""
    return sum(each.count for each in reasons if holds(each.kind))


def reason_table(reasons: Sequence[Reason]) -> str:
    """The reasons with their counts, as Markdown."""
    rows = [
        (
            str(each.count),
            each.kind.told,
            remedy(each.kind),
            cell(each.words, 160),
        )
        for each in reasons[:MANY]
    ]
    rest = sum(each.count for each in reasons[MANY:])
    if rest:
        others = several(len(reasons) - MANY, "other reason")
        rows.append((str(rest), others, "", ""))
    header = ("attempts:", "why they failed", "what helps", "such as")
    return markdown_table(header, rows)


def remedy(kind: Failure) -> str:
    """What asking again brings."""
    if kind.passes:
        return "asking again may help"
    if kind.is_of_code:
        return "asking again brings the same, until the code is mended"
    return "asking again brings the same"
