"""How many worked examples are shown: ``--shots``."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from evalkit.errors import UsageError
from evalkit.protocol import Protocol
from evalkit.task import Task


def shows_shots(protocol: Protocol) -> bool:
    """Whether a protocol lets itself be told how many worked examples to show."""
    return any(each.name == "shots" for each in fields(protocol))


def check_shows(picked: Iterable[Protocol], shots: int, task: Task) -> None:
    """Refuse worked examples where a protocol shows none, and say which does."""
    for protocol in picked:
        if not shows_shots(protocol):
            showing = [each.name for each in task.protocols if shows_shots(each)]
            others = f"; --protocol {' or '.join(showing)} does"
            raise UsageError(
                f"--shots {shots}: protocol {protocol.name!r} shows no worked examples"
                + (others + count_of_examples(task)) * bool(showing)
            )


def count_of_examples(task: Task) -> str:
    """How many worked examples a task has, in words, if they are at hand."""
    try:
        count = len(task.exemplars())
    except Exception:  # their data are not here: this is about something else
        return ""
    return f". Task {task.name!r} has {count}"


def with_shots(protocol: Protocol, shots: int | None) -> Protocol:
    """The protocol with so many worked examples, if it shows any."""
    if shots is None or not shows_shots(protocol):
        return protocol
    return replace(protocol, **dict[str, Any](shots=shots))


def check_shots(task: Task, protocol: Protocol, wanted: int | None, there: int) -> None:
    """Refuse more worked examples than the task has, where the user named a number."""
    if wanted and protocol.shows_examples and wanted > there:
        raise UsageError(
            f"--shots {wanted}: task {task.name!r} has {there} worked examples"
        )
