"""Ways of asking side by side: what a model's score is under each protocol.

A number for a benchmark means little without the way of asking that it came from. So a
card shows the finished runs of the same questions next to each other, and says whether
another way of asking would have put the models in another order, and how often it would
have made the model choose otherwise.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, permutations
from pathlib import Path

from evalkit.errors import DataError, UsageError
from evalkit.folder import RunFolder, slug
from evalkit.hookspecs import hookimpl
from evalkit.record import RunRecord
from evalkit.report.card import CardSection
from evalkit.report.words import amount, cell, grader_name, markdown_table
from evalkit.results import Results, finished_results


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished run, and where it is."""

    record: RunRecord
    results: Results
    damage: str = ""
    """Why it cannot be compared; empty if it can."""

    @property
    def model(self) -> str:
        spec = self.record.spec
        return f"{spec.backend}:{spec.model}"

    @property
    def way(self) -> str:
        """How it was asked: its protocol, and how many worked examples were shown."""
        spec = self.record.spec
        shots = spec.protocol_options.get("shots", 0)
        return f"{spec.protocol}, {shots} shots" if shots else spec.protocol

    @property
    def value(self) -> float:
        """What its first metric came to."""
        return self.record.estimates[0].value


@dataclass(frozen=True, slots=True)
class Matrix:
    """Runs of the same questions by model and protocol."""

    metric: str
    models: tuple[str, ...]
    protocols: tuple[str, ...]
    runs: tuple[Finished, ...]
    left_out: tuple[str, ...] = ()
    """What is wrong with runs that belong here."""

    def run(self, model: str, protocol: str) -> Finished | None:
        """The run of a model under a protocol, if there is one."""
        for each in self.runs:
            if (each.model, each.way) == (model, protocol):
                return each
        return None

    @property
    def compares(self) -> bool:
        """Whether there is more than one run to look at."""
        return len(self.runs) > 1


def matrix_of(record: RunRecord, folder: RunFolder, results: Results) -> Matrix:
    """The finished runs beside this one that asked the same questions.

    Where a model was asked in the same way several times, the newest run counts.
    """
    newest: dict[tuple[str, str], Finished] = {}
    found = list(siblings(record, folder))
    whole = [each for each in found if not each.damage]
    for each in sorted(whole, key=lambda run: run.record.finished):
        newest[each.model, each.way] = each
    own = Finished(record, results)
    newest[own.model, own.way] = own
    runs = tuple(newest[key] for key in sorted(newest))
    return Matrix(
        metric=record.estimates[0].metric if record.estimates else "",
        models=tuple(dict.fromkeys(run.model for run in runs)),
        protocols=tuple(sorted({run.way for run in runs})),
        runs=runs,
        left_out=tuple(each.damage for each in found if each.damage),
    )


def siblings(record: RunRecord, folder: RunFolder) -> Iterator[Finished]:
    """Other finished runs of the same samples whose first metric is the same."""
    for path in sorted(folder.path.parent.glob("*/record.json")):
        other = RunFolder(path.parent)
        if other.path.name == folder.path.name:
            continue
        try:
            found = other.read_record()
        except UsageError:  # damaged: its own commands say so
            continue
        if is_comparable(found, record):
            yield finished(found, other)


def finished(record: RunRecord, folder: RunFolder) -> Finished:
    """A run with its results, and what is wrong with them."""
    try:
        return Finished(record, finished_results(folder.results, record))
    except DataError as exc:
        return Finished(record, Results(folder.results), str(exc))


def is_comparable(one: RunRecord, other: RunRecord) -> bool:
    """Whether two runs asked the same questions and have the same first metric."""
    firsts = [each.estimates[0].metric for each in (one, other) if each.estimates]
    return (
        len(firsts) == 2
        and firsts[0] == firsts[1]
        and one.samples_sha256 == other.samples_sha256
    )


def rows(matrix: Matrix) -> Iterator[tuple[str, ...]]:
    """A line per protocol, its value for each model."""
    for protocol in matrix.protocols:
        found = [matrix.run(model, protocol) for model in matrix.models]
        yield (protocol, *(shown(run) for run in found))


def shown(run: Finished | None) -> str:
    """A run's value as a table has it."""
    if run is None:
        return "–"
    estimate = run.record.estimates[0]
    return amount(estimate.value, estimate.scale)


def unlike_judges(matrix: Matrix) -> str:
    """A warning where the runs were not all judged alike; empty where they were."""
    versions = {(run.record.scored_by, run.record.grader) for run in matrix.runs}
    if len(versions) == 1:
        return ""
    each = "; ".join(
        f"{run.model} by {run.way}: task version {run.record.scored_by}, "
        f"{grader_name(run.record.grader)}"
        for run in matrix.runs
    )
    return f"Not all of them were judged alike, so compare with care. {each}."


def order_of_models(matrix: Matrix) -> str:
    """Whether all protocols that every model was asked by put the models in one order.

    Empty if there are not at least two models and two such protocols.
    """
    shared = [
        protocol
        for protocol in matrix.protocols
        if all(matrix.run(model, protocol) for model in matrix.models)
    ]
    if len(matrix.models) < 2 or len(shared) < 2:
        return ""
    orders = {protocol: order(matrix, protocol) for protocol in shared}
    if len(set(orders.values())) == 1:
        return f"The order of the models is the same under all: {orders[shared[0]]}."
    each = "; ".join(f"{protocol}: {said}" for protocol, said in orders.items())
    return f"The order of the models changes with the way of asking. {each}."


def order(matrix: Matrix, protocol: str) -> str:
    """The models by their values, the best first; "=" between equals."""
    found = [matrix.run(model, protocol) for model in matrix.models]
    runs = sorted(
        (run for run in found if run is not None),
        key=lambda run: (-run.value, run.model),
    )
    groups = groupby(runs, key=lambda run: run.value)
    return " > ".join(" = ".join(run.model for run in group) for _, group in groups)


@dataclass(frozen=True, slots=True)
class Changes:
    """How often ways of asking made one model answer otherwise."""

    protocols: tuple[str, ...]
    pairs: Mapping[tuple[str, str], int]
    """For two protocols, in this order, the questions that got another answer."""
    unlike: int
    """Questions that did not get the same answer by all."""
    questions: int

    @property
    def sentence(self) -> str:
        """What there is to know in one line; empty with one way of asking."""
        if len(self.protocols) < 2:
            return ""
        return (
            f"{self.unlike} of {self.questions} questions get another answer by "
            "another way of asking."
        )

    def rows(self) -> Iterator[tuple[str, ...]]:
        """A line per protocol: its differences from each of them."""
        for one in self.protocols:
            counts = (
                "" if one == other else str(self.pairs[one, other])
                for other in self.protocols
            )
            yield (one, *counts)


def changes(matrix: Matrix, model: str) -> Changes:
    """How often each two ways of asking made a model answer otherwise."""
    runs = [run for run in matrix.runs if run.model == model]
    names = tuple(run.way for run in runs)
    pairs: Counter[tuple[str, str]] = Counter()
    unlike = questions = 0
    for answers in zip(*map(picks, runs), strict=False):
        questions += 1
        unlike += len(set(answers)) > 1
        for (one, a), (other, b) in permutations(zip(names, answers, strict=True), 2):
            pairs[one, other] += a != b
    return Changes(names, pairs, unlike, questions)


def picks(run: Finished) -> Iterator[str | None]:
    """The answer that was read of each sample's first attempt."""
    return (each.attempts[0].score.answer for each in run.results)


def home(record: RunRecord, path: Path) -> RunFolder | None:
    """The run folder that a results file belongs to, drafts of it included."""
    name = RunFolder.of(Path(), record.spec).path.name
    folder = next((each for each in path.parents if each.name == name), None)
    if folder is None or folder.parent.name != slug(record.spec.task):
        return None
    return RunFolder(folder)


@hookimpl
def evalkit_card_sections(record: RunRecord, results: Results) -> Iterable[CardSection]:
    """The matrix, on the card of a run that has others beside it."""
    folder = home(record, results.path)
    if folder is None or not record.estimates:
        return ()
    matrix = matrix_of(record, folder, results)
    if not (matrix.compares or matrix.left_out):
        return ()
    header = ("protocol", *(f"{cell(model)}:" for model in matrix.models))
    table = markdown_table(header, (map(cell, row) for row in rows(matrix)))
    text = f"{cell(matrix.metric)} on the same {record.samples} samples."
    parts = [
        text,
        table,
        cell(unlike_judges(matrix), 2000),
        cell(order_of_models(matrix), 2000),
        *differences(matrix, record),
        *(cell(f"left out: {each}", 1000) for each in matrix.left_out),
    ]
    body = "\n\n".join(part for part in parts if part)
    return (CardSection("Ways of asking", body, rank=15),)


def differences(matrix: Matrix, record: RunRecord) -> Iterator[str]:
    """How often the card's own model answers otherwise, in a line and a table."""
    found = changes(matrix, f"{record.spec.backend}:{record.spec.model}")
    if found.sentence:
        header = ("another answer than by", *(f"{cell(p)}:" for p in found.protocols))
        yield found.sentence
        yield markdown_table(header, (map(cell, row) for row in found.rows()))
