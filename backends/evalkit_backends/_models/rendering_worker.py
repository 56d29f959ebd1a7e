"""The process that renders chat templates: reads messages, one JSON line each, writes
texts.

A template is a program that a stranger wrote. Each rendering runs under an alarm that
kills the process, whatever it is doing, and in memory that is limited. Run as a script,
so that nothing but what is needed is imported.
"""

import importlib.util
import json
import os
import resource
import signal
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PAGE = 4096
RENDERING = "transformers.utils.chat_template_utils"


def renderer() -> Callable[..., Any]:
    """The function of transformers that renders templates.

    The packages around it are not run, which would take four times as long; where that
    does not work they are.
    """
    spec = importlib.util.find_spec("transformers")
    places = (spec and spec.submodule_search_locations) or []
    try:
        for name, inner in (("transformers", ""), ("transformers.utils", "utils")):
            package = types.ModuleType(name)
            package.__path__ = [os.path.join(each, inner) for each in places]
            sys.modules[name] = package
        found: Any = importlib.import_module(RENDERING)
    except Exception:  # it is not laid out like that any more
        for name in [each for each in sys.modules if each.startswith("transformers")]:
            del sys.modules[name]
        found = importlib.import_module(RENDERING)
    function: Callable[..., Any] = found.render_jinja_template
    return function


def limit_memory(more: int) -> None:
    """Let the process take so many more bytes than it has, where that can be said."""
    with suppress(OSError, ValueError):
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * PAGE
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (size + more, hard))


def rendered(render: Callable[..., Any], orders: Any, asked: Any) -> dict[str, str]:
    """The text of some messages, or what went wrong."""
    try:
        (text,), _ = render(
            conversations=[asked["messages"]],
            chat_template=orders["template"],
            add_generation_prompt=asked["answer"],
            **orders["variables"],
        )
    except MemoryError:
        return {"runaway": "took too much memory"}
    except Exception as exc:
        return {"error": " ".join(str(exc).split()) or type(exc).__name__}
    if len(text) > orders["most"]:
        return {"runaway": f"wrote {len(text):,} characters"}
    return {"text": text}


def work(lines: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    """Obey the orders, then render until there is nothing more to render."""
    first = lines()
    if not first:  # the parent is gone already
        return
    orders = json.loads(first)
    sys.path[:] = orders["path"]
    render = renderer()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(orders["memory"])
    while line := lines():
        asked = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, orders["seconds"])
        found = rendered(render, orders, asked)
        signal.setitimer(signal.ITIMER_PROF, 0)
        write(json.dumps(found).encode() + b"\n")


def main() -> None:
    """Keep the pipes to the parent away from what libraries print."""
    with (
        open(os.dup(sys.stdin.fileno()), "rb") as source,
        open(os.dup(sys.stdout.fileno()), "wb", buffering=0) as target,
    ):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        with suppress(BrokenPipeError):  # the parent was killed
            work(source.readline, target.write)


if __name__ == "__main__":
    main()
