"""What the options of a task or backend are, in words.

A sentence about an option stands where its author writes it, as the text below the
field in the class: Python drops it, so it is read from the source. That holds for
anybody's plugin; without source, or such a text, an option has no sentence.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints

from evalkit.options import default_of, settable

WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "none",
}
COLUMNS = 80
"""How wide sentences may become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An option, as a user is told of it."""

    name: str
    kind: str
    """What it takes."""
    default: str
    sentence: str
    """Empty where its author wrote none."""


def described(cls: type[Any]) -> list[Described]:
    """The options that users may set, in their order."""
    told = sentences(cls)
    hints = hints_of(cls)
    return [
        Described(
            name=name,
            kind=kind_of(hints.get(name, each.type)),
            default=default_of(each),
            sentence=told.get(name, ""),
        )
        for name, each in settable(cls).items()
    ]


def sentences(cls: type[Any]) -> dict[str, str]:
    """The text below each field of a class, those of its bases included."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= dict(texts_below_fields(base))
    return found


def texts_below_fields(cls: type[Any]) -> Iterator[tuple[str, str]]:
    """Each field that the class itself has, and the text below it."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):  # built in, or made without a file
        return
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for field, below in pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(below, ast.Expr):
            continue
        text = below.value.value if isinstance(below.value, ast.Constant) else None
        if isinstance(field.target, ast.Name) and isinstance(text, str):
            yield field.target.id, " ".join(text.split())


def hints_of(cls: type[Any]) -> dict[str, Any]:
    """The types of a class's fields, as far as they can be found."""
    try:
        return get_type_hints(cls)
    except Exception:  # a name that only type checkers have: the text will do
        return {}


def kind_of(kind: Any) -> str:
    """A type in words."""
    if get_origin(kind) is Literal:
        return one_of([repr(each) for each in get_args(kind)])
    if get_args(kind) and type(None) in get_args(kind):
        return one_of([kind_of(each) for each in get_args(kind)])
    if kind in WORDS:
        return WORDS[kind]
    name = getattr(kind, "__name__", str(kind))
    return "a path" if name == "Path" else name


def one_of(words: list[str]) -> str:
    """Words of which one is to be chosen."""
    *most, last = ", ".join(words).replace(" or ", ", ").split(", ")
    return f"{', '.join(most)} or {last}" if most else last


def option_lines(cls: type[Any], flag: str) -> Iterator[str]:
    """A class's options, each with what it takes and a sentence."""
    options = described(cls)
    if options:
        yield f"options, {flag} NAME=VALUE:"
    for each in options:
        yield from lines_of(each)


def lines_of(option: Described) -> Iterator[str]:
    """One option."""
    yield f"  {option.name}: {option.kind} ({option.default})"
    indent = " " * 6
    yield from textwrap.wrap(
        option.sentence.replace("``", ""),
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent,
    )
