"""Turning ``name=value`` words into the fields of a frozen dataclass."""

from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from typing import Any, TypeVar, get_type_hints

import msgspec

from evalkit.errors import UsageError
from evalkit.registry import unknown

T = TypeVar("T")


def parse(words: Iterable[str], flag: str) -> dict[str, str]:
    """Split the words of a repeatable flag at their first equals sign."""
    options: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{flag} takes name=value, not {word!r}")
        options[name] = value
    return options


def settable(cls: type[Any]) -> dict[str, Field[Any]]:
    """The fields that users may set, by name."""
    return {
        each.name: each for each in fields(cls) if each.metadata.get("option", True)
    }


def build(cls: type[T], options: Mapping[str, str], who: str, **fixed: object) -> T:
    """Make a `cls` from option words; `who` names it in errors ("task 'gsm8k'")."""
    known = settable(cls)
    hints = get_type_hints(cls)
    values = dict(fixed)
    for name, text in options.items():
        if name not in known:
            raise UsageError(f"{who}: {unknown('option', name, known)}")
        values[name] = convert(text, hints[name], f"{who}: option {name!r}")
    try:
        return cls(**values)
    except ValueError as exc:  # a dataclass may check its values in __post_init__
        raise UsageError(f"{who}: {exc}") from exc


def convert(text: str, kind: Any, where: str) -> object:
    """Read a word as a value of a field's type; raise UsageError if it is none."""
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as exc:
        problem = str(exc)[0].lower() + str(exc)[1:]
        raise UsageError(f"{where}: {problem}, not {text!r}") from None
