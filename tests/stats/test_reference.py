"""Every reference value at hand for a function that `evalkit.stats` has."""

import json
from typing import Any

from evalkit import stats
from tests.conftest import shared


def holds(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether a value is the expected one, number by number."""
    if isinstance(expected, dict):
        return all(holds(found[k], v, tolerance) for k, v in expected.items())
    if isinstance(expected, list):
        pairs = zip(found, expected, strict=True)
        return all(holds(one, other, tolerance) for one, other in pairs)
    if isinstance(expected, str):
        return bool(found == expected)
    return bool(abs(found - expected) <= tolerance)


def test_values_of_other_implementations_are_met() -> None:
    path = shared("statistics") / "reference_values.json"
    values = json.loads(path.read_text())["values"]
    known = [each for each in values if each["function"] in stats.__all__]
    assert len(known) >= 47
    for each in known:
        found = getattr(stats, each["function"])(**each["inputs"])
        assert holds(found, each["expected"], each["tolerance"]), each
