"""The card: a run told to people, in Markdown, built from sections of plugins."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evalkit.exam.total import is_exam
from evalkit.hookspecs import hookimpl
from evalkit.record import Regrade, RunRecord, RunSpec
from evalkit.report.reasons import reason_table
from evalkit.report.thinking import thinking_lines
from evalkit.report.words import (
    amount,
    cell,
    code,
    estimate_line,
    grader_name,
    markdown_table,
    money,
    open_attempts,
    points,
)
from evalkit.results import Results
from evalkit.types import Outcome, SampleResult

FEW = 60
"""Up to so many samples are listed one by one."""


@dataclass(frozen=True, slots=True)
class CardSection:
    """A part of the card."""

    title: str
    markdown: str
    rank: int = 100
    """Low ranks come first; the results are at 10."""


def make_card(record: RunRecord, groups: Iterable[Iterable[CardSection]]) -> str:
    """The card as Markdown."""
    spec = record.spec
    sections = sorted(
        (section for group in groups for section in group), key=lambda each: each.rank
    )
    title = f"# {cell(spec.task)}: {cell(spec.model, 120)}"
    told = [cell(record.titles.task, 200)] if record.titles.task else []
    parts = [f"## {each.title}\n\n{each.markdown.strip()}" for each in sections]
    return "\n\n".join((title, *told, *parts)) + "\n"


@hookimpl
def evalkit_card_sections(record: RunRecord, results: Results) -> Iterator[CardSection]:
    yield CardSection("Result", result_section(record), rank=10)
    yield CardSection("Outcomes", outcome_section(record), rank=20)
    if record.reasons:
        yield CardSection("Failures", reason_table(record.reasons), rank=25)
    if record.samples <= FEW and not is_exam(record, results):
        yield CardSection("Questions", question_table(results), rank=30)
    yield CardSection("What was asked of which model", setting_section(record), rank=40)
    yield CardSection("Cost", cost_section(record), rank=50)
    if record.warnings:
        lines = "\n".join(f"- {cell(each, 400)}" for each in record.warnings)
        yield CardSection("Warnings", lines, rank=60)
    if record.regrades:
        lines = "\n".join(f"- {regrade_line(each)}" for each in record.regrades)
        yield CardSection("Judged anew", lines, rank=65)
    yield CardSection("Versions", version_section(record), rank=70)


def result_section(record: RunRecord) -> str:
    """One row per metric, with its interval, and the bounds if anything is open."""
    rows = [
        (
            cell(e.metric),
            estimate_line(e),
            str(e.n),
            cell(f"{100 * e.level:g} %, {e.method}"),
        )
        for e in record.estimates
    ]
    header = ("metric", "value (interval):", "samples:", "kind of interval")
    parts = [markdown_table(header, rows)]
    parts += [cell(e.note, 400) for e in record.estimates if e.note]
    if record.ceilings:
        bounds = "; ".join(
            f"{cell(e.metric)} {amount(e.value, e.scale)} to {amount(top, e.scale)}"
            for e, top in zip(record.estimates, record.ceilings, strict=True)
        )
        parts.append(
            f"**{open_attempts(record)}.** They count as wrong. Had they all been "
            f"right: {bounds}."
        )
    return "\n\n".join(parts)


def outcome_section(record: RunRecord) -> str:
    """How many attempts had which outcome."""
    total = sum(record.outcomes.values())
    rows = [
        (outcome.replace("_", " "), str(n), f"{100 * n / total:.1f} %")
        for outcome in Outcome
        if (n := record.outcomes.get(outcome.value, 0))
    ]
    table = markdown_table(("outcome", "attempts:", "share:"), rows)
    return "\n\n".join((table, *(cell(each, 400) for each in thinking_lines(record))))


def question_table(results: Iterable[SampleResult]) -> str:
    """One row per sample, for tasks that have few."""
    rows = [
        (
            cell(result.id),
            points(earned(result)),
            points(result.max_points),
            outcomes(result),
            cell(answers(result)),
            cell(result.target),
        )
        for result in results
    ]
    header = ("question", "points:", "of:", "outcome", "answer read", "reference")
    return markdown_table(header, rows)


def earned(result: SampleResult) -> float:
    """Points, as the mean over the attempts."""
    return sum(each.score.points for each in result.attempts) / len(result.attempts)


def outcomes(result: SampleResult) -> str:
    """What became of a sample: ``right``, or of its attempts ``5 right, 27 wrong``."""
    found = Counter(each.score.outcome for each in result.attempts)
    words = {each: each.replace("_", " ") for each in Outcome if found[each]}
    if found.total() == 1:
        return "".join(words.values())
    return ", ".join(f"{found[each]} {word}" for each, word in words.items())


def answers(result: SampleResult) -> str:
    """What was read, the commonest of several attempts first: ``5 (20 times); 7``."""
    read = Counter(each.score.answer for each in result.attempts)
    return "; ".join(
        ("–" if answer is None else answer) + (f" ({n} times)" if n > 1 else "")
        for answer, n in read.most_common()
    )


def setting_section(record: RunRecord) -> str:
    """The spec, in words."""
    spec = record.spec
    dataset = spec.dataset
    facts = {
        "task": f"{spec.task}, version {spec.task_version}",
        "dataset": f"{dataset.id} at {dataset.revision}"
        if dataset
        else "in the package",
        "data read from": record.data_origin,
        "data sha256": dataset.sha256 if dataset else "",
        "samples": f"{record.samples}{drawn(spec)}",
        "samples sha256": record.samples_sha256,
        "protocol": spec.protocol,
        **{f"protocol: {k}": str(v) for k, v in spec.protocol_options.items()},
        **{f"task option: {k}": str(v) for k, v in spec.task_options.items()},
        "attempts": str(spec.attempts),
        "seed": str(spec.seed),
        "model": f"{spec.backend}:{spec.model}",
        **{f"model: {k}": v for k, v in spec.model_identity.items()},
        **{f"backend option: {k}": str(v) for k, v in spec.backend_options.items()},
        "spec digest": spec.digest,
    }
    return facts_list(facts)


def drawn(spec: RunSpec) -> str:
    """How the samples were chosen, where not all were asked."""
    if spec.limit is None:
        return ""
    if spec.shuffle is None:
        return " (limited)"
    return f" (drawn by lot, --shuffle {spec.shuffle})"


def cost_section(record: RunRecord) -> str:
    """Requests, tokens and time."""
    counts = record.counts
    facts = {
        "requests": f"{counts.requests} ({counts.replayed} answered from the journal "
        f"of an earlier session or by a plugin, {counts.failed} failed, "
        f"{counts.shared} shared with other runs of the command)",
        "tokens": f"{counts.prompt_tokens} read, {counts.completion_tokens} written",
        "cost": money(record),
        "time": f"{record.seconds:.0f} s in the last session, the engine loaded "
        f"{len(record.sessions)} times in all",
        "finished": record.finished,
    }
    return facts_list(facts)


def regrade_line(regrade: Regrade) -> str:
    """One time that the answers were judged anew, and what it replaced."""
    was = "; ".join(
        f"{cell(each.metric)} {estimate_line(each)}"
        for each in regrade.estimates_before
    )
    return (
        f"{cell(regrade.when)}: from task version {regrade.task_version_before}, "
        f"{cell(grader_name(regrade.grader_before))}, to task version "
        f"{regrade.task_version}, {cell(grader_name(regrade.grader))}; "
        f"{regrade.flipped} verdicts flipped. Before: {was}"
    )


def version_section(record: RunRecord) -> str:
    """Versions and hardware, as of the last session."""
    facts = {"grader": record.grader, **record.environment}
    for session in record.sessions[-1:]:
        facts |= {**session.environment, **session.facts}
    if record.plugins:
        facts["plugins"] = ", ".join(record.plugins)
    return facts_list(facts)


def facts_list(facts: dict[str, str]) -> str:
    """Named facts as a list, those without a value left out."""
    return "\n".join(
        f"- {cell(name, 80)}: {code(value)}" for name, value in facts.items() if value
    )
