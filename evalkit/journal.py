"""What survives a crash: each completion is on disk before anyone acts on it.

The journal is a plugin that writes completions as they come and answers requests
from those of an earlier, interrupted session. It keeps offsets in memory, not text.
Failed completions are not written: the next session asks again.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from evalkit.disk import DAMAGES, LARGEST, named
from evalkit.errors import DataError
from evalkit.folder import RunFolder, append
from evalkit.hookspecs import hookimpl
from evalkit.record import RunRecord, RunSpec
from evalkit.spending import tokens_of
from evalkit.types import Completion, Request

DECODER = msgspec.json.Decoder(Completion)
ENCODER = msgspec.json.Encoder()


class JournalFile:
    """One run's completions.jsonl, open for reading back and for appending."""

    def __init__(self, folder: RunFolder) -> None:
        self.path = folder.completions
        self._file = folder.opened(self.path)
        self._places: dict[str, tuple[int, int]] = {}
        """Where each completion begins, and how many bytes it has."""
        self.read_before = self.written_before = 0
        """Tokens of all that earlier sessions were answered."""
        try:
            self._index_all()
        except DataError:
            self.close()
            raise

    def _index_all(self) -> None:
        """Note where each completion stands."""
        offset = 0
        for number, line in enumerate(self._lines(), start=1):
            self._index(number, line, offset)
            offset += len(line)

    def _lines(self) -> Iterator[bytes]:
        """The lines there are; the beginning of one that no completion has filled."""
        return iter(partial(self._file.readline, LARGEST), b"")

    def _index(self, number: int, line: bytes, offset: int) -> None:
        """Note where a completion stands; refuse another one for the same request."""
        where = f"{str(self.path)!r}, line {number},"
        try:
            completion = DECODER.decode(line)
        except DAMAGES as exc:
            raise DataError(
                f"{where} is damaged ({exc}). Delete that line, and its request will "
                "be asked again"
            ) from exc
        place = (offset, len(line))
        if self._places.setdefault(completion.request_id, place) == place:
            read, written = tokens_of(completion)
            self.read_before += read
            self.written_before += written
            return
        if self.read(completion.request_id) != completion:
            raise DataError(
                f"{where} is another answer to a request that is answered before. "
                "Delete the one that is not to count"
            )

    def read(self, request_id: str) -> Completion | None:
        """The recorded completion of a request, if there is one."""
        place = self._places.get(request_id)
        if place is None:
            return None
        # Past the file's buffer, which does not know of what was appended meanwhile.
        return DECODER.decode(os.pread(self._file.fileno(), place[1], place[0]))

    def append(self, completion: Completion) -> None:
        """Hand a completion to the operating system before anything else happens."""
        with named(self.path):
            append(self._file.fileno(), ENCODER.encode(completion) + b"\n")

    def close(self) -> None:
        self._file.close()


class Journal:
    """The plugin: one file per run of the command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[str, JournalFile] = {}
        self._places: dict[str, RunFolder] = {}

    def place(self, spec: RunSpec, folder: RunFolder) -> None:
        """Keep the completions of a spec elsewhere than in a run folder of its own."""
        self._places[spec.digest] = folder

    @property
    def paid(self) -> tuple[int, int]:
        """Tokens that earlier sessions of all runs have read and written. A ranking
        that several of them shared counts in each."""
        files = self._files.values()
        return sum(f.read_before for f in files), sum(f.written_before for f in files)

    @hookimpl
    def evalkit_run_started(self, spec: RunSpec) -> None:
        own = RunFolder.of(self.root, spec)
        self._files[spec.digest] = JournalFile(self._places.get(spec.digest, own))

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
