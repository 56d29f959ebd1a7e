"""Answers written beforehand, by a function or in a file: for tests and tutorials."""

import hashlib
import importlib
import inspect
import io
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, cast

import msgspec

from evalkit import (
    Backend,
    BatchEngine,
    Completion,
    Engine,
    Failure,
    Model,
    Rank,
    Request,
    UsageError,
    hookimpl,
    read_file,
    told_once,
)

Answerer: TypeAlias = Callable[[Request], str | Completion]


@dataclass(frozen=True, kw_only=True)
class Scripted(Backend):
    """Answers from a JSONL file or a Python function, without any model.

    The model is a path to a file that ends in ``.jsonl``, whose lines have `id` (of
    the sample), `text`, and where there are several attempts `attempt`, counted
    from 0; or ``module:function``, looked for in the current folder too, which is
    called with each request and returns a text or a completion. A sample without a
    line is a failed request.
    """

    name = "scripted"

    delay: float = field(default=0.0, metadata={"identity": False})
    """Milliseconds that each answer takes."""
    chats: bool = True
    """Whether to pass for a model with a chat template."""
    ranks: bool = False
    """Whether the function ranks choices: it is called with `Rank` requests then, and
    returns what their `ranking` gives."""

    def __post_init__(self) -> None:
        if not 0 <= self.delay < 3_600_000:
            raise ValueError(f"option 'delay' is in milliseconds, not {self.delay}")

    def prepare(self) -> Model:
        if self.is_file:
            content = content_of(Path(self.model))
            answers_in(content, self.model)
            name, told = Path(self.model).name, digest(content)
        else:
            source = source_file(load_function(self.model))
            name, told = self.model, digest(Path(source).read_bytes()) if source else ""
        return Model(
            name=name,
            chats=self.chats,
            ranks=self.ranks,
            identity={"sha256": told},
        )

    def load(self, model: Model) -> Engine:
        if self.is_file:
            content = content_of(Path(self.model))
            if digest(content) != model.identity["sha256"]:
                raise UsageError(
                    f"answers {self.model!r} were changed since the command began"
                )
            answerer: Answerer = FromFile(answers_in(content, self.model))
        else:
            answerer = load_function(self.model)
        return ScriptedEngine(answerer, self.delay / 1000)

    @property
    def is_file(self) -> bool:
        return self.model.endswith(".jsonl")


class ScriptedEngine(BatchEngine):
    """Answers one request after the other."""

    def __init__(self, answerer: Answerer, delay: float) -> None:
        super().__init__()
        self._answerer = answerer
        self._delay = delay

    def complete(self, batch: Sequence[Request]) -> Iterable[Completion]:
        for request in batch:
            if self._delay:
                time.sleep(self._delay)
            yield completed(request, self._answerer(request))


def completed(request: Request, answer: str | Completion) -> Completion:
    """An answer as the completion of a request."""
    if not isinstance(answer, str):
        return answer
    if isinstance(request, Rank):
        return request.failure(
            "a text was scripted, and a ranking asked", Failure.UNANSWERED
        )
    return request.completion(answer)


@dataclass(frozen=True, slots=True)
class FromFile:
    """Looks answers up by sample and attempt."""

    texts: dict[tuple[str, int], str]

    def __call__(self, request: Request) -> Completion:
        text = self.texts.get((request.sample_id, request.attempt))
        if text is None:
            return request.failure(
                f"no answer scripted for {request.sample_id!r}", Failure.UNANSWERED
            )
        return completed(request, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a file of answers."""

    id: str
    text: str
    attempt: int = 0


def digest(content: bytes) -> str:
    """What tells answers, or what writes them, from others."""
    return hashlib.sha256(content).hexdigest()


def content_of(path: Path) -> bytes:
    """What a file of answers holds; UsageError if it cannot be read."""
    try:
        return read_file(path)
    except OSError as exc:
        raise UsageError(
            f"answers {str(path)!r} cannot be read: {exc.strerror}"
        ) from exc


def answers_in(content: bytes, name: str) -> dict[tuple[str, int], str]:
    """The answers of a file; a UsageError names the line that is wrong."""
    import jsonlines  # which takes as long to import as all of this package

    texts: dict[tuple[str, int], str] = {}
    once = partial(json.loads, object_pairs_hook=told_once)
    try:
        lines = io.StringIO(content.decode("utf-8-sig"))
        # attrs takes the field _loads by this name.
        rows: Any = jsonlines.Reader(lines, loads=once)  # pyright: ignore[reportCallIssue]
        for row in rows:
            line = msgspec.convert(row, Line)
            if (line.id, line.attempt) in texts:
                raise UsageError(
                    f"answers {name!r}, answer {len(texts) + 1}: {line.id!r} has an "
                    f"answer for attempt {line.attempt} before it"
                )
            texts[line.id, line.attempt] = line.text
    except (jsonlines.InvalidLineError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"answers {name!r}: {exc}") from exc
    except msgspec.ValidationError as exc:
        raise UsageError(f"answers {name!r}, answer {len(texts) + 1}: {exc}") from exc
    return texts


def load_function(name: str) -> Answerer:
    """Import ``module:function``; a UsageError says what is missing."""
    module_name, colon, function_name = name.partition(":")
    if not colon:
        raise UsageError(
            f"backend 'scripted' takes a .jsonl file or module:function, not {name!r}"
        )
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        function: Any = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as exc:
        raise UsageError(f"backend 'scripted' cannot import {name!r}: {exc}") from exc
    if not callable(function):
        raise UsageError(f"backend 'scripted': {name!r} is not a function")
    return cast(Answerer, function)


def source_file(function: Answerer) -> str:
    """The file that a function is written in; empty if there is none."""
    try:
        return inspect.getsourcefile(function) or ""
    except TypeError:  # a function of C has no file
        return ""


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (Scripted,)
