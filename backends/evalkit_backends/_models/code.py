"""Code that a model brings along: it runs only where the user allows that."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from evalkit_backends._models.files import CONFIG, Whose
from evalkit_backends._models.settings import TOKENIZER

OPTION = "trust_remote_code"
NOT_RUN = f"which is not run; once you have read it: --backend-set {OPTION}=true"
KERNELS = ("attn_implementation", "experts_implementation")
"""Settings by which a model may name code of the Hub's."""


def check_code(
    settings: Mapping[str, Mapping[str, Any]], whose: Whose, *, allowed: bool
) -> None:
    """Refuse code that lies elsewhere, which the model's identity cannot speak for."""
    config = settings[CONFIG]
    for name in KERNELS:
        if "/" in str(config.get(name, "")):
            raise whose.refusal(
                f"cannot be loaded: {CONFIG} names code on the Hub, "
                f"{name}={config[name]!r}"
            )
    elsewhere = [each for each in named(settings) if "--" in each or "/" in each]
    if allowed and elsewhere:
        raise whose.refusal(
            f"cannot be loaded with {OPTION}: its code lies in another repository, "
            f"{elsewhere[0]!r}; put it into the model's folder"
        )


def named(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The classes of its own that a model names, such as "modeling_x.XForCausalLM"."""
    found = (
        each
        for name in (CONFIG, TOKENIZER)
        for each in texts(settings.get(name, {}).get("auto_map"))
    )
    return sorted(set(found))


def texts(value: object) -> Iterator[str]:
    """All texts in a value that came out of JSON, however it is nested."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, object]", value).values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from texts(each)


def refusal(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """What is said of a model that does not load without its own code."""
    return f"takes code of its own, {', '.join(named(settings))}, {NOT_RUN}"
