"""Refusing secrets in the words of a command: these are written into records."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evalkit.errors import UsageError
from evalkit.secrets.known import known_secrets
from evalkit.secrets.likeness import is_like_a_secret
from evalkit.secrets.telling import PLACE

if TYPE_CHECKING:  # it imports this module
    from evalkit.experiment import Experiment


def refuse_secrets(wanted: "Experiment") -> None:
    """Refuse a secret in what a user typed. The message does not repeat it."""
    known = known_secrets()
    for where, text in words_of(wanted):
        if known.spans(text):
            raise UsageError(
                f"{where} has a key, or a part of one, that is in the environment too: "
                "it belongs there only"
            )
        if not is_path(text) and is_like_a_secret(text):
            raise UsageError(
                f"{where} has what looks like a key or a password: that belongs in an "
                "environment variable, for what is typed here is written into records"
            )


def words_of(wanted: "Experiment") -> Iterator[tuple[str, str]]:
    """What a user typed, each with the flag that it stands behind."""
    yield "--model", wanted.model.partition(":")[2]
    yield "--judge", wanted.judge.partition(":")[2]
    yield "--ray-address", wanted.cluster
    for flag, options in (
        ("--backend-set", wanted.backend_options),
        ("--judge-set", wanted.judge_options),
        ("--set", wanted.task_options),
    ):
        for name, value in options.items():
            yield f"{flag} {name}", str(value)


def is_path(text: str) -> bool:
    """Whether a text says where something is on this machine: folders may have names
    that nobody chose."""
    return bool(PLACE.match(text)) and "://" not in text
