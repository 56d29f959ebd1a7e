"""From ``backend:model`` to the two names, or to a guess at what was meant."""

from pathlib import Path

from evalkit.errors import UsageError
from evalkit.plugins import Plugins
from evalkit.registry import unknown


def builtin_or_given(model: str, plugins: Plugins) -> str:
    """The model that the user named, or the first that a backend offers."""
    if model:
        return model
    for cls in plugins.backends.in_plugin_order():
        if cls.builtin_model:
            return f"{cls.name}:{cls.builtin_model}"
    raise UsageError("no --model given, and no backend here brings one")


def named_model(given: str, flag: str, plugins: Plugins) -> tuple[str, str]:
    """The names of a backend and a model; a UsageError that guesses what was meant."""
    name, _, model = given.partition(":")
    known = [entry.item.name for entry in plugins.backends]
    if name in known and model:
        return name, model
    if name and model and not set(name) & {"/", "."} and not model.startswith("//"):
        raise UsageError(f"{flag} {given}: {unknown('backend', name, known)}")
    raise UsageError(
        f"{flag} takes backend:model, not {given!r}.{guess(given, plugins)} "
        f"Backends: {', '.join(known)}"
    )


def guess(given: str, plugins: Plugins) -> str:
    """What may have been meant by a model without its backend, as a sentence: what
    looks like a Hub id or is a folder is for the first backend that offers a model."""
    if "://" in given:
        return f" An address is given beside the model: --base-url {given}."
    first, _, rest = given.partition("/")
    offers = [
        cls.name for cls in plugins.backends.in_plugin_order() if cls.builtin_model
    ]
    if rest and first in plugins.backends:
        return f" Did you mean {first}:{rest}?"
    if offers and (rest or Path(given).is_dir()):
        return f" Did you mean {offers[0]}:{given}?"
    return ""
