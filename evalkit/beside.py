"""Runs that lie there already and differ from one to come in nothing but what tells
their model or data from others."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from evalkit.disk import DAMAGES, read_file
from evalkit.folder import RunFolder, slug
from evalkit.record import RunSpec

DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class Beside:
    """A run that another one is going to lie beside."""

    folder: Path
    parts: tuple[str, ...]
    """What differs; nothing if the two tell who they are in different ways."""


def notices(root: Path, runs: Iterable[RunSpec]) -> list[str]:
    """What is said of runs below `root` that are to begin beside another, one line for
    each way in which they differ."""
    found: dict[tuple[str, ...], list[Path]] = {}
    for spec in runs:
        beside = nearest(root, spec)
        if beside is not None:
            found.setdefault(beside.parts, []).append(beside.folder)
    return [notice(parts, folders) for parts, folders in found.items()]


def notice(parts: Sequence[str], folders: Sequence[Path]) -> str:
    """The line for runs that differ in the same way."""
    more = f" (and {len(folders) - 1} more)" if len(folders) > 1 else ""
    where = f"{str(folders[0])!r}{more}"
    if parts:
        return (
            f"{where} is the same run but for its {', '.join(parts)}; this one begins "
            "beside it."
        )
    return (
        f"{where} may be the same run, by a version of evalkit that told models apart "
        "in another way; this one begins beside it."
    )


def nearest(root: Path, spec: RunSpec) -> Beside | None:
    """The run that a new one differs least from; None if there is none like it, or if
    it is not new."""
    own = RunFolder.of(root, spec)
    if own.path.exists():
        return None
    likes = (
        Beside(folder, differing(old, spec))
        for folder, old in specs(own.path.parent, f"{slug(spec.protocol)}--*")
        if is_like(old, spec)
    )
    return min(likes, key=lambda each: (not each.parts, len(each.parts)), default=None)


def specs(folder: Path, pattern: str) -> Iterator[tuple[Path, RunSpec]]:
    """The specs of a task's runs, the latest first; what cannot be read is left out."""
    runs = sorted(folder.glob(pattern), key=os.path.getmtime, reverse=True)
    for each in runs:
        path = RunFolder(each).spec
        if not path.is_file():
            continue
        try:
            yield each, msgspec.json.decode(read_file(path), type=RunSpec)
        except (OSError, *DAMAGES):
            continue


def is_like(old: RunSpec, new: RunSpec) -> bool:
    """Whether two runs ask the same of what has the same name."""
    if not is_same_name(old.model, new.model):
        return False
    if (old.dataset and old.dataset.id) != (new.dataset and new.dataset.id):
        return False
    aligned = replace(
        old,
        model=new.model,
        model_identity=new.model_identity,
        dataset=new.dataset,
    )
    return extends(new, aligned)


def extends(new: RunSpec, old: RunSpec) -> bool:
    """Whether two runs differ in how much is asked, at most."""
    same = replace(
        old,
        limit=new.limit,
        attempts=new.attempts,
        told_attempts=new.told_attempts,
    )
    return same == new


def extended(root: Path, spec: RunSpec) -> RunSpec:
    """The spec of a run to come, told as the run is that it extends.

    Versions that told runs by their attempts have left folders of each number of them:
    of those with no more than are wanted, the one with most is gone on with.
    """
    if spec.attempts == 1:
        return spec
    pattern = f"{slug(spec.protocol)}--{slug(spec.model)}--*"
    fewer = [
        old
        for _, old in specs(RunFolder.of(root, spec).path.parent, pattern)
        if extends(spec, old) and old.attempts <= spec.attempts
    ]
    if not fewer:
        return spec
    most = max(fewer, key=lambda old: old.attempts)
    return replace(spec, told_attempts=most.told_attempts or most.attempts)


def is_same_name(old: str, new: str) -> bool:
    """Whether two names are of one model: the same, or of one place."""
    if old == new:
        return True
    first, second = (Path(each).expanduser() for each in (old, new))
    return second.is_absolute() and first.resolve() == second


def differing(old: RunSpec, new: RunSpec) -> tuple[str, ...]:
    """What tells two runs apart, by name; nothing if they tell it in different ways."""
    found = [] if old.dataset == new.dataset else [DATASET]
    before, now = old.model_identity, new.model_identity
    if before != now:
        parts = changed(before, now)
        if not parts and not found:
            return ()
        found += parts
    return tuple(found)


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The parts of a model that differ.

    Parts that only one of the two has count where the others are largely the same;
    where hardly any are, the two were told in different ways.
    """
    common = before.keys() & now.keys()
    parts = sorted(each for each in common if before[each] != now[each])
    if len(common) > 1:
        parts = sorted({*parts, *(before.keys() ^ now.keys())})
    return parts
