"""Arguments of a chat template that a user sets, such as ``enable_thinking``."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from evalkit import told_once
from evalkit_backends._models.files import Whose

OPTION = "chat_template_kwargs"
EXAMPLE = '{"enable_thinking": false}'
OURS = frozenset(
    {
        "messages",
        "conversations",
        "chat_template",
        "add_generation_prompt",
        "continue_final_message",
        "return_assistant_tokens_mask",
        "tools",
        "documents",
    }
)
"""Those that say what is rendered and how, which is not for a user to say."""


def arguments(given: str, thinking: bool | None) -> Mapping[str, Any]:
    """The arguments that the options of a backend come to.

    `given` is a JSON object, `thinking` what `enable_thinking` is to be, if anything.
    Raises ValueError for what is none.
    """
    found = parsed(given)
    if thinking is None:
        return found
    if found.get("enable_thinking", thinking) is not thinking:
        raise ValueError(
            f"options 'enable_thinking' and {OPTION!r} say different things"
        )
    return {**found, "enable_thinking": thinking}


def parsed(given: str) -> dict[str, Any]:
    """A JSON object of arguments; an empty text is one without any."""
    try:
        found: object = json.loads(given or "{}", object_pairs_hook=told_once)
        problem = "" if isinstance(found, dict) else "it is none"
    except (ValueError, RecursionError) as exc:
        found, problem = None, str(exc)
    if problem:
        raise ValueError(
            f"option {OPTION!r} takes a JSON object, such as {EXAMPLE}, not {given!r}: "
            f"{problem}"
        )
    named = cast("dict[str, Any]", found)
    odd = [each for each in named if each in OURS or not each.isidentifier()]
    if odd:
        raise ValueError(f"option {OPTION!r} cannot set {odd[0]!r}")
    return named


def canonical(given: str) -> str:
    """The one text for a JSON object, however it was written."""
    found = parsed(given)
    return json.dumps(found, sort_keys=True) if found else ""


def check_known(names: Mapping[str, Any], template: str | None, whose: Whose) -> None:
    """Refuse arguments that a chat template does not speak of: they do nothing."""
    if not names:
        return
    if not template:
        raise whose.refusal(f"has no chat template to take {', '.join(names)}")
    unknown = [
        each for each in names if not re.search(rf"\b{re.escape(each)}\b", template)
    ]
    if unknown:
        raise whose.refusal(
            f"has a chat template that knows no {unknown[0]!r}: it would change nothing"
        )
