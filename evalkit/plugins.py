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
from evalkit.errors import PluginError, boundary, reason
from evalkit.registry import Entry, Registry

if TYPE_CHECKING:
    from evalkit.backend import Backend
    from evalkit.metrics import Metric
    from evalkit.protocol import Protocol
    from evalkit.suite import Suite
    from evalkit.task import Task

GROUP = "evalkit"
BUILTIN = "evalkit"
"""The origin of what ships with evalkit."""
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
class Source:
    """A plugin's name, and the distribution that it came with."""

    name: str
    origin: str

    def __str__(self) -> str:
        return f"{self.name} ({self.origin})"


@dataclass(frozen=True, slots=True)
class Failed:
    """A plugin that does not work, and why."""

    source: Source
    why: str

    @property
    def sentence(self) -> str:
        """Who, from where, and what is wrong."""
        who = f"plugin {self.source.name!r} ({self.source.origin})"
        return f"{who} does not work and is left out: {self.why}"


def left_out() -> frozenset[str]:
    """The plugins that the user wants to do without."""
    words = os.environ.get(WITHOUT, "").split(",")
    return frozenset(word.strip() for word in words)


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
        return Registry("task", self._collect(self.hook.evalkit_tasks))

    @cached_property
    def suites(self) -> "Registry[Suite]":
        found = self._collect(self.hook.evalkit_suites)
        suites: Registry[Suite] = Registry("suite", found)
        for entry in suites:
            if entry.item.name in self.tasks:
                raise PluginError(
                    f"plugin {entry.plugin} registers the suite {entry.item.name!r}, "
                    "which is the name of a task"
                )
        return suites

    @cached_property
    def protocols(self) -> "Registry[Protocol]":
        return Registry("protocol", self._collect(self.hook.evalkit_protocols))

    @cached_property
    def backends(self) -> "Registry[type[Backend]]":
        return Registry("backend", self._collect(self.hook.evalkit_backends))

    @cached_property
    def metrics(self) -> "Registry[Metric]":
        return Registry("metric", self._collect(self.hook.evalkit_metrics))

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
            try:
                result: Any = implementation.function(*given)
                yield source, list(result) if inspect.isgenerator(result) else result
            except Exception as exc:
                if source.origin == BUILTIN:
                    raise
                self._leave_out(Failed(source, reason(exc)))

    def _collect(self, hook: pluggy.HookCaller) -> Iterator[Entry[Any]]:
        for source, items in self.ask_each(hook):
            for item in items:
                problem = what_is_wrong(item)
                if problem:
                    self._leave_out(Failed(source, problem))
                else:
                    yield Entry(item, str(source))

    def _source(self, implementation: pluggy.HookImpl) -> Source:
        name = implementation.plugin_name
        return self.loaded.get(name, Source(name, "unknown"))

    def _join_builtin(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._without:
                self._join(importlib.import_module(name), Source(name, BUILTIN))

    def _join(self, plugin: object, source: Source) -> None:
        with boundary(PluginError, f"plugin {source.name!r}"):
            self.manager.register(plugin, str(source))
            self.manager.check_pending()
        if source.origin != BUILTIN:
            self._name_in_errors(plugin, source)
        self.loaded[str(source)] = source

    def _name_in_errors(self, plugin: object, source: Source) -> None:
        """Have whatever the plugin raises later told as its own failure."""
        for hook in self.manager.get_hookcallers(plugin) or ():
            for each in hook.get_hookimpls():
                if each.plugin is plugin and not (each.wrapper or each.hookwrapper):
                    where = f"plugin {source}, {hook.name}"
                    # pluggy offers no hook around one plugin's call.
                    named = boundary(PluginError, where)(each.function)
                    object.__setattr__(each, "function", named)

    def _load(self, entry_point: EntryPoint) -> None:
        """Load a third party's plugin: whatever goes wrong is its own failure."""
        source = Source(entry_point.name, distribution(entry_point))
        plugin: Any = None
        try:
            plugin = entry_point.load()
            self._join(plugin, source)
        except (Exception, SystemExit) as exc:
            if plugin is not None and self.manager.is_registered(plugin):
                self.manager.unregister(plugin)
            self._leave_out(Failed(source, reason(exc)))

    def _leave_out(self, failed: Failed) -> None:
        self.failed.append(failed)
        self._warn(failed.sentence)


def what_is_wrong(item: Any) -> str:
    """Why something cannot be registered; empty if it can."""
    name = getattr(item, "name", None)
    if not isinstance(name, str) or not name:
        return f"{getattr(item, '__name__', item)!r} has no name"
    if inspect.isabstract(item):
        missing = ", ".join(sorted(item.__abstractmethods__))
        return f"{name!r} does not define {missing}"
    if getattr(item, "protocols", None) == ():
        return f"task {name!r} has no protocols"
    if lacks_parts(item):
        return f"suite {name!r} has no parts, or one within it has none"
    return ""


def lacks_parts(item: Any) -> bool:
    """Whether a suite, or one within it, has nothing to average."""
    parts: tuple[Any, ...] | None = getattr(item, "parts", None)
    return parts == () or any(map(lacks_parts, parts or ()))


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
