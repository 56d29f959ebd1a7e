"""Where evalkit keeps what it made or fetched itself."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder that the environment names, or the usual one of this user."""
    if named := os.environ.get("EVALKIT_CACHE"):
        return Path(named).expanduser()
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home).expanduser() / "evalkit"
    return Path.home() / ".cache" / "evalkit"
