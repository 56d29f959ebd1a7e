"""The engine of backend `hf`: which requests are worked on, and what if memory ends.

One step either reads some prompts or writes a few tokens for all rows. Rows that
finish make room for waiting requests, so that the batch stays full. When memory runs
out the batch is halved for good, and its rows go back to wait with what they had
written: reading that again is all that is lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import torch

from evalkit import Completion, Engine, Failure, Generate, Rank, Request
from evalkit_backends._hf.batch import Batch, Decoder
from evalkit_backends._hf.limits import Limits
from evalkit_backends._hf.memory import is_out_of_memory, release
from evalkit_backends._hf.ranker import Ranker
from evalkit_backends._hf.waiting import Waiting
from evalkit_backends._hf.writing import Writing
from evalkit_backends._models.question import Question
from evalkit_backends._models.quiet import quiet
from evalkit_backends._models.template import PromptError, Template
from evalkit_backends._models.unanswered import kind_of

TOKENS_PER_STEP = 16
"""Written between two looks at which rows have finished."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model in memory with all that is needed to write with it."""

    decoder: Decoder
    ranker: Ranker
    template: Template
    context: int | None
    """Most tokens of a prompt and its answer; None if there is no such bound."""
    limits: Limits
    facts: Mapping[str, str]


@dataclass(slots=True)
class Work:
    """Everything that an engine has to do, from waiting to done."""

    waiting: Waiting
    working: list[Writing] = field(default_factory=list[Writing])
    """The unfinished rows of the batches below."""
    fresh: list[Batch] = field(default_factory=list[Batch])
    """Just read, and about to join the batch."""
    batch: Batch | None = None
    done: list[Completion] = field(default_factory=list[Completion])

    def take_done(self) -> Sequence[Completion]:
        done, self.done = self.done, []
        return done


class HFEngine(Engine):
    """A model at work on a batch of rows that come and go."""

    capacity = 2048

    def __init__(self, loaded: Loaded) -> None:
        self._loaded: Loaded | None = loaded
        self._limits = loaded.limits
        self._facts = loaded.facts
        self._work = Work(Waiting(shares=loaded.decoder.joins))

    @property
    def _model(self) -> Loaded:
        if self._loaded is None:
            raise RuntimeError("this engine is closed")
        return self._loaded

    def submit(self, requests: Sequence[Request]) -> None:
        with quiet():
            self._work.waiting.add(
                [row for each in requests for row in self._open(each)]
            )
            self._model.ranker.submit(
                [each for request in requests for each in self._pose(request)]
            )

    def step(self) -> Sequence[Completion]:
        work = self._work
        if work.done:
            return work.take_done()
        if self._model.ranker.busy:
            self._rank(self._model.ranker)
            return work.take_done()
        filling = bool(work.fresh)
        group = work.waiting.group()
        rows = self._limits.next_rows(group, work.working, filling=filling)
        work.waiting.take(len(rows))
        work.working += rows
        if not self._advance(rows, group.shared):
            self._retreat(copies=bool(rows and group.shared))
        if not work.waiting.shares:
            self._model.decoder.forget()
        self._collect()
        return work.take_done()

    def withdraw(self) -> Sequence[str]:
        """Give back what waits. Memory may have ended while some of it was worked on:
        what is lost by that is only work."""
        if self._loaded is None:
            return ()
        rows = [row.request.id for row in self._work.waiting.withdraw()]
        return rows + [each.request.id for each in self._loaded.ranker.withdraw()]

    def facts(self) -> Mapping[str, str]:
        return {**self._facts, "batch_size": str(self._limits.rows)}

    def close(self) -> None:
        if self._loaded is not None:
            device = self._loaded.decoder.device
            self._loaded, self._work = None, Work(Waiting(shares=False))
            release(device)

    def _open(self, request: Request) -> Sequence[Writing]:
        """The writing for a request; none if it is a ranking, or fails at once."""
        if not isinstance(request, Generate):
            return ()
        try:
            read = self._model.template.read(request.prompt)
        except PromptError as exc:
            self._work.done.append(request.failure(str(exc), exc.kind))
            return ()
        prompt, context = read.tokens, self._model.context
        limit = request.sampling.max_tokens
        if context is not None:
            limit = min(limit, context - len(prompt))
        if not prompt or limit < 1:
            problem = f"a prompt of {len(prompt)} tokens, of {context} that can be held"
            self._work.done.append(request.failure(problem, Failure.TOO_LONG))
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
            self._work.done.append(request.failure(str(exc), kind_of(exc)))
            return ()
        return (question,)

    def _rank(self, ranker: Ranker) -> None:
        """Rank the choices of some questions; of fewer, if memory runs out."""
        group = ranker.next_group()
        try:
            with torch.inference_mode(), quiet():
                ranker.rank(group)
        except Exception as exc:
            if not is_out_of_memory(exc):
                raise
            ranker.forget()
            release(self._model.decoder.device)
            if len(group.questions) > 1:
                ranker.put_back(group)
                return
            self._work.done += (
                each.request.failure(
                    f"{each.read} tokens do not fit into memory", Failure.MEMORY
                )
                for each in group.questions
            )
            return
        template = self._model.template
        self._work.done += (
            each.completion(template.prompt(each.prompt)) for each in group.questions
        )

    def _advance(self, rows: Sequence[Writing], trunk: int) -> bool:
        """Read these rows, which begin with the same `trunk` tokens, or if there are
        none write; False if memory ran out."""
        decoder = self._model.decoder
        try:
            with torch.inference_mode(), quiet():
                if rows:
                    self._work.fresh.append(decoder.read(rows, trunk))
                else:
                    self._write(decoder)
        except Exception as exc:
            if not is_out_of_memory(exc):
                raise
            return False
        finally:
            self.generated_tokens = decoder.written
        return True

    def _write(self, decoder: Decoder) -> None:
        work = self._work
        batches = [*([work.batch] if work.batch else []), *work.fresh]
        work.fresh, work.batch = [], None
        work.batch = decoder.gathered(batches)
        for _ in range(TOKENS_PER_STEP):
            if work.batch is None or not work.batch.active:
                return
            decoder.write(work.batch)

    def _retreat(self, *, copies: bool) -> None:
        """Drop the batch and let its rows start over, half as many at a time.

        `copies` says that they were being read behind a copy of what they share. The
        last row is tried once more without.
        """
        work = self._work
        rows, work.working = work.working, []
        work.fresh, work.batch = [], None
        copies |= self._model.decoder.forget()
        release(self._model.decoder.device)
        if len(rows) > 1:
            self._limits.halve(len(rows))
            work.waiting.add(rows)
            return
        if copies:
            work.waiting.first(rows[0])
            return
        work.done += (
            row.request.failure(
                f"{row.length} tokens do not fit into memory", Failure.MEMORY
            )
            for row in rows
        )

    def _collect(self) -> None:
        """Turn the rows that have finished into completions."""
        work, template = self._work, self._model.template
        for row in work.working:
            row.search(template.answer)
        for row in work.working:
            if row.finished:
                prompt = template.prompt(row.prompt)
                done = row.completion(template.answer, prompt)
                work.done.append(template.apart(done, row.opened))
        work.working = [row for row in work.working if not row.finished]
        if not work.working:
            work.fresh, work.batch = [], None
