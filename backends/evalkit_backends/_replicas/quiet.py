"""Keeping Ray's own words off the user's terminal."""

import os

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # What Ray's daemons say of a process that died would be printed among the results;
    # what became of its requests is told by their answers.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",
}


def hush() -> None:
    """Set what Ray reads when it is imported, where the user has not."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
