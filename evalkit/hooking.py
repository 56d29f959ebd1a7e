"""Hooks of strangers: what they raise or give besides is told as their own failure."""

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import pluggy

from evalkit.errors import PluginError, Unsound, boundary

Arguments: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Any, Arguments], object]

MOST = 100_000
"""More items than this a hook does not give; it goes on for ever."""


def items(given: Any, arguments: Arguments) -> Sequence[Any]:
    """What a hook gives several of."""
    from evalkit.seams import several

    return tuple(several(given, MOST, "items"))


def card_sections(given: Any, arguments: Arguments) -> Sequence[Any]:
    """Sections for the card."""
    from evalkit.report.card import CardSection
    from evalkit.seams import Seam

    return tuple(map(Seam(CardSection), items(given, arguments)))


def completion(given: Any, arguments: Arguments) -> object:
    """The completion of the very request that was to be answered, or None."""
    from evalkit.seams import COMPLETION, mismatch

    if given is None:
        return None
    problem = mismatch(arguments["request"], COMPLETION(given))
    if problem:
        raise Unsound(f"gives {problem}")
    return given


def opened_task(given: Any, arguments: Arguments) -> object:
    """The class of a task, or None."""
    from evalkit.registering import abstract_problems, class_problems
    from evalkit.task import Task

    if given is not None:
        for problem in class_problems(given, Task):
            raise Unsound(problem)
        for problem in abstract_problems(given):
            raise Unsound(problem)
    return given


def replicated(given: Any, arguments: Arguments) -> object:
    """A backend that is ready to be asked, or None."""
    from evalkit.backend import Backend
    from evalkit.registering import instance_problems

    if given is not None:
        for problem in instance_problems(given, Backend):
            raise Unsound(problem)
    return given


def nothing(given: Any, arguments: Arguments) -> object:
    """Whatever is given is not looked at; but a generator would never run."""
    if inspect.isgenerator(given):
        given.close()
        raise Unsound("is a generator, which would never run: take out its yield")
    return given


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "evalkit_tasks": items,
        "evalkit_suites": items,
        "evalkit_protocols": items,
        "evalkit_backends": items,
        "evalkit_metrics": items,
        "evalkit_card_sections": card_sections,
        "evalkit_answer": completion,
        "evalkit_open_task": opened_task,
        "evalkit_replicate": replicated,
    }
)
"""What each hook's result is checked by; those that are not here give nothing."""


def guard(implementation: pluggy.HookImpl, hook: pluggy.HookCaller, who: str) -> None:
    """Name whoever brought a hook in all that goes wrong with it.

    pluggy offers no hook around one plugin's call.
    """
    where = f"{who}, {hook.name}"
    if implementation.wrapper:
        named: Callable[..., Any] = partial(wrapped, implementation.function, where)
    else:
        asked = (*implementation.argnames, *implementation.kwargnames)
        known = tuple(hook.spec.argnames) if hook.spec else asked
        check = CHECKS.get(hook.name, nothing)
        named = guarded_call(implementation.function, (known, asked), where, check)
        object.__setattr__(implementation, "argnames", known)
        object.__setattr__(implementation, "kwargnames", ())
    object.__setattr__(implementation, "function", named)


def guarded_call(
    function: Callable[..., Any],
    names: tuple[Sequence[str], Sequence[str]],
    where: str,
    check: Check,
) -> Callable[..., Any]:
    """The function, told all arguments of its hook, and its result checked."""
    known, asked = names

    def call(*values: Any) -> Any:
        arguments = dict(zip(known, values, strict=True))
        with boundary(PluginError, where):
            given = {name: arguments[name] for name in asked if name in arguments}
            return check(function(**given), arguments)

    return call


def wrapped(
    function: Callable[..., Any], where: str, *values: Any, **more: Any
) -> Generator[Any, Any, Any]:
    """A hook around the others' hooks, which has to yield once."""
    with boundary(PluginError, where):
        inner = function(*values, **more)
        try:
            first = next(inner)
        except StopIteration:
            raise Unsound("yields nothing: a wrapper yields once") from None
        try:
            heard = yield first
        except BaseException as exc:
            step = partial(inner.throw, exc)
        else:
            step = partial(inner.send, heard)
        try:
            step()
        except StopIteration as end:
            return end.value
        raise Unsound("yields twice: a wrapper yields once")
