"""Python in a process of its own, for what depends on the environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

PREPARE = """
import json, sys
from evalkit import UsageError
from evalkit_backends.hf import HF

try:
    model = HF(model=sys.argv[1], revision=sys.argv[2]).prepare()
except UsageError as exc:
    print(json.dumps({"error": str(exc)}))
else:
    print(json.dumps({"name": model.name, "location": model.location,
                      "chats": model.chats, "identity": model.identity}))
"""


def python(script: str, *words: str, **variables: str) -> str:
    """What a script prints; `variables` are added to its environment."""
    path = os.pathsep.join(each for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": path, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def prepared(
    name: str, revision: str = "", *, environment: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of the model that `prepare` finds, or what it says instead."""
    found: dict[str, Any] = json.loads(
        python(PREPARE, name, revision, **environment).splitlines()[-1]
    )
    return found
