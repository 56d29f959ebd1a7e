"""What is told of answers that thoughts took the place of."""

from collections.abc import Iterator

from evalkit.record import RunRecord
from evalkit.report.words import several
from evalkit.types import Outcome


def cut_line(record: RunRecord) -> str:
    """How many answers were cut off, and how many of them within a thought; empty if
    none was."""
    cut = record.outcomes.get(Outcome.TRUNCATED.value, 0)
    if not cut:
        return ""
    within = min(cut, record.counts.thinking)
    where = f", {within} of them while thinking" if within else ""
    return f"{cut} ran out of tokens{where}; --max-tokens gives them more"


def thought_line(*records: RunRecord) -> str:
    """How many answers of some runs are empty because all of the text is called
    reasoning; empty if none is."""
    count = sum(record.counts.only_thoughts for record in records)
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return (
        f"{several(count, 'answer')} {verb} empty, and all of the text came as "
        "reasoning: what tells the two apart, such as a server's reasoning parser, may "
        "not suit the model"
    )


def thinking_lines(record: RunRecord) -> Iterator[str]:
    """Both, as far as there is something to tell."""
    yield from filter(None, (cut_line(record), thought_line(record)))
