"""The sections that exams, and those who marked them, have on a card.

What makes them is imported with the first card: a list of tasks has no need of it.
"""

import importlib
from collections.abc import Iterator

from evalkit.hookspecs import hookimpl
from evalkit.record import RunRecord
from evalkit.report.card import CardSection
from evalkit.results import Results

MAKERS = ("evalkit.exam.notes", "evalkit.exam.card", "evalkit.report.marks")


@hookimpl
def evalkit_card_sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    for name in MAKERS:
        yield from importlib.import_module(name).sections(record, results)
