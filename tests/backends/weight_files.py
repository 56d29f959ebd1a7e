"""Files of weights made by hand, so that any fault can be put into them."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

Tensors: TypeAlias = dict[str, tuple[tuple[int, ...], bytes]]
"""The shape and the bytes of tensors in float32, by name."""


def written(tensors: Mapping[str, tuple[tuple[int, ...], bytes]]) -> bytes:
    """A safetensors file that holds some tensors."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, (shape, content) in tensors.items():
        end = place + len(content)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [place, end]}
        place = end
    head = json.dumps(header).encode()
    content = b"".join(each for _, each in tensors.values())
    return len(head).to_bytes(8, "little") + head + content


def zeros(**shapes: tuple[int, ...]) -> Tensors:
    """Tensors of some shapes, all of them zero."""
    return {
        name: (shape, bytes(4 * math.prod(shape))) for name, shape in shapes.items()
    }


def tensors_in(path: Path) -> Tensors:
    """All tensors of a file in float32."""
    content = path.read_bytes()
    length = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:length])
    header.pop("__metadata__", None)
    found: Tensors = {}
    for name, entry in header.items():
        begin, end = (length + offset for offset in entry["data_offsets"])
        found[name] = (tuple(entry["shape"]), content[begin:end])
    return found
