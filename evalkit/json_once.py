"""JSON objects in which nothing is told twice.

JSON allows a key twice, and nearly every reader takes the last one without a word.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from evalkit.errors import Unsound
from evalkit.rows import is_list, is_object

OBJECT = msgspec.json.Decoder(dict[str, Any])
KEY = re.compile(rb'"\s*:')
"""What ends a key. In a text a quote is escaped, and may have a colon behind it."""


def told_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these keys and values; raise Unsound if a key is there twice.

    For `json.loads` as its `object_pairs_hook`.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unsound(f"{twice!r} is there twice")
    return found


def json_object(content: bytes) -> dict[str, Any]:
    """A JSON object; raise Unsound if it, or one within it, has a key twice.

    Raises what msgspec raises if it is no JSON object. Only where more keys seem to be
    written than came is it read a second time, to see which they are.
    """
    found = OBJECT.decode(content)
    if len(KEY.findall(content)) != count_keys(found):
        json.loads(content, object_pairs_hook=told_once)
    return found


def count_keys(value: object) -> int:
    """How many keys all objects in a value have."""
    if is_object(value):
        return len(value) + sum(map(count_keys, value.values()))
    return sum(map(count_keys, value)) if is_list(value) else 0
