"""What may have been meant by a path that is no run folder."""

from collections.abc import Iterable
from pathlib import Path

from evalkit.registry import closest

RECORD = "record.json"
SUITE = "suite.json"


def instead(path: Path) -> str:
    """The sentence that says so, behind another one; empty if nothing is known."""
    if path.is_file() and (path.parent / RECORD).is_file():
        return f". Did you mean {str(path.parent)!r}?"
    if (path / SUITE).is_file():
        return ". It is a suite's: evalkit show tells of it, and of the runs in it"
    runs = sorted(each.parent for each in runs_below(path))
    if len(runs) == 1:
        return f". Did you mean {str(runs[0])!r}?"
    if runs:
        return f". {len(runs)} run folders are in it, such as {str(runs[0])!r}"
    return "" if path.exists() else neighbor(path)


def runs_below(path: Path) -> Iterable[Path]:
    """The records of runs in a folder of runs, or in that of all tasks."""
    return (*path.glob(f"*/{RECORD}"), *path.glob(f"*/*/{RECORD}"))


def neighbor(path: Path) -> str:
    """The folder beside it whose name is alike, as a sentence."""
    beside = [each.name for each in path.parent.glob("*") if each.is_dir()]
    close = closest(path.name, beside)
    return "" if close is None else f". Did you mean {str(path.parent / close)!r}?"
