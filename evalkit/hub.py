"""Fetching pinned files from the Hugging Face Hub, or failing within seconds.

The client's own time limits do not cover name lookup, and some of its calls retry
for half a minute. So the Hub is asked for a sign of life first, in a thread that
is left behind when it does not come back in time.
"""

import importlib
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.errors import DataError, reason

RepoKind = Literal["model", "dataset"]

SHARD = re.compile(
    r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5,6})(?P<end>\.[^/]*)"
)


@dataclass(frozen=True, kw_only=True)
class Repo:
    """Some files of a Hub repository at one commit."""

    id: str
    kind: RepoKind
    revision: str
    """A full commit hash. A branch would move under a published score; whoever
    gives one records the commit it stood for, which is the folder's name."""
    patterns: Sequence[str]
    """Globs, each of which must match at least one file."""


def cached(repo: Repo) -> Path | None:
    """The repository's folder in the local cache, if it has every file asked for."""
    hub = importlib.import_module("huggingface_hub")  # slow, and not always needed
    errors = importlib.import_module("huggingface_hub.errors")
    try:
        folder = hub.snapshot_download(
            repo.id,
            repo_type=repo.kind,
            revision=repo.revision,
            allow_patterns=list(repo.patterns),
            local_files_only=True,
        )
    except errors.LocalEntryNotFoundError:
        return None
    found = Path(folder)
    return found if complete(found, repo.patterns) else None


def complete(folder: Path, patterns: Iterable[str]) -> bool:
    """Whether each pattern matches a file, and no file lacks its sister shards."""
    matches = [list(folder.glob(pattern)) for pattern in patterns]
    return all(matches) and all(
        sister.exists()
        for files in matches
        for each in files
        for sister in shards(each)
    )


def shards(path: Path) -> Iterable[Path]:
    """The files that a name such as train-00000-of-00002.parquet promises."""
    parts = SHARD.fullmatch(path.name)
    if parts is None:
        return (path,)
    names = (
        f"{parts['stem']}-{number:05}-of-{parts['count']}{parts['end']}"
        for number in range(int(parts["count"]))
    )
    return tuple(path.with_name(name) for name in names)


def download(repo: Repo, *, patience: float) -> Path:
    """The repository's folder, from the Hub.

    Raises DataError when the Hub has not answered after `patience` seconds, or has
    no such repository; its message says which.
    """
    hub = importlib.import_module("huggingface_hub")

    def sign_of_life() -> object:
        return hub.HfApi().repo_info(
            repo.id, repo_type=repo.kind, revision=repo.revision, timeout=patience
        )

    problem = within(patience, sign_of_life)
    if problem:
        raise DataError(problem)
    try:
        return Path(
            hub.snapshot_download(
                repo.id,
                repo_type=repo.kind,
                revision=repo.revision,
                allow_patterns=list(repo.patterns),
            )
        )
    except Exception as exc:
        raise DataError(f"the download broke off ({told(exc)})") from exc


class Call(threading.Thread):
    """A call that can be given up on: being a daemon, it does not delay exit."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.problem: str | None = None

    def run(self) -> None:
        try:
            self.work()
        except Exception as exc:
            self.problem = f"asking the Hub failed ({told(exc)})"


def told(exc: Exception) -> str:
    """What went wrong at the Hub, without the token that was sent there: that may be in
    a file of the client's."""
    from evalkit.secrets.finding import Secrets  # for mistakes only

    hub = importlib.import_module("huggingface_hub")
    return Secrets.of([hub.get_token() or ""]).hide(reason(exc))


def within(seconds: float, work: Callable[[], object]) -> str | None:
    """Run `work` for at most that long; say what went wrong, None if nothing did."""
    call = Call(work)
    call.start()
    call.join(seconds)
    if call.is_alive():
        return f"the Hub did not answer within {seconds:g} seconds"
    return call.problem
