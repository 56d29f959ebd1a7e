"""A small exam with rubrics, models that sit it and judges that mark it."""

import os
import sys
from pathlib import Path

import pytest

from tests.conftest import install

PLUGINS = Path(__file__).parent / "plugins"
sys.path.insert(0, str(PLUGINS))


@pytest.fixture
def environment(site: Path, environment: dict[str, str]) -> dict[str, str]:
    """Variables of a process that finds the exam."""
    install(site, "doubling", "doubling")
    paths = (str(PLUGINS), environment["PYTHONPATH"])
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}
