"""Finding plugins: the built-in modules first, then installed entry points."""

import importlib
import pkgutil
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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
    from evalkit.task import Task

GROUP = "evalkit"
COMMANDS = "evalkit.commands.builtin"
MODULES = ("evalkit.metrics", "evalkit.protocol", "evalkit.report.card")
PACKAGES = ("evalkit_tasks", "evalkit_backends")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin that joined, and where it came from."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A plugin that could not join, and why."""

    name: str
    origin: str
    why: str

    @property
    def sentence(self) -> str:
        """Who, from where, and what is wrong."""
        who = f"plugin {self.name!r} ({self.origin})"
        return f"{who} does not work and is left out: {self.why}"


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
        self.loaded: list[Loaded] = []
        self.failed: list[Failed] = []
        self._without = without
        self._warn = warn
        self._join_builtin([COMMANDS])
        for plugin in extra:
            name = getattr(plugin, "__name__", type(plugin).__qualname__)
            self._join(plugin, name, "given by the caller")
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
        return [f"{p.name} ({p.origin})" for p in self.loaded if p.origin != "evalkit"]

    @property
    def warnings(self) -> list[str]:
        """One line per plugin that could not be loaded or asked."""
        return [each.sentence for each in self.failed]

    def _join_builtin(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._without:
                self._join(importlib.import_module(name), name, "evalkit")

    def _join(self, plugin: object, name: str, origin: str) -> None:
        with boundary(PluginError, f"plugin {name!r}"):
            self.manager.register(plugin, name)
            self.manager.check_pending()
        self.loaded.append(Loaded(name, origin))

    def _load(self, entry_point: EntryPoint) -> None:
        """Load a third party's plugin: whatever goes wrong is its own failure."""
        name, origin = entry_point.name, distribution(entry_point)
        try:
            plugin: Any = entry_point.load()
            self._join(plugin, name, origin)
        except (Exception, SystemExit) as exc:
            if self.manager.has_plugin(name):
                self.manager.unregister(name=name)
            self._leave_out(Failed(name, origin, reason(exc)))

    def _leave_out(self, failed: Failed) -> None:
        self.failed.append(failed)
        self._warn(failed.sentence)

    @cached_property
    def tasks(self) -> "Registry[type[Task]]":
        return Registry("task", self._collect(self.hook.evalkit_tasks))

    @cached_property
    def protocols(self) -> "Registry[Protocol]":
        return Registry("protocol", self._collect(self.hook.evalkit_protocols))

    @cached_property
    def backends(self) -> "Registry[type[Backend]]":
        return Registry("backend", self._collect(self.hook.evalkit_backends))

    @cached_property
    def metrics(self) -> "Registry[Metric]":
        return Registry("metric", self._collect(self.hook.evalkit_metrics))

    def _collect(self, hook: pluggy.HookCaller) -> Sequence[Entry[Any]]:
        """Ask each plugin by itself, so that one that raises can be named."""
        origins = {each.name: each.origin for each in self.loaded}
        builtin_first = sorted(
            hook.get_hookimpls(), key=lambda i: origins.get(i.plugin_name) != "evalkit"
        )
        entries: list[Entry[Any]] = []
        for implementation in builtin_first:
            name = implementation.plugin_name
            origin = origins.get(name, "")
            try:
                items: Any = implementation.function()
                entries += [Entry(item, f"{name} ({origin})") for item in items]
            except Exception as exc:
                if origin == "evalkit":
                    raise
                self._leave_out(Failed(name, origin, reason(exc)))
        return entries


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
