"""What is given from Python, made into the types that fields have, or refused."""

from collections.abc import Mapping
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any, cast, get_args, get_origin

import msgspec

from evalkit.described import kind_of
from evalkit.errors import UsageError
from evalkit.options import listed

NAMES = tuple[str, ...]


def given(value: object, kind: Any, where: str) -> object:
    """A value as a field's type has it; a UsageError that names the field if it is
    nothing of the kind.

    One name does for a list of them, a text for a path, and what is plain for the
    text of an option. Texts are no numbers.
    """
    if kind == NAMES and isinstance(value, str):
        return listed((value,))
    if Path in (kind, *get_args(kind)) and isinstance(value, str | PathLike):
        return Path(cast("PathLike[str]", value))
    if get_origin(kind) is Mapping and get_args(kind) == (str, str):
        return texts(value, where)
    try:
        return msgspec.convert(plain_number(value), kind)
    except (msgspec.ValidationError, TypeError):
        raise UsageError(f"{where} takes {words_of(kind)}, not {value!r}") from None


def plain_number(value: object) -> object:
    """The number that a number of numpy, say, is; anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def texts(value: object, where: str) -> Mapping[str, str]:
    """Options as the command line would have them."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} takes names and their values, not {value!r}")
    options = cast("Mapping[object, object]", value)
    return {
        str(name): text(each, f"{where}[{name!r}]") for name, each in options.items()
    }


def text(value: object, where: str) -> str:
    """A plain value as the command line would have it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | Real | PathLike):
        return str(cast(object, value))
    raise UsageError(f"{where} takes a text, a number or a truth, not {value!r}")


def words_of(kind: Any) -> str:
    """A field's type in words."""
    if kind == NAMES:
        return "a name or several"
    if get_origin(kind) is Mapping:
        return "names and numbers"
    return kind_of(kind)
