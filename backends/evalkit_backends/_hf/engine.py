"""The engine of backend `hf`: from requests to tokens, and from these to answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import torch

from evalkit import Completion, Engine, Failure, Generate, Rank, Request
from evalkit_backends._hf.memory import is_out_of_memory, release
from evalkit_backends._hf.ranker import Ranker
from evalkit_backends._hf.writer import Writer
from evalkit_backends._hf.writing import Writing
from evalkit_backends._models.question import Question
from evalkit_backends._models.quiet import quiet
from evalkit_backends._models.template import PromptError, Template
from evalkit_backends._models.unanswered import kind_of


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model in memory with all that is needed to ask it."""

    writer: Writer
    ranker: Ranker
    template: Template
    device: torch.device
    context: int | None
    """Most tokens of a prompt and its answer; None if there is no such bound."""
    facts: Mapping[str, str]


class HFEngine(Engine):
    """A model at work: rankings first, then what is to be written."""

    capacity = 2048

    def __init__(self, loaded: Loaded) -> None:
        self._loaded: Loaded | None = loaded
        self._facts = loaded.facts
        self._done: list[Completion] = []

    @property
    def _model(self) -> Loaded:
        if self._loaded is None:
            raise RuntimeError("this engine is closed")
        return self._loaded

    @property
    def at_work(self) -> int:
        return self._model.writer.at_work + self._model.ranker.count

    def submit(self, requests: Sequence[Request]) -> None:
        with quiet():
            self._model.writer.submit(
                [row for each in requests for row in self._open(each)]
            )
            self._model.ranker.submit(
                [each for request in requests for each in self._pose(request)]
            )

    def step(self) -> Sequence[Completion]:
        if not self._done:
            with torch.inference_mode(), quiet():
                if self._model.ranker.busy:
                    self._rank(self._model.ranker)
                else:
                    self._write(self._model.writer)
        done, self._done = self._done, []
        return done

    def withdraw(self) -> Sequence[str]:
        """Give back what waits. Memory may have ended while some of it was worked on:
        what is lost by that is only work."""
        if self._loaded is None:
            return ()
        rows = [row.request.id for row in self._loaded.writer.withdraw()]
        return rows + [each.request.id for each in self._loaded.ranker.withdraw()]

    def facts(self) -> Mapping[str, str]:
        return {**self._facts, **(told(self._loaded) if self._loaded else {})}

    def close(self) -> None:
        if self._loaded is not None:
            device = self._loaded.device
            self._facts, self._done = self.facts(), []
            self._loaded = None
            release(device)

    def _open(self, request: Request) -> Sequence[Writing]:
        """The writing for a request; none if it is a ranking, or fails at once."""
        if not isinstance(request, Generate):
            return ()
        try:
            read = self._model.template.read(request.prompt)
        except PromptError as exc:
            self._done.append(request.failure(str(exc), exc.kind))
            return ()
        prompt, context = read.tokens, self._model.context
        limit = request.sampling.max_tokens
        if context is not None:
            limit = min(limit, context - len(prompt))
        if not prompt or limit < 1:
            problem = f"a prompt of {len(prompt)} tokens, of {context} that can be held"
            self._done.append(request.failure(problem, Failure.TOO_LONG))
            return ()
        random = Random(request.sampling.seed)
        return (Writing(request, prompt, limit, random, read.opened),)

    def _pose(self, request: Request) -> Sequence[Question]:
        """The question for a ranking; none for other requests, or if it fails."""
        if not isinstance(request, Rank):
            return ()
        try:
            prompt, choices = self._model.template.parts(
                request.prompt, request.choices
            )
            question = Question(request, prompt, choices)
            if self._model.context is not None:
                question.fit(self._model.context)
        except ValueError as exc:
            self._done.append(request.failure(str(exc), kind_of(exc)))
            return ()
        return (question,)

    def _rank(self, ranker: Ranker) -> None:
        """Rank the choices of some questions; of fewer, if memory runs out."""
        group = ranker.next_group()
        try:
            ranker.rank(group)
        except Exception as exc:
            if not is_out_of_memory(exc):
                raise
            ranker.forget()
            release(self._model.device)
            if len(group.questions) > 1:
                ranker.put_back(group)
                return
            self._done += (
                too_long(each.request, each.read) for each in group.questions
            )
            return
        template = self._model.template
        self._done += (
            each.completion(template.prompt(each.prompt)) for each in group.questions
        )

    def _write(self, writer: Writer) -> None:
        """Write on, and take what has finished."""
        rows = writer.step()
        self.generated_tokens = writer.written
        self._done += (
            self._answer(row) if row.finished else too_long(row.request, row.length)
            for row in rows
        )

    def _answer(self, row: Writing) -> Completion:
        """What has come of a request, thoughts and answer apart."""
        template = self._model.template
        done = row.completion(template.answer, template.prompt(row.prompt))
        return template.apart(done, row.opened)


def told(loaded: Loaded) -> dict[str, str]:
    """What was found out while the model worked."""
    ways = {"writing": loaded.writer.told(), "ranking": loaded.ranker.told()}
    found = {name: way for name, way in ways.items() if way}
    return {"batch_size": str(loaded.writer.rows), **found}


def too_long(request: Request, tokens: int) -> Completion:
    """The failure of a request that memory does not hold, even by itself."""
    return request.failure(f"{tokens} tokens do not fit into memory", Failure.MEMORY)
