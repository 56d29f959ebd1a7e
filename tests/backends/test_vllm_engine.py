"""The engine of backend `vllm`, driven as the host drives it, on a small real model."""

import math
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from evalkit import (
    Completion,
    Generate,
    Message,
    Rank,
    Request,
    Sampling,
    UsageError,
)
from evalkit.testing import BackendContract, answer_all, drain
from evalkit_backends.vllm import VLLM

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.usefixtures("small_vllm_cache"),
    # vLLM and what it stands on warn of each other at every import.
    pytest.mark.filterwarnings("ignore"),
]
pytest.importorskip("vllm", reason="the package vllm is not installed")

from vllm.distributed.parallel_state import (  # noqa: E402
    cleanup_dist_env_and_memory,
    model_parallel_is_initialized,
)

from evalkit_backends._vllm.engine import SPARE, VLLMEngine  # noqa: E402
from tests.backends import tiny  # noqa: E402 - needs the packages above

ROWS = 8
SMALL = {"max_num_seqs": ROWS}
WORDS = tiny.TEXT.split()
CHOICES = (" Natalia", " 48 clips in May", " half", " an hour for her friends")


def some(count: int, seed: int) -> str:
    """So many words, always the same ones."""
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def loaded(folder: Path, **options: Any) -> VLLMEngine:
    backend = VLLM(model=str(folder), **{**SMALL, **options})
    engine = backend.load(backend.prepare())
    assert isinstance(engine, VLLMEngine)
    return engine


@pytest.fixture(scope="module")
def engine(wider_llama: Path) -> Iterator[VLLMEngine]:
    """One for all tests that want nothing special of it."""
    with loaded(wider_llama) as engine:
        yield engine


def ask(number: int, prompt: Any, **sampling: Any) -> Generate:
    """A request; `number` is its id."""
    return Generate(prompt=prompt, sampling=Sampling(**sampling), id=str(number))


def answers(engine: VLLMEngine, requests: Sequence[Request]) -> list[Completion]:
    """The completions of all requests, in their order, each there once."""
    found = list(answer_all(engine, requests))
    assert sorted(each.request_id for each in found) == sorted(e.id for e in requests)
    assert list(engine.step()) == []
    by_id = {each.request_id: each for each in found}
    return [by_id[each.id] for each in requests]


def by_hf(folder: Path, requests: Sequence[Request]) -> list[Completion]:
    """What backend `hf` makes of the same requests with the same model."""
    from evalkit_backends.hf import HF

    backend = HF(model=str(folder), device="cpu")
    with backend.load(backend.prepare()) as engine:
        found = {each.request_id: each for each in answer_all(engine, requests)}
    return [found[each.id] for each in requests]


# Writing

MESSAGES = (Message("user", "How many clips?"),)


def test_the_same_answers_as_those_of_hf(engine: VLLMEngine, wider_llama: Path) -> None:
    """Texts, prompts, ends and counts of tokens; more requests than are worked on."""
    requests = [
        *(ask(n, some(3 + n, n), max_tokens=5 + 3 * n) for n in range(12)),
        ask(12, MESSAGES, max_tokens=24),
        ask(13, "<s>Weng", max_tokens=4),
        ask(14, some(40, 3), max_tokens=500),
        ask(15, some(3, 0), max_tokens=40, stop=("e", "half")),
    ]
    for own, other in zip(
        answers(engine, requests), by_hf(wider_llama, requests), strict=True
    ):
        assert own == other
        assert own.error is None
        assert own.completion_tokens


def test_a_prompt_that_is_text_gets_there_as_it_is(engine: VLLMEngine) -> None:
    text, chat = answers(
        engine, [ask(0, "Weng  earns\n"), ask(1, MESSAGES, max_tokens=2)]
    )
    assert text.prompt == "<s>Weng  earns\n"
    begin = "<s><|im_start|>user\nHow many clips?<|im_end|>\n"
    assert chat.prompt == f"{begin}<|im_start|>assistant\n"


def test_a_stop_string_is_cut_off(engine: VLLMEngine) -> None:
    (whole,) = answers(engine, [ask(0, "Weng earns", max_tokens=30)])
    stop = whole.text[7:9]
    (cut,) = answers(engine, [ask(0, "Weng earns", max_tokens=30, stop=(stop,))])
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.finish == "stop"
    assert whole.finish == "length"
    assert cut.completion_tokens < whole.completion_tokens == 30


def test_what_is_drawn_depends_on_the_seed_alone(engine: VLLMEngine) -> None:
    def drawn(*seeds: int) -> list[str]:
        requests = [
            ask(n, MESSAGES, max_tokens=12, temperature=1.0, seed=seed)
            for n, seed in enumerate(seeds)
        ]
        return [each.text for each in answers(engine, requests)]

    first, again, other = drawn(5, 5, 6)
    assert first == again != other
    assert drawn(*range(20, 30), 5)[-1] == first


def test_attempts_read_their_prompt_once(engine: VLLMEngine) -> None:
    """But for the part that fills no block of the cache, and the last token."""
    prompt = some(90, 77)
    before = engine.read_tokens
    (alone,) = answers(engine, [ask(0, prompt, max_tokens=1)])
    once = engine.read_tokens - before
    assert once == alone.prompt_tokens > 96
    attempts = [
        ask(n, prompt, max_tokens=4, temperature=1.0, seed=n) for n in range(10)
    ]
    answers(engine, attempts)
    assert engine.read_tokens - before - once == 10 * (once - 96)


# Requests that fail by themselves


def test_a_request_that_cannot_be_answered_fails_alone(engine: VLLMEngine) -> None:
    system = (Message("system", "?"), Message("user", "?"))
    long, hot, odd, good = answers(
        engine,
        [
            ask(0, some(200, 1)),
            ask(1, "Weng", temperature=9.0),
            ask(2, system),
            ask(3, "Weng", max_tokens=3),
        ],
    )
    assert long.error is not None
    assert "of 128 that can be held" in long.error
    assert hot.error is not None
    assert "temperature must be in [0, 2], got 9.0" in hot.error
    assert odd.error is not None
    assert "System role not supported" in odd.error
    assert {each.finish for each in (long, hot, odd)} == {"error"}
    assert good.error is None


def test_what_vllm_has_not_begun_can_be_withdrawn(engine: VLLMEngine) -> None:
    requests = [ask(n, some(4, n), max_tokens=30) for n in range(60)]
    engine.submit(requests)
    found = list(engine.step())
    assert engine.generated_tokens > 0
    back = set(engine.withdraw())
    assert len(back) >= 60 - (ROWS + SPARE) - len(found)
    found += drain(engine, 60 - len(back) - len(found))
    assert {each.request_id for each in found} == {e.id for e in requests} - back
    assert list(engine.step()) == []
    again = [each for each in requests if each.id in back]
    assert all(each.error is None for each in answers(engine, again))


def test_tokens_of_unfinished_answers_are_counted(engine: VLLMEngine) -> None:
    before = engine.generated_tokens
    engine.submit([ask(0, "Weng earns", max_tokens=90)])
    counts: list[int] = []
    while not (done := list(engine.step())):
        counts.append(engine.generated_tokens - before)
    assert engine.generated_tokens - before == done[0].completion_tokens
    assert all(a <= b for a, b in pairwise(counts))


# Ranking

PASSAGE = some(60, 1)
RANKINGS = [
    *(Rank(prompt=some(n, n), choices=CHOICES) for n in (1, 5, 2, 9)),
    *(Rank(prompt=f"{PASSAGE} {some(3, 90 + n)}", choices=CHOICES) for n in range(4)),
    Rank(prompt=f"{PASSAGE} {some(3, 5)}", choices=(" A", " B", " C")),
    Rank(prompt=f"{PASSAGE} {some(3, 5)}", choices=(" A", " A", " A B C", " A B C D")),
    Rank(prompt="Weng earns ", choices=("$12", "an hour", "babysitting")),
    Rank(prompt="Weng earns\n\n", choices=("$12", " an hour")),
    Rank(prompt="", choices=("Weng", "Natalia sold clips")),
    Rank(prompt=(Message("user", "How many?"),), choices=("48", "half as many")),
    Rank(prompt=some(20, 8), choices=(f" {some(20, 9)}", f" {some(20, 9)} clips")),
    Rank(prompt="Weng", choices=tuple(f" {chr(n)}" for n in range(35, 120))),
]


def numbered(rankings: Sequence[Rank]) -> list[Request]:
    """The same with ids."""
    return [
        Rank(prompt=each.prompt, choices=each.choices, id=f"{place}")
        for place, each in enumerate(rankings)
    ]


def assert_same(own: Completion, other: Completion) -> None:
    """Equal but for the order in which numbers were added."""
    assert own.error is None
    assert (own.prompt, own.prompt_tokens) == (other.prompt, other.prompt_tokens)
    assert [each.logprob for each in own.ranked] == pytest.approx(
        [each.logprob for each in other.ranked], abs=1e-3
    )
    for one, two in zip(own.ranked, other.ranked, strict=True):
        assert (one.tokens, one.size, one.greedy) == (two.tokens, two.size, two.greedy)


def test_rankings_are_those_of_hf(engine: VLLMEngine, wider_llama: Path) -> None:
    """Twice: the second time even the choices are in the cache."""
    requests = numbered(RANKINGS)
    expected = by_hf(wider_llama, requests)
    for _ in range(2):
        for own, other in zip(answers(engine, requests), expected, strict=True):
            assert_same(own, other)


def test_what_the_model_would_write_ranks_as_greedy(engine: VLLMEngine) -> None:
    for seed in range(6):
        prompt = some(5, seed)
        (written,) = answers(engine, [ask(0, prompt, max_tokens=4)])
        (ranked,) = answers(
            engine, numbered([Rank(prompt=prompt, choices=(written.text, " zzz"))])
        )
        if not prompt.endswith(" ") and ranked.ranked[0].tokens == 4:
            assert [each.greedy for each in ranked.ranked] == [True, False]
            return
    pytest.fail("no text of four tokens reads as four tokens")


def test_letters_cost_one_reading_of_the_prompt(engine: VLLMEngine) -> None:
    before = engine.read_tokens
    letters = Rank(prompt=f"{some(50, 123)} (", choices=("A", "B", "C"))
    (completion,) = answers(engine, numbered([letters]))
    assert [each.tokens for each in completion.ranked] == [1, 1, 1]
    assert engine.read_tokens - before == completion.prompt_tokens - 3


def test_a_long_prompt_is_cut_on_the_left_and_says_so(
    engine: VLLMEngine, wider_llama: Path
) -> None:
    """By one token more than by hf: vLLM wants room for a token to be written."""
    ranking = Rank(prompt=some(200, 3), choices=CHOICES)
    (own,) = answers(engine, numbered([ranking]))
    (other,) = by_hf(wider_llama, numbered([ranking]))
    assert own.cut == other.cut + 1 > 1
    assert own.prompt == other.prompt[-len(own.prompt) :]
    assert all(math.isfinite(each.logprob) for each in own.ranked)
    (whole,) = answers(
        engine, numbered([Rank(prompt=own.prompt[:40], choices=(" a",))])
    )
    assert whole.cut == 0


def test_a_choice_longer_than_the_model_holds_fails_by_itself(
    engine: VLLMEngine,
) -> None:
    bad, good = answers(
        engine,
        numbered(
            [
                Rank(prompt="Weng", choices=(" A", f" {some(200, 4)}")),
                Rank(prompt="Weng", choices=(" A", " B")),
            ]
        ),
    )
    assert bad.error is not None
    assert "a choice of" in bad.error
    assert good.error is None


def test_without_the_cache_of_prefixes_it_is_the_same(
    engine: VLLMEngine, wider_llama: Path
) -> None:
    requests = numbered(RANKINGS)
    expected = answers(engine, requests)
    with loaded(wider_llama, prefix_caching=False) as other:
        assert other.facts()["prefix_caching"] == "off"
        for own, one in zip(answers(other, requests), expected, strict=True):
            assert_same(own, one)


# Loading


def test_facts_say_what_a_run_needs_to_be_repeated(engine: VLLMEngine) -> None:
    facts = engine.facts()
    assert facts["dtype"] == "float32"
    assert (facts["max_model_len"], facts["max_num_seqs"]) == ("128", str(ROWS))
    assert (facts["tensor_parallel"], facts["pipeline_parallel"]) == ("1", "1")
    assert int(facts["kv_cache_tokens"]) > 1000
    assert facts["prefix_caching"] == "on"
    assert {"vllm", "torch", "transformers", "device"} <= set(facts)
    assert {"config", "tokenizer", "weights"} <= set(facts)  # the model's identity


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quantization": "none_such"}, "'quantization' is 'none_such', and this vLLM"),
        ({"gpu_memory_utilization": 1e-6}, "too little memory"),
        ({"quantization": "awq"}, "cannot run"),
    ],
)
def test_what_cannot_be_run_here_is_one_line(
    wider_llama: Path,
    options: dict[str, Any],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("VLLM_CPU_KVCACHE_SPACE")
    with pytest.raises(UsageError, match=said) as caught:
        loaded(wider_llama, **options)
    assert "\n" not in str(caught.value)


def test_a_model_that_dies_while_it_is_loaded_is_cleared_away(tmp_path: Path) -> None:
    """vLLM has no attention on a CPU for heads this narrow, and learns it late. What
    is left of it would be torn down in the midst of the next engine's work."""
    tiny.write_model(tmp_path, tiny.llama(tiny.write_tokenizer(tmp_path), head_dim=8))
    with pytest.raises(
        RuntimeError, match=r"^vLLM's engine died of RuntimeError: Unsup.*head_dim=8"
    ) as caught:
        loaded(tmp_path)
    assert "\n" not in str(caught.value)
    assert not model_parallel_is_initialized()


def test_an_engine_that_dies_at_work_says_what_of(wider_llama: Path) -> None:
    """The groups that its parts speak within are taken away."""
    with loaded(wider_llama) as engine:
        cleanup_dist_env_and_memory()
        engine.submit([ask(0, "Weng earns", max_tokens=3)])
        for _ in range(2):
            with pytest.raises(
                RuntimeError, match=r"engine died of AssertionError: .* not initialized"
            ):
                engine.step()


class TestContract(BackendContract):
    @pytest.fixture(autouse=True)
    def _small(self, wider_llama: Path) -> None:
        type(self).backend = VLLM(model=str(wider_llama), **SMALL)
