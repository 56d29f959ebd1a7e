"""What an exam says of itself, on the card: notes without which scores mislead."""

import json
from collections.abc import Iterator
from itertools import islice

from evalkit.record import RunRecord
from evalkit.report.card import CardSection
from evalkit.report.words import cell
from evalkit.results import Results


def sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    """The notes of the exam, which its first question bears."""
    for first in islice(results, 1):
        if "notes" in first.metadata and "full_marks" in first.metadata:
            notes = [str(each) for each in json.loads(first.metadata["notes"])]
            lines = "\n".join(f"- {cell(each, 2000)}" for each in notes)
            yield CardSection("About this exam", lines, rank=14)
