"""Finding plugins: the built-in modules first, then installed entry points."""

import importlib
import inspect
import os
import pkgutil
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from evalkit import hookspecs
from evalkit.errors import PluginError, UsageError, boundary, is_interrupt, reason
from evalkit.hooking import guard
from evalkit.registry import BUILTIN, Entry, Registry, Source, unknown

if TYPE_CHECKING:
    from evalkit.backend import Backend
    from evalkit.metrics import Metric
    from evalkit.protocol import Protocol
    from evalkit.suite import Suite
    from evalkit.task import Task

GROUP = "evalkit"
WITHOUT = "EVALKIT_WITHOUT"
"""The variable that names plugins to leave out."""
COMMANDS = "evalkit.commands.builtin"
MODULES = (
    "evalkit.metrics",
    "evalkit.protocol",
    "evalkit.families",
    "evalkit.choices.protocols",
    "evalkit.report.card",
    "evalkit.report.matrix",
    "evalkit.exam.sections",
    "evalkit.exam.folder",
)
PACKAGES = ("evalkit_tasks", "evalkit_backends")


@dataclass(frozen=True, slots=True)
class Failed:
    """A plugin that does not work, and why."""

    source: Source
    why: str
    hook: str = ""
    """What it was asked by; empty where it could not even be loaded."""

    @property
    def sentence(self) -> str:
        """Who, from where, and what is wrong."""
        who = f"plugin {self.source.name!r} ({self.source.origin})"
        if self.hook:
            return f"{who}, {self.hook}: {self.why}; it is left out"
        return f"{who} does not work and is left out: {self.why}"

    @property
    def told(self) -> str:
        """What is wrong, and where."""
        return f"{self.hook}: {self.why}" if self.hook else self.why


def left_out() -> frozenset[str]:
    """The plugins that the user wants to do without."""
    words = os.environ.get(WITHOUT, "").split(",")
    return frozenset(word.strip() for word in words)


class Metrics(Registry["Metric"]):
    """Metrics by name, of which some stand for many: pass@1 for any pass@k."""

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def __getitem__(self, name: str) -> "Metric":
        found = self._find(name)
        if found is None:
            known = {each.item.like(name) for each in self}
            raise UsageError(unknown(self.kind, name, known))
        return found

    def _find(self, name: str) -> "Metric | None":
        found = (each.item.named(name) for each in self)
        return next((each for each in found if each is not None), None)


class Plugins:
    """The loaded plugins: their hooks and the registries made from them.

    `extra` are plugin objects of the caller's own; `without` are names to leave
    out. A third party's plugin that cannot be loaded is kept in `failed` and told to
    `warn`, and the others work; a built-in one that cannot be is a PluginError.

    The built-in tasks and backends are imported when a registry or `hook` is first
    asked for: ``evalkit --help`` does without them.
    """

    def __init__(
        self,
        *extra: object,
        third_party: bool = True,
        without: Collection[str] = (),
        warn: Callable[[str], object] = warnings.warn,
    ) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.loaded: dict[str, Source] = {}
        self.failed: list[Failed] = []
        self._without = without
        self._warn = warn
        self._join_builtin([COMMANDS])
        for plugin in extra:
            name = getattr(plugin, "__name__", type(plugin).__qualname__)
            self._join(plugin, Source(name, "given by the caller"))
        for entry_point in entry_points(group=GROUP) if third_party else ():
            if entry_point.name not in without:
                self._load(entry_point)

    @cached_property
    def hook(self) -> pluggy.HookRelay:
        """All plugins' hooks."""
        self._join_builtin(builtin_modules())
        return self.manager.hook

    @property
    def third_party(self) -> list[str]:
        """Plugins that did not come with evalkit, with their distributions."""
        return [str(each) for each in self.loaded.values() if each.origin != BUILTIN]

    @property
    def warnings(self) -> list[str]:
        """One line per plugin that could not be loaded or asked."""
        return [each.sentence for each in self.failed]

    @cached_property
    def tasks(self) -> "Registry[type[Task]]":
        found = self._collect(self.hook.evalkit_tasks)
        return Registry("task", found)

    @cached_property
    def suites(self) -> "Registry[Suite]":
        found = self._collect(self.hook.evalkit_suites)
        suites: Registry[Suite] = Registry("suite", found)
        for entry in suites:
            if entry.item.name in self.tasks:
                raise PluginError(
                    f"plugin {entry.source} registers the suite {entry.item.name!r}, "
                    "which is the name of a task"
                )
        return suites

    @cached_property
    def protocols(self) -> "Registry[Protocol]":
        found = self._collect(self.hook.evalkit_protocols)
        return Registry("protocol", found)

    @cached_property
    def backends(self) -> "Registry[type[Backend]]":
        found = self._collect(self.hook.evalkit_backends)
        return Registry("backend", found)

    @cached_property
    def metrics(self) -> "Metrics":
        found = self._collect(self.hook.evalkit_metrics)
        return Metrics("metric", found)

    def ask_each(
        self, hook: pluggy.HookCaller, **arguments: object
    ) -> Iterator[tuple[Source, Any]]:
        """Call each plugin's implementation by itself, the built-in ones first.

        A third party's that raises is left out and named; others go on.
        """
        for implementation in sorted(
            hook.get_hookimpls(), key=lambda each: self._source(each).origin != BUILTIN
        ):
            source = self._source(implementation)
            given = [arguments[name] for name in implementation.argnames]
            if source.is_builtin:
                yield source, implementation.function(*given)
                continue
            try:
                result: Any = implementation.function(*given)
            except PluginError as exc:
                why = str(exc).removeprefix(f"plugin {source}, {hook.name}: ")
                self.leave_out(Failed(source, why, hook.name))
            else:
                yield source, result

    def first(
        self, hook: pluggy.HookCaller, **arguments: object
    ) -> tuple[Source, Any] | None:
        """What the first plugin to give anything gives, in the hook's own order."""
        for implementation in reversed(hook.get_hookimpls()):
            if implementation.wrapper:
                continue
            source = self._source(implementation)
            given = [arguments[name] for name in implementation.argnames]
            with boundary(PluginError, f"plugin {source}, {hook.name}"):
                result: Any = implementation.function(*given)
            if result is not None:
                return source, result
        return None

    def _collect(self, hook: pluggy.HookCaller) -> Iterator[Entry[Any]]:
        for source, items in self.ask_each(hook):
            for item in items or ():
                # What ships with evalkit is checked by its tests.
                problem = "" if source.is_builtin else problem_in(item, hook)
                if problem:
                    self.leave_out(Failed(source, problem, hook.name))
                else:
                    yield Entry(item, source)

    def _source(self, implementation: pluggy.HookImpl) -> Source:
        name = implementation.plugin_name
        return self.loaded.get(name, Source(name, "unknown"))

    def _join_builtin(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._without:
                self._join(importlib.import_module(name), Source(name, BUILTIN))

    def _join(self, plugin: object, source: Source) -> None:
        with boundary(PluginError, f"plugin {source.name!r}"):
            if inspect.isclass(plugin):
                name = plugin.__name__
                raise TypeError(f"a module or an instance is meant: {name}(), say")
            self.manager.register(plugin, str(source))
            self.manager.check_pending()
        if not source.is_builtin:
            self._guard(plugin, source)
        self.loaded[str(source)] = source

    def _guard(self, plugin: object, source: Source) -> None:
        """Have whatever the plugin does wrong later told as its own failure."""
        hooks = self.manager.get_hookcallers(plugin) or []
        forgotten = forgotten_hooks(plugin, {hook.name for hook in hooks})
        if forgotten:
            raise PluginError(f"{forgotten[0]} needs @evalkit.hookimpl above it")
        if not hooks:
            raise PluginError("no function in it is marked with @evalkit.hookimpl")
        for hook in hooks:
            for each in hook.get_hookimpls():
                if each.plugin is plugin:
                    if each.hookwrapper:
                        raise PluginError(f"{hook.name}: say wrapper, not hookwrapper")
                    guard(each, hook, f"plugin {source}")

    def _load(self, entry_point: EntryPoint) -> None:
        """Load a third party's plugin: whatever goes wrong is its own failure."""
        source = Source(entry_point.name, distribution(entry_point))
        plugin: Any = None
        try:
            plugin = entry_point.load()
            self._join(plugin, source)
        except BaseException as exc:
            if is_interrupt(exc):
                raise
            if plugin is not None and self.manager.is_registered(plugin):
                self.manager.unregister(plugin)
            own = isinstance(exc, PluginError)
            self.leave_out(Failed(source, str(exc) if own else reason(exc)))

    def leave_out(self, failed: Failed) -> None:
        """Go on without what does not work, and say so."""
        self.failed.append(failed)
        self._warn(failed.sentence)


def forgotten_hooks(plugin: object, known: Collection[str]) -> list[str]:
    """Functions of a plugin with the name of a hook that it does not implement."""
    names = [name for name in vars(hookspecs) if name.startswith("evalkit_")]
    return [
        name
        for name in names
        if name not in known and callable(getattr(plugin, name, None))
    ]


def builtin_modules() -> Iterator[str]:
    """Names of the modules that ship with evalkit, each a plugin of its own."""
    yield from MODULES
    for package_name in PACKAGES:
        package: ModuleType = importlib.import_module(package_name)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                yield f"{package_name}.{module.name}"


def distribution(entry_point: EntryPoint) -> str:
    """The installed distribution that brings an entry point, with its version."""
    dist = entry_point.dist
    return f"{dist.name} {dist.version}" if dist is not None else "unknown"


def problem_in(item: object, hook: pluggy.HookCaller) -> str:
    """What is wrong with what a third party gave; empty if nothing is."""
    from evalkit import registering  # not needed by those who have none

    return registering.problem_in(item, hook.name)
