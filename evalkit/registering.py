"""What plugins may register, and how it is told when they give something else."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias, get_origin

from evalkit.errors import Unsound, reason
from evalkit.text import shown

Problems: TypeAlias = Iterator[str]

NAME = re.compile(r"[^\s,/\x00-\x1f\x7f](?:[^,/\x00-\x1f\x7f]*[^\s,/\x00-\x1f\x7f])?")
"""Names are typed in lists with commas, and a slash means a folder."""


def problem_in(item: object, hook: str) -> str:
    """The first thing that is wrong with what a plugin gave for a hook; empty if
    nothing is."""
    try:
        return next(PROBLEMS[hook](item), "")
    except Exception as exc:  # a property may raise whatever it likes
        name = item.__name__ if inspect.isclass(item) else type(item).__name__
        return f"{name}: {reason(exc)}"


def task_problems(item: Any) -> Problems:
    """What is wrong with something given as the class of a task."""
    from evalkit.task import Task

    yield from class_problems(item, Task)
    yield from name_problems(item, item.__name__)
    yield from abstract_problems(item)
    who = f"task {item.name!r}"
    yield from fields_problems(item, who)
    yield from said_problems(item, who)


def made_problems(item: Any, who: str) -> Problems:
    """What is wrong with a task that was made, whatever its class said."""
    yield from (f"{who}: {problem}" for problem in name_problems(item, "it"))
    yield from said_problems(item, who)


def said_problems(item: Any, who: str) -> Problems:
    """What is wrong with what a task says of itself, its class or an instance."""
    from evalkit.data import DatasetRef
    from evalkit.metrics import Metric
    from evalkit.protocol import Protocol

    if not is_whole_number(getattr(item, "version", None)):
        given = shown(getattr(item, "version", "nothing"))
        yield f"{who}: version must be a whole number, not {given}"
    yield from listed_problems(item, "protocols", Protocol, who)
    if not item.protocols:
        yield f"{who} has no protocols"
    for each in item.protocols:
        yield from (f"{who}: {problem}" for problem in protocol_problems(each))
    yield from listed_problems(item, "metrics", Metric, who)
    for each in item.metrics:
        yield from (f"{who}: {problem}" for problem in metric_problems(each))
    for field in ("protocols", "metrics"):
        yield from twin_problems(item, field, who)
    if not isinstance(item.dataset, DatasetRef | None):
        yield f"{who}: dataset must be a DatasetRef or None, not {shown(item.dataset)}"
    if not is_whole_number(item.damaged):
        yield f"{who}: damaged must be a whole number, not {shown(item.damaged)}"


def protocol_problems(item: Any) -> Problems:
    """What is wrong with something given as a protocol."""
    from evalkit.protocol import Protocol
    from evalkit.seams import SAMPLING

    yield from instance_problems(item, Protocol)
    yield from name_problems(item, type(item).__name__)
    who = f"protocol {item.name!r}"
    yield from fields_problems(item.__class__, who)
    try:
        SAMPLING(item.sampling)
    except Unsound as exc:
        yield f"{who}: sampling: {exc}"
    for name in ("chats", "ranks", "chooses"):
        yield from truth_problems(item, name, who)
    if not is_whole_number(item.most_turns) or item.most_turns < 1:
        yield f"{who}: most_turns must be 1 or more, not {shown(item.most_turns)}"


def metric_problems(item: Any) -> Problems:
    """What is wrong with something given as a metric."""
    from evalkit.metrics import Metric

    yield from instance_problems(item, Metric)
    yield from name_problems(item, type(item).__name__)
    if not is_whole_number(item.attempts) or item.attempts < 1:
        given = shown(item.attempts)
        yield f"metric {item.name!r}: attempts must be 1 or more, not {given}"


def backend_problems(item: Any) -> Problems:
    """What is wrong with something given as the class of a backend."""
    from evalkit.backend import Backend

    yield from class_problems(item, Backend)
    yield from name_problems(item, item.__name__)
    yield from abstract_problems(item)
    who = f"backend {item.name!r}"
    yield from fields_problems(item, who)
    yield from text_problems(item, "builtin_model", who)
    yield from truth_problems(item, "local", who)


def suite_problems(item: Any) -> Problems:
    """What is wrong with something given as a suite."""
    from evalkit.suite import Suite

    if not isinstance(item, Suite):
        yield from instance_problems(item, Suite)
        return
    yield from name_problems(item, "Suite")
    who = f"suite {item.name!r}"
    yield from text_problems(item, "about", who)
    yield from truth_problems(item, "weighted", who)
    if not item.parts:
        yield f"suite {item.name!r} has no parts, or one within it has none"
    yield from tuple_problems(item, "parts", who)
    for part in item.parts:
        yield from part_problems(part, who)


def part_problems(part: Any, who: str) -> Problems:
    """What is wrong with something given as a part of a suite."""
    from evalkit.seams import Seam
    from evalkit.suite import Part, Suite

    if isinstance(part, Suite):
        yield from suite_problems(part)
        return
    try:
        Seam(Part)(part)
    except Unsound as exc:
        yield f"{who}: {exc}"


def class_problems(item: Any, base: type[Any]) -> Problems:
    """Whether it is a class derived from `base`."""
    if isinstance(item, base):
        name = type(item).__name__
        yield f"an instance of {name} where the class is meant: {name}, not {name}()"
    elif not (inspect.isclass(item) and issubclass(item, base)):
        yield f"{shown(item)} where a class derived from {base.__name__} is meant"


def instance_problems(item: Any, base: type[Any]) -> Problems:
    """Whether it is an instance of `base`."""
    if inspect.isclass(item) and issubclass(item, base):
        name = item.__name__
        yield f"the class {name} where an instance is meant: {name}(), not {name}"
    elif not isinstance(item, base):
        yield f"{shown(item)} where an instance of {base.__name__} is meant"


def listed_problems(item: Any, field: str, base: type[Any], who: str) -> Problems:
    """Whether a field is a tuple of instances of `base`."""
    given = getattr(item, field)
    if isinstance(given, base):
        name = type(given).__name__
        yield (
            f"{who}: {field} is one {name} where a tuple is meant: a comma makes it "
            f"one, ({name}(),)"
        )
    else:
        yield from tuple_problems(item, field, who)


def twin_problems(item: Any, field: str, who: str) -> Problems:
    """Whether two things in a field have one name."""
    names = [each.name for each in getattr(item, field)]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        yield f"{who}: {field} has {twice[0]!r} twice"


def tuple_problems(item: Any, field: str, who: str) -> Problems:
    """Whether a field is a tuple."""
    given = getattr(item, field)
    if not isinstance(given, tuple):
        yield f"{who}: {field} must be a tuple, not {shown(given)}"


def name_problems(item: Any, what: str) -> Problems:
    """Whether something has a name that a user can type."""
    name = getattr(item, "name", None)
    if name is None or name == "":
        yield f"{what!r} has no name"
    elif not isinstance(name, str):
        yield f"{what!r} has {shown(name)} in place of a name"
    elif not NAME.fullmatch(name):
        yield f"{name!r} is no name: it has a comma, a slash or a blank at its end"


def abstract_problems(item: Any) -> Problems:
    """Whether a class defines all that it has to."""
    if inspect.isabstract(item):
        missing = ", ".join(sorted(item.__abstractmethods__))
        yield f"{item.name!r} does not define {missing}"


def fields_problems(cls: type[Any], who: str) -> Problems:
    """Whether what looks like options of a class are its fields."""
    own = inspect.get_annotations(cls)
    options = [name for name, hint in own.items() if not is_of_class(hint)]
    if options and "__dataclass_fields__" not in cls.__dict__:
        yield (
            f"{who}: {options[0]!r} is no field: put @dataclass(frozen=True, "
            f"kw_only=True) above {cls.__name__}"
        )
    elif not is_dataclass(cls):
        yield f"{who}: {cls.__name__} is no dataclass"


def is_of_class(hint: Any) -> bool:
    """Whether an annotation says that a name belongs to the class."""
    if isinstance(hint, str):
        return "ClassVar" in hint
    return hint is ClassVar or get_origin(hint) is ClassVar


def truth_problems(item: Any, field: str, who: str) -> Problems:
    """Whether a field is true or false."""
    given = getattr(item, field)
    if not isinstance(given, bool):
        yield f"{who}: {field} must be True or False, not {shown(given)}"


def text_problems(item: Any, field: str, who: str) -> Problems:
    """Whether a field is a text."""
    given = getattr(item, field)
    if not isinstance(given, str):
        yield f"{who}: {field} must be a text, not {shown(given)}"


def is_whole_number(value: object) -> bool:
    """Whether a value is a number of things, 0 or more."""
    return type(value) is int and value >= 0


PROBLEMS: Mapping[str, Callable[[Any], Problems]] = MappingProxyType(
    {
        "evalkit_tasks": task_problems,
        "evalkit_suites": suite_problems,
        "evalkit_protocols": protocol_problems,
        "evalkit_backends": backend_problems,
        "evalkit_metrics": metric_problems,
    }
)
"""What each hook's items are looked through for."""
