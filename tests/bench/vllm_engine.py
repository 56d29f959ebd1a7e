"""What evalkit adds to vLLM: its time for the same answers over that of `LLM.chat`.

    python tests/bench/vllm_engine.py [rounds] [questions] [tokens]

Both halves have the same questions of gsm8k answered, in one process by one engine,
whose cache of prefixes is emptied before each. evalkit's half is a real run, with
scheduler, journal and scoring processes, timed from the first request to
the last score. The order of the halves changes from round to round.

On a busy machine the times of the engine itself differ more than the halves do. So what
is done beside its steps is told as well, in CPU seconds of the thread that makes them:
rendering, tokenizing, asking, and for evalkit all of the harness.

The file is not called vllm.py, which would hide the package from what lies beside it.
"""

import dataclasses
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from evalkit import (
    Backend,
    Completion,
    Engine,
    Experiment,
    Generate,
    Model,
    Plugins,
    Request,
    SampleResult,
    hookimpl,
    run,
)
from evalkit_backends._vllm.core import Core
from evalkit_backends._vllm.loading import Wish, arguments, assemble
from evalkit_backends._vllm.quiet import settle_environment, without_advice
from evalkit_backends.vllm import VLLM

DATA = Path(__file__).parents[3] / "shared" / "hub"
MODEL = "smollm2-135m-instruct"


@dataclasses.dataclass(frozen=True)
class Spent:
    """Seconds that one half took."""

    wall: float
    cpu: float
    """Of this process, in which the engine is."""
    beside: float
    """CPU seconds of the main thread outside the engine's steps."""
    tokens: int
    texts: tuple[str, ...]


class Steps:
    """vLLM's own step, which adds up what it takes of the thread's time."""

    def __init__(self, engine: Any) -> None:
        self._step = engine.step
        self.seconds = 0.0
        engine.step = self

    def __call__(self) -> Any:
        begun = time.thread_time()
        try:
            return self._step()
        finally:
            self.seconds += time.thread_time() - begun


@dataclasses.dataclass(frozen=True)
class Moment:
    """Clocks, read at once."""

    wall: float
    cpu: float
    beside: float

    def until(self, end: "Moment", texts: Sequence[str], tokens: int) -> Spent:
        return Spent(
            wall=end.wall - self.wall,
            cpu=end.cpu - self.cpu,
            beside=end.beside - self.beside,
            tokens=tokens,
            texts=tuple(texts),
        )


def now(steps: Steps) -> Moment:
    """All clocks of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Moment(
        wall=time.monotonic(),
        cpu=used.ru_utime + used.ru_stime,
        beside=time.thread_time() - steps.seconds,
    )


class Kept(Engine):
    """An engine that outlives the runs it works for, and knows when each began."""

    def __init__(self, engine: Engine, steps: Steps) -> None:
        self._engine = engine
        self._steps = steps
        self.capacity = engine.capacity
        self.begun = now(steps)
        self.requests: list[Generate] = []
        self.completions: dict[str, Completion] = {}

    def submit(self, requests: Sequence[Request]) -> None:
        if not self.requests:
            self.begun = now(self._steps)
        self.requests += [each for each in requests if isinstance(each, Generate)]
        self._engine.submit(requests)

    def step(self) -> Sequence[Completion]:
        given = self._engine.step()
        self.generated_tokens = self._engine.generated_tokens
        self.completions |= {each.request_id: each for each in given}
        return given

    def facts(self) -> Mapping[str, str]:
        return self._engine.facts()


class Harness:
    """evalkit's half."""

    def __init__(
        self, engine: Engine, steps: Steps, questions: int, tokens: int
    ) -> None:
        self._questions = questions
        self._tokens = tokens
        self._steps = steps
        self._ended = now(steps)
        self.kept = Kept(engine, steps)
        harness = self

        @dataclasses.dataclass(frozen=True, kw_only=True)
        class Loaded(Backend):
            """The engine that is there already."""

            name = "loaded"

            def load(self, model: Model) -> Engine:
                harness.kept = Kept(engine, steps)
                return harness.kept

        self._backend = Loaded

    @hookimpl
    def evalkit_backends(self) -> Iterable[type[Backend]]:
        return (self._backend,)

    @hookimpl
    def evalkit_scored(self, result: SampleResult) -> None:
        self._ended = now(self._steps)

    def answer(self) -> Spent:
        with tempfile.TemporaryDirectory() as output:
            run(
                Experiment(
                    tasks=("gsm8k",),
                    model=f"loaded:{MODEL}",
                    limit=self._questions,
                    sampling={"max_tokens": self._tokens},
                    data=DATA,
                    output=Path(output),
                ),
                Plugins(self, third_party=False),
            )
        given = [self.kept.completions[each.id] for each in self.kept.requests]
        return self.kept.begun.until(
            self._ended,
            [each.text for each in given],
            sum(each.completion_tokens for each in given),
        )


def plainly(
    llm: Any, steps: Steps, requests: Sequence[Generate], ends: Sequence[int]
) -> Spent:
    """vLLM's half: the same messages, all at once."""
    from vllm import SamplingParams

    conversations = [
        [dataclasses.asdict(message) for message in each.prompt]  # type: ignore[arg-type]  # messages, no str
        for each in requests
    ]
    params = [
        SamplingParams(
            temperature=0,
            max_tokens=each.sampling.max_tokens,
            stop=list(each.sampling.stop),
            stop_token_ids=list(ends),
        )
        for each in requests
    ]
    begun = now(steps)
    outputs = llm.chat(conversations, params, use_tqdm=False)
    return begun.until(
        now(steps),
        [each.outputs[0].text for each in outputs],
        sum(len(each.outputs[0].token_ids) for each in outputs),
    )


def main() -> None:
    rounds, questions, tokens = (*map(int, sys.argv[1:]), 5, 64, 128)[:3]
    settle_environment()
    from vllm import LLM

    backend = VLLM(model=MODEL, max_model_len=2048)
    model = backend.prepare()
    options = {
        each.name: getattr(backend, each.name) for each in dataclasses.fields(Wish)
    }
    wish = Wish(**options)
    folder = Path(model.location)
    with without_advice():
        llm = LLM(**arguments(folder, wish, cpu=True))
        engine = assemble(model, folder, Core(llm.llm_engine), wish)
    steps = Steps(llm.llm_engine)
    harness = Harness(engine, steps, questions, tokens)
    ends = engine._model.ends  # what it tells vLLM

    def ours() -> Spent:
        assert llm.reset_prefix_cache(), "the cache of prefixes was not emptied"
        return harness.answer()

    def theirs() -> Spent:
        assert llm.reset_prefix_cache(), "the cache of prefixes was not emptied"
        return plainly(llm, steps, harness.kept.requests, ends)

    ours()  # warms up both, and shows what is asked
    theirs()
    ratios: list[tuple[float, float]] = []
    for number in range(rounds):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        spent = {each: each() for each in order}
        mine, plain = spent[ours], spent[theirs]
        assert mine.tokens == plain.tokens, (mine.tokens, plain.tokens)
        same = sum(a == b for a, b in zip(mine.texts, plain.texts, strict=True))
        ratios.append((mine.wall / plain.wall, mine.cpu / plain.cpu))
        print(
            f"{questions} x {tokens}: {mine.tokens} tokens, {same} texts alike, "
            f"wall {mine.wall:.1f} over {plain.wall:.1f} s = {ratios[-1][0]:.3f}, "
            f"CPU {mine.cpu:.1f} over {plain.cpu:.1f} s = {ratios[-1][1]:.3f}, "
            f"beside the steps {mine.beside:.2f} and {plain.beside:.2f} s",
            flush=True,
        )
    wall, cpu = (median(column) for column in zip(*ratios, strict=True))
    print(f"wall {wall:.3f}, CPU {cpu:.3f}, medians of {rounds}")
    engine.close()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
