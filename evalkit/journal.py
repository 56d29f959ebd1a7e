"""What survives a crash: each completion is on disk before anyone acts on it.

The journal is a plugin that writes completions as they come and answers requests
from those of an earlier, interrupted session. It keeps offsets in memory, not text.
Failed completions are not written: the next session asks again.
"""

from pathlib import Path
from typing import BinaryIO

import msgspec

from evalkit.errors import DataError
from evalkit.folder import RunFolder
from evalkit.hookspecs import hookimpl
from evalkit.record import RunRecord, RunSpec
from evalkit.types import Completion, Request

DECODER = msgspec.json.Decoder(Completion)
ENCODER = msgspec.json.Encoder()


class JournalFile:
    """One run's completions.jsonl, open for reading back and for appending."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("ab+")
        self._offsets = self._index()

    def _index(self) -> dict[str, int]:
        offsets: dict[str, int] = {}
        offset = 0
        self._file.seek(0)
        for number, line in enumerate(self._file, start=1):
            try:
                offsets[DECODER.decode(line).request_id] = offset
            except msgspec.DecodeError as exc:
                raise DataError(
                    f"{str(self.path)!r}, line {number}, is damaged ({exc}). Delete "
                    "that line, and its request will be asked again"
                ) from exc
            offset += len(line)
        return offsets

    def read(self, request_id: str) -> Completion | None:
        """The recorded completion of a request, if there is one."""
        offset = self._offsets.get(request_id)
        if offset is None:
            return None
        self._file.seek(offset)
        return DECODER.decode(self._file.readline())

    def append(self, completion: Completion) -> None:
        """Hand a completion to the operating system before anything else happens."""
        self._file.write(ENCODER.encode(completion) + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Journal:
    """The plugin: one file per run of the command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[str, JournalFile] = {}
        self._places: dict[str, Path] = {}

    def place(self, spec: RunSpec, path: Path) -> None:
        """Keep the completions of a spec elsewhere than in a run folder of its own."""
        self._places[spec.digest] = path

    @hookimpl
    def evalkit_run_started(self, spec: RunSpec) -> None:
        path = self._places.get(spec.digest)
        if path is None:
            path = RunFolder.of(self.root, spec).completions
        self._files[spec.digest] = JournalFile(path)

    @hookimpl
    def evalkit_answer(self, spec: RunSpec, request: Request) -> Completion | None:
        return self._files[spec.digest].read(request.id)

    @hookimpl(tryfirst=True)
    def evalkit_completed(self, spec: RunSpec, completion: Completion) -> None:
        if completion.error is None:
            self._files[spec.digest].append(completion)

    @hookimpl
    def evalkit_run_finished(self, record: RunRecord) -> None:
        self._files.pop(record.spec.digest).close()

    def close(self) -> None:
        """Close the files of runs that did not come to their end."""
        while self._files:
            self._files.popitem()[1].close()
