"""Turning ``name=value`` words into the fields of a frozen dataclass."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from evalkit.errors import UsageError
from evalkit.registry import unknown

T = TypeVar("T")

REQUIRED = "required"
BITS = 64
"""Of whole numbers, the sign included: what records can hold."""


def parse(words: Iterable[str], flag: str) -> dict[str, str]:
    """Split the words of a repeatable flag at their first equals sign."""
    options: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{flag} takes name=value, not {repeated(word)}")
        if name in options:
            raise UsageError(
                f"{flag} {name} takes one value, and was given "
                f"{repeated(options[name])} and {repeated(value)}"
            )
        options[name] = value
    return options


def listed(words: Iterable[str]) -> tuple[str, ...]:
    """The names in the words of a repeatable flag, which may hold several each with
    commas between them."""
    names = (name.strip() for word in words for name in word.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def repeated(word: str) -> str:
    """What a user typed, to be told to them, unless it may be a secret."""
    from evalkit.secrets.likeness import is_like_a_secret  # for mistakes only

    return "a key" if is_like_a_secret(word) else repr(word)


def settable(cls: type[Any]) -> dict[str, Field[Any]]:
    """The fields that users may set, by name."""
    return {
        each.name: each for each in fields(cls) if each.metadata.get("option", True)
    }


def default_of(option: Field[Any]) -> str:
    """How an option's default is shown."""
    if option.default is not MISSING:
        return f"default: {option.default!r}"
    if option.default_factory is not MISSING:
        return f"default: {option.default_factory()!r}"
    return REQUIRED


def build(cls: type[T], options: Mapping[str, str], who: str, **fixed: object) -> T:
    """Make a `cls` from option words; `who` names it in errors ("task 'gsm8k'")."""
    known = settable(cls)
    hints = get_type_hints(cls)
    values = dict(fixed)
    for name, text in options.items():
        if name not in known:
            raise UsageError(f"{who}: {unknown('option', name, known)}")
        values[name] = convert(text, hints[name], f"{who}: option {name!r}")
    missing = [
        name
        for name, each in known.items()
        if default_of(each) == REQUIRED and name not in values
    ]
    if missing:
        raise UsageError(f"{who} needs a value for option {missing[0]!r}")
    try:
        return cls(**values)
    except ValueError as exc:  # a dataclass may check its values in __post_init__
        raise UsageError(f"{who}: {exc}") from exc


def convert(text: str, kind: Any, where: str) -> object:
    """Read a word as a value of a field's type; raise UsageError if it is none."""
    if get_origin(kind) is Literal and text not in get_args(kind):
        choices = ", ".join(map(repr, get_args(kind)))
        raise UsageError(f"{where} takes {choices}, not {text!r}")
    if type(None) in get_args(kind) and text.lower() in ("none", "null"):
        return None
    try:
        value = msgspec.convert(text, kind, strict=False, dec_hook=from_text)
    except (msgspec.ValidationError, NotImplementedError) as exc:
        problem = str(exc)[0].lower() + str(exc)[1:]
        raise UsageError(f"{where}: {problem}, not {text!r}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{where}: expected a finite number, not {text!r}")
    if isinstance(value, int) and value.bit_length() >= BITS:
        raise UsageError(f"{where}: expected a number of at most {BITS} bits")
    return value


def from_text(kind: type, text: object) -> object:
    """A value of a type that msgspec does not know: paths are made from their text."""
    if issubclass(kind, Path):
        return kind(str(text))
    raise NotImplementedError(f"options of type {kind.__name__} cannot be set")
