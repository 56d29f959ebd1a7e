"""Ray, whose own types are incomplete."""

from typing import Any

import ray as untyped

ray: Any = untyped
