"""What safetensors files hold, read from their beginnings: no weight is loaded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evalkit_backends._models.files import opened

LENGTH = 8
"""Bytes at the beginning that say how long the header is."""
MOST_HEADER = 100_000_000
"""Bytes of a header, as the format has it."""
LFS = b"version https://git-lfs"
METADATA = "__metadata__"


class Unreadable(ValueError):
    """A file that holds no weights; `str` says what is wrong with it."""


class Entry(msgspec.Struct):
    """A tensor as a header describes it."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor without its numbers."""

    dtype: str
    shape: tuple[int, ...]
    file: Path
    begin: int
    """Where its numbers begin in the file."""
    size: int
    """Bytes that they take."""

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; Unreadable if it is damaged or something else."""
    with opened(path) as file:
        size = path.stat().st_size
        begin = file.read(max(LENGTH, len(LFS)))
        if begin.startswith(LFS):
            raise Unreadable("is a pointer of Git LFS, not the weights: git lfs pull")
        length = int.from_bytes(begin[:LENGTH], "little")
        if len(begin) < LENGTH or not 2 <= length <= min(size - LENGTH, MOST_HEADER):
            raise Unreadable("is no safetensors file")
        file.seek(LENGTH)
        entries = decoded(file.read(length))
    end = max((each.data_offsets[1] for each in entries.values()), default=0)
    if LENGTH + length + end != size:
        whole = LENGTH + length + end
        how = "is cut short" if size < whole else "is longer than it says"
        raise Unreadable(f"{how}: {size:,} of {whole:,} bytes")
    place = LENGTH + length
    return {name: tensor_of(entry, path, place) for name, entry in entries.items()}


def decoded(header: bytes) -> Mapping[str, Entry]:
    """The entries of a header."""
    try:
        raw = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        raw.pop(METADATA, None)
        return {
            name: msgspec.json.decode(value, type=Entry) for name, value in raw.items()
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Unreadable(f"is no safetensors file: {exc}") from exc


def tensor_of(entry: Entry, path: Path, place: int) -> Tensor:
    """A tensor; Unreadable if it cannot be where it is said to be.

    `place` is where the numbers of all begin.
    """
    begin, end = entry.data_offsets
    if not 0 <= begin <= end or min(entry.shape, default=0) < 0:
        raise Unreadable("is no safetensors file: a tensor has an impossible place")
    return Tensor(entry.dtype, entry.shape, path, place + begin, end - begin)
