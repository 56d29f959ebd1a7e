"""Contracts that any task or backend must keep. Plugin authors subclass these.

class TestSums(TaskContract):
    task = Sums()
    right = {"1+1": "The answer is 2"}
    wrong = {"1+1": "3"}

class TestAdder(BackendContract):
    backend = Adder(model="perfect")
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import ClassVar

from evalkit.backend import Backend, Engine
from evalkit.prompts import Apart, damage, prompts, same_question
from evalkit.task import Task
from evalkit.types import (
    Answer,
    Completion,
    Generate,
    Message,
    Outcome,
    Request,
    Sample,
    Score,
)

PATIENCE = 100_000
"""Steps without a completion after which an engine is taken to be stuck."""


class TaskContract:
    """What a task promises."""

    task: ClassVar[Task]
    right: ClassVar[Mapping[str, str]]
    """Answers that must get full marks, by sample id."""
    wrong: ClassVar[Mapping[str, str]]
    """Answers that must get less, by sample id."""

    def sample(self, id: str) -> Sample:
        return next(each for each in self.task.samples() if each.id == id)

    def judge(self, id: str, text: str) -> Score:
        return self.task.score(self.sample(id), Answer(text=text))

    def test_samples_are_the_same_each_time(self) -> None:
        first, second = islice(self.task.samples(), 50), islice(self.task.samples(), 50)
        assert list(first) == list(second)

    def test_sample_ids_are_unique(self) -> None:
        ids = [sample.id for sample in self.task.samples()]
        assert len(ids) == len(set(ids)) > 0

    def test_every_protocol_asks(self) -> None:
        sample = next(iter(self.task.samples()))
        for protocol in self.task.protocols:
            request = next(protocol.converse(sample, self.task.exemplars()))
            assert request.prompt

    def test_prompts_have_no_damaged_characters(self) -> None:
        exemplars = self.task.exemplars()
        for sample in islice(self.task.samples(), 50):
            for protocol in self.task.protocols:
                for request in prompts(protocol, sample, exemplars, ""):
                    assert not damage(request.prompt), sample.id

    def test_prompts_are_about_their_samples(self) -> None:
        exemplars = self.task.exemplars()
        for protocol in self.task.protocols:
            apart = Apart(exemplars)
            for sample in islice(self.task.samples(), 50):
                asked = list(prompts(protocol, sample, exemplars, ""))
                assert not apart.problem(sample, asked), sample.id

    def test_worked_examples_are_not_in_the_test(self) -> None:
        asked = {same_question(sample) for sample in self.task.samples()}
        assert not asked & {same_question(each) for each in self.task.exemplars()}

    def test_reference_answers_get_full_marks(self) -> None:
        for sample in islice(self.task.samples(), 50):
            for text in self.task.gold(sample):
                score = self.task.score(sample, Answer(text=text))
                assert (score.value, score.outcome) == (1.0, Outcome.RIGHT), sample.id

    def test_right_answers_get_full_marks(self) -> None:
        for id, text in self.right.items():
            score = self.judge(id, text)
            assert (score.value, score.outcome) == (1.0, Outcome.RIGHT), id
            assert score.points == self.sample(id).points

    def test_wrong_answers_get_less(self) -> None:
        for id, text in self.wrong.items():
            assert self.judge(id, text).value < 1, id

    def test_an_empty_answer_is_no_answer(self) -> None:
        score = self.judge(next(iter(self.right)), "")
        assert (score.value, score.outcome) == (0.0, Outcome.NO_ANSWER)


class BackendContract:
    """What a backend promises."""

    backend: ClassVar[Backend]

    def engine(self) -> Engine:
        return self.backend.load(self.backend.prepare())

    def requests(self, n: int) -> list[Request]:
        prompt = (
            (Message("user", "Say 3 + 4."),)
            if self.backend.prepare().chats
            else "3 + 4 ="
        )
        request = Generate(prompt=prompt)
        return [replace(request, id=f"r{i}", sample_id=str(i)) for i in range(n)]

    def test_answers_each_request_once(self) -> None:
        requests = self.requests(5)
        with self.engine() as engine:
            completions = list(answer_all(engine, requests))
        answered = sorted(completion.request_id for completion in completions)
        assert answered == sorted(request.id for request in requests)

    def test_takes_requests_while_others_are_open(self) -> None:
        first, *later = self.requests(3)
        with self.engine() as engine:
            engine.submit([first])
            early = list(engine.step())
            engine.submit(later)
            completions = [*early, *drain(engine, 3 - len(early))]
        assert sorted(each.request_id for each in completions) == ["r0", "r1", "r2"]

    def test_no_requests_no_completions(self) -> None:
        with self.engine() as engine:
            engine.submit([])
            assert list(engine.step()) == []

    def test_close_twice(self) -> None:
        engine = self.engine()
        engine.close()
        engine.close()

    def test_facts_are_texts(self) -> None:
        with self.engine() as engine:
            facts = {**engine.facts()}
        assert all(isinstance(each, str) for pair in facts.items() for each in pair)


def answer_all(engine: Engine, requests: Sequence[Request]) -> Iterator[Completion]:
    """Submit requests and yield their completions as they come."""
    engine.submit(requests)
    yield from drain(engine, len(requests))


def drain(engine: Engine, n: int) -> Iterator[Completion]:
    """Yield the next `n` completions; an engine that gives none is an error."""
    for _ in range(PATIENCE):
        for completion in engine.step():
            n -= 1
            yield completion
        if n <= 0:
            return
    raise AssertionError(f"{n} requests unanswered after {PATIENCE} steps")
