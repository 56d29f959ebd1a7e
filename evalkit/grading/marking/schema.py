"""The JSON Schema of a check."""

import json
from importlib.resources import files
from typing import Any


def check_schema() -> dict[str, Any]:
    """`check.schema.json` as it lies beside this module, read anew."""
    path = files("evalkit.grading.marking").joinpath("check.schema.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
