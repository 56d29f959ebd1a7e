"""What plugins, servers and files hand in, checked as a whole where it comes in.

A seam knows a dataclass by its annotations: the types of its fields, and bounds where
they bear `msgspec.Meta`. What must hold between fields, a function adds. Whoever calls
a seam names the giver: see `evalkit.errors.boundary`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from itertools import islice
from operator import attrgetter
from types import GenericAlias, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
)
from typing import get_type_hints as hints_of

import msgspec

from evalkit.backend import Model
from evalkit.errors import Unsound
from evalkit.text import shown
from evalkit.titles import Titles
from evalkit.types import (
    Answer,
    Completion,
    Estimate,
    Generate,
    Rank,
    Request,
    Sample,
    Sampling,
    Score,
)

T = TypeVar("T")

MOST = 2_000_000
"""More things than this are taken to have no end."""
SLACK = 1e-9
"""By how much numbers that were computed may miss their bounds."""


class Seam(Generic[T]):
    """Lets sound values of one dataclass through; raises `Unsound` over all others."""

    def __init__(
        self, kind: type[T], problem: Callable[[T], str] | None = None
    ) -> None:
        self.kind = kind
        self._problem = problem
        self._known: set[tuple[type[Any], ...]] = set()
        """Combinations of types of strict fields that are as they should be."""

    @cached_property
    def _form(self) -> type[msgspec.Struct]:
        return form(self.kind)

    @cached_property
    def _strict(self) -> Mapping[str, tuple[type[Any], ...]]:
        """Fields that msgspec would fill from more than their types, and these: tuples
        from other sequences, enumerations from their values."""
        return dict(strict_fields(self.kind))

    @cached_property
    def _strict_values(self) -> Callable[[T], tuple[object, ...]]:
        """Gives the values of these fields."""
        names = tuple(self._strict)
        if len(names) > 1:
            return attrgetter(*names)
        return lambda value: tuple(attrgetter(name)(value) for name in names)

    def __call__(self, value: object) -> T:
        """The value itself, if it is sound."""
        kind = self.kind
        if type(value) is not kind:
            raise Unsound(f"{article(kind)} is meant, not {shown(value)}")
        try:
            msgspec.convert(value, self._form, from_attributes=True)
        except (msgspec.ValidationError, AttributeError) as exc:
            raise Unsound(f"{kind.__name__}{told(exc, value)}") from exc
        types = tuple(map(type, self._strict_values(value)))
        if types not in self._known:
            self._check_types(types)
        if self._problem is not None and (problem := self._problem(value)):
            raise Unsound(f"{kind.__name__}.{problem}")
        return value

    def _check_types(self, types: tuple[type[Any], ...]) -> None:
        """Whether strict fields have their types; those that have are remembered."""
        for (name, wanted), given in zip(self._strict.items(), types, strict=True):
            if not issubclass(given, wanted):
                what = f"expected `{wanted[0].__name__}`, got `{given.__name__}`"
                raise Unsound(f"{self.kind.__name__}.{name}: {what}")
        self._known.add(types)


def strict_fields(kind: type[Any]) -> Iterator[tuple[str, tuple[type[Any], ...]]]:
    """The paths of a dataclass's strict fields, and their types."""
    hints: Mapping[str, Any] = hints_of(kind)
    for name, hint in hints.items():
        if is_dataclass(hint):
            inner: Any = hint
            yield from ((f"{name}.{path}", w) for path, w in strict_fields(inner))
        elif wanted := strict_kinds(hint):
            yield name, wanted


def strict_kinds(hint: Any) -> tuple[type[Any], ...]:
    """The types of a field, the strict one first; none if there is no such."""
    members = get_args(hint) if is_union(hint) else (hint,)
    kinds = [get_origin(each) or each for each in members]
    strict = [each for each in kinds if each is tuple or is_enumeration(each)]
    return (*strict, *(each for each in kinds if each not in strict)) if strict else ()


def is_enumeration(kind: Any) -> bool:
    """Whether a type has a few values with names."""
    return isinstance(kind, type) and issubclass(kind, Enum)


def is_union(hint: Any) -> bool:
    """Whether a type is one of several."""
    return isinstance(hint, UnionType) or get_origin(hint) is Union


def form(kind: type[Any]) -> type[msgspec.Struct]:
    """A struct with the fields of a dataclass, which msgspec checks attributes by; of
    a dataclass itself it takes any instance as it is."""
    hints = hints_of(kind, include_extras=True)
    named = [(each.name, formed(hints[each.name])) for each in fields(kind)]
    return msgspec.defstruct(kind.__name__, named, gc=False)


def formed(hint: Any) -> Any:
    """A type with structs in the place of dataclasses."""
    same: Any = hint
    if isinstance(hint, type) and is_dataclass(hint):
        return form(hint)
    if get_origin(hint) is Annotated:
        return Annotated[formed(get_args(hint)[0]), *get_args(hint)[1:]]
    if is_union(hint):
        return Union[tuple(map(formed, get_args(hint)))]  # noqa: UP007
    if get_origin(hint) is tuple:
        parts = tuple(map(formed, get_args(hint)))
        return GenericAlias(tuple, parts)
    return same


def told(exc: Exception, value: object) -> str:
    """The field that a value is wrong in, and how it is."""
    problem, at, place = str(exc).partition(" - at `$")
    where = place.removesuffix("`") if at else ""
    given = getattr(value, where[1:], None)
    if problem.startswith("Invalid enum value") and where[1:].isidentifier():
        problem = f"expected {one_of(type(value), where[1:])}"
    got = "" if given is None or "got" in problem else f", not {shown(given)}"
    return f"{where}: {problem[:1].lower()}{problem[1:]}{got}"


def one_of(kind: type[Any], name: str) -> str:
    """The values that a field may have, where those are few."""
    hint: Any = hints_of(kind).get(name)
    members = hint if is_enumeration(hint) else get_args(hint)
    values = [str(getattr(each, "value", each)) for each in members]
    return f"one of {', '.join(values)}" if values else "another value"


def article(kind: type[Any]) -> str:
    """A class with its article."""
    name = kind.__name__
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def sample_problem(sample: Sample) -> str:
    """What no bound of a field tells of a sample."""
    printable = sample.id.isprintable()
    if not printable and any(ord(c) < 32 or ord(c) == 127 for c in sample.id):
        return f"id: control characters in {sample.id!r}"
    return ""


def request_problem(request: Generate) -> str:
    """What no bound of a field tells of a request to write."""
    if not request.schema:
        return ""
    try:
        msgspec.json.decode(request.schema)
    except msgspec.DecodeError as exc:
        return f"schema: no JSON: {exc}"
    return ""


def estimate_problem(estimate: Estimate) -> str:
    """What no bound of a field tells of an estimate."""
    slack = SLACK * max(1.0, estimate.scale)
    low, value, high = estimate.low, estimate.value, estimate.high
    if not low - slack <= value <= high + slack:
        return f"value: {value} does not lie between low {low} and high {high}"
    if value > estimate.scale + slack:
        return f"value: {value} is more than the scale of {estimate.scale}"
    return ""


SAMPLING = Seam(Sampling)
MODEL = Seam(Model)
SAMPLE = Seam(Sample, sample_problem)
GENERATE = Seam(Generate, request_problem)
RANK = Seam(Rank)
COMPLETION = Seam(Completion)
ANSWER = Seam(Answer)
SCORE = Seam(Score)
ESTIMATE = Seam(Estimate, estimate_problem)
TITLES = Seam(Titles)


def sound_request(value: object) -> Request:
    """A request, if it is a sound one."""
    if isinstance(value, Rank):
        return RANK(value)
    if isinstance(value, Generate):
        return GENERATE(value)
    raise Unsound(f"a Generate or a Rank is meant, not {shown(value)}")


def truth(value: object) -> bool:
    """A value that is True or False."""
    if not isinstance(value, bool):
        raise Unsound(f"True or False is meant, not {shown(value)}")
    return value


def count(value: object) -> int:
    """A number of things, 0 or more."""
    if type(value) is not int or value < 0:
        raise Unsound(f"a number of things is meant, not {shown(value)}")
    return value


def texts(value: object) -> dict[str, str]:
    """Facts by their names, as texts."""
    if not is_mapping(value):
        raise Unsound(f"texts by their names are meant, not {shown(value)}")
    for name, fact in value.items():
        if not isinstance(name, str) or not isinstance(fact, str | int | float):
            what = fact if isinstance(name, str) else name
            raise Unsound(f"texts by their names are meant, not {shown(what)}")
    return {name: str(fact) for name, fact in value.items()}


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value has values under keys."""
    return isinstance(value, Mapping)


def mismatch(asked: Request, completion: Completion) -> str:
    """Why a completion is none of this request; empty if it is one."""
    if completion.request_id != asked.id:
        return (
            f"the completion of another request: {completion.request_id!r}, where "
            f"{asked.id!r} was asked"
        )
    if completion.error is not None:
        return ""
    wanted = len(asked.choices) if isinstance(asked, Rank) else 0
    given = len(completion.ranked)
    return (
        "" if wanted == given else f"{given} choices ranked where {wanted} were asked"
    )


def is_several(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether a value is things one after the other, and no text or mapping."""
    single = isinstance(value, str | bytes | Mapping)
    return isinstance(value, Iterable) and not single


def several(value: object, most: int, what: str) -> Iterator[Any]:
    """The things that were given one after the other.

    Raises Unsound if it is something else, or more than `most`, which may be for ever.
    """
    if not is_several(value):
        hint = "" if value is None else ": a comma makes one thing a tuple, (it,)"
        raise Unsound(f"{what} one after the other are meant, not {shown(value)}{hint}")
    iterator = iter(value)
    yield from islice(iterator, most)
    for _ in iterator:
        raise Unsound(f"more than {most:,} {what}")
