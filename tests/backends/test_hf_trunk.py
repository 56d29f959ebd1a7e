"""What prompts share is read once by backend `hf`, and the answers stay what they were.

Small real models, against transformers' own `generate`.
"""

import gc
import json
import random
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evalkit import Completion, Engine, Generate, Rank, Sampling
from evalkit_backends.hf import HF

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

from tests.backends import tiny  # noqa: E402 - needs the packages above
from tests.backends.processes import python  # noqa: E402

WORDS = tiny.TEXT.split()


def some(count: int, seed: int) -> str:
    """So many words, always the same ones."""
    return " ".join(random.Random(seed).choices(WORDS, k=count))


SHOTS = some(40, 1)
OTHER_SHOTS = some(30, 2)


def ask(number: int, prompt: str, **sampling: Any) -> Generate:
    """A request; `number` is its id."""
    return Generate(prompt=prompt, sampling=Sampling(**sampling), id=str(number))


def asked(prompts: Sequence[str], **sampling: Any) -> list[Generate]:
    """Requests of which each may be answered at a different length."""
    settings = {"max_tokens": 20, **sampling}
    return [ask(number, prompt, **settings) for number, prompt in enumerate(prompts)]


MIXED = asked(
    [
        *(f"{SHOTS} {some(n, 50 + n)}" for n in (3, 1, 6, 2, 9, 4)),
        some(5, 7),
        *(f"{OTHER_SHOTS} {some(n, 70 + n)}" for n in (5, 2, 1, 3, 4, 8)),
        some(11, 8),
        *(f"{SHOTS} {OTHER_SHOTS} {some(n, 90 + n)}" for n in (1, 3, 2, 5, 7, 4)),
        SHOTS,
    ]
)
"""Three beginnings, of which one grows out of another, and prompts that share none."""


def engine_for(folder: Path, **options: Any) -> Engine:
    backend = HF(model=str(folder), **options)
    return backend.load(backend.prepare())


def finished(engine: Engine, count: int) -> dict[str, Completion]:
    """So many completions, by id."""
    found: dict[str, Completion] = {}
    while len(found) < count:
        for completion in engine.step():
            assert completion.request_id not in found
            found[completion.request_id] = completion
    return found


def answers(engine: Engine, requests: Sequence[Generate]) -> list[str]:
    """The texts for all requests, in their order."""
    engine.submit(requests)
    found = finished(engine, len(requests))
    assert [each.error for each in found.values()] == [None] * len(found)
    return [found[each.id].text for each in requests]


@contextmanager
def passes_of(kind: type) -> Generator[list[tuple[int, int]]]:
    """The shapes of what the one model of this kind in memory is given, beside plain
    passes to compare with."""
    gc.collect()
    (model,) = (each for each in gc.get_objects() if type(each) is kind)
    seen: list[tuple[int, int]] = []

    def see(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        if "past_key_values" in given:
            rows, width = given["input_ids"].shape
            seen.append((rows, width))

    handle = model.register_forward_pre_hook(see, with_kwargs=True)
    yield seen
    handle.remove()


def size_of(folder: Path, prompt: str) -> int:
    """How many tokens a prompt has."""
    return len(transformers.AutoTokenizer.from_pretrained(folder)(prompt).input_ids)


# The same answers


CONFIGS: dict[str, Callable[[int], Any]] = {
    "llama": lambda size: tiny.llama(size, max_position_embeddings=256),
    # Sees only the last 8 tokens, which may reach from the question into the trunk.
    "mistral": lambda size: transformers.MistralConfig(
        **{**tiny.llama(size).to_diff_dict(), "model_type": "mistral"},
        sliding_window=8,
    ),
    # Takes distances from the mask, not from positions.
    "bloom": lambda size: transformers.BloomConfig(
        vocab_size=size, hidden_size=32, n_layer=2, n_head=4, initializer_range=0.3
    ),
    # An error for each position beyond the last.
    "gpt2": lambda size: transformers.GPT2Config(
        vocab_size=size, n_positions=tiny.CONTEXT, n_embd=32, n_layer=2, n_head=4
    ),
    # Keeps a state in place of keys and values: nothing can be shared.
    "mamba": lambda size: transformers.Mamba2Config(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_heads=8,
        head_dim=8,
        n_groups=1,
        state_size=16,
        initializer_range=0.3,
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_prompts_that_begin_alike_are_answered_as_each_by_itself(
    tmp_path: Path, name: str
) -> None:
    tiny.write_model(tmp_path, CONFIGS[name](tiny.write_tokenizer(tmp_path)))
    expected = tiny.generated(tmp_path, MIXED)
    assert len(set(expected)) > len(expected) / 2
    for batch_size in (1, 3, None):
        engine = engine_for(tmp_path, batch_size=batch_size)
        assert answers(engine, MIXED) == expected
        assert answers(engine, MIXED[::-1]) == expected[::-1]


def test_requests_that_come_later_share_what_is_held(tiny_llama: Path) -> None:
    engine = engine_for(tiny_llama, batch_size=2)
    found: dict[str, Completion] = {}
    for start in range(0, len(MIXED), 3):
        engine.submit(MIXED[start : start + 3])
        found |= {each.request_id: each for each in engine.step()}
    found |= finished(engine, len(MIXED) - len(found))
    assert [found[each.id].text for each in MIXED] == tiny.generated(tiny_llama, MIXED)


def test_rows_that_cannot_join_wait_for_the_batch_to_end(tmp_path: Path) -> None:
    tiny.write_model(tmp_path, CONFIGS["mamba"](tiny.write_tokenizer(tmp_path)))
    engine = engine_for(tmp_path)
    few = MIXED[:3]
    found: dict[str, Completion] = {}
    for request in few:
        engine.submit([request])
        found |= {each.request_id: each for each in engine.step()}
    for _ in range(40):
        found |= {each.request_id: each for each in engine.step()}
    assert [found[each.id].text for each in few] == tiny.generated(tmp_path, few)


# What is read


def test_each_beginning_is_read_once_and_one_grows_out_of_another(
    tiny_llama: Path,
) -> None:
    engine = engine_for(tiny_llama)
    with passes_of(transformers.LlamaForCausalLM) as seen:
        answers(engine, MIXED)
    shots, other = size_of(tiny_llama, SHOTS), size_of(tiny_llama, OTHER_SHOTS)
    trunks = sorted(width for rows, width in seen if rows == 1 and width > 1)
    assert trunks == pytest.approx([other, other, shots], abs=2)


def test_a_shared_beginning_is_read_once(tiny_llama: Path) -> None:
    prompts = [f"{SHOTS} {some(n, 50 + n)}" for n in range(4, 14)]
    engine = engine_for(tiny_llama)
    with passes_of(transformers.LlamaForCausalLM) as seen:
        answers(engine, asked(prompts, max_tokens=4))
    sizes = [size_of(tiny_llama, prompt) for prompt in prompts]
    trunk, tails = seen[:2]
    assert trunk[0] == 1
    assert trunk[1] >= size_of(tiny_llama, SHOTS) - 1
    assert tails == (len(prompts), max(sizes) - trunk[1])
    assert {width for _, width in seen[2:]} == {1}


def test_many_attempts_at_a_prompt_read_it_once(tiny_llama: Path) -> None:
    requests = [
        ask(n, SHOTS, max_tokens=12, temperature=0.9, seed=n // 2) for n in range(12)
    ]
    alone = [answers(engine_for(tiny_llama), [each])[0] for each in requests[::2]]
    engine = engine_for(tiny_llama)
    with passes_of(transformers.LlamaForCausalLM) as seen:
        texts = answers(engine, requests)
    assert seen[0] == (1, size_of(tiny_llama, SHOTS))
    assert {width for _, width in seen[1:]} == {1}
    assert texts == [text for text in alone for _ in range(2)]
    assert len(set(texts)) == 6


def test_a_beginning_is_let_go_when_nobody_waits_for_it(tiny_llama: Path) -> None:
    def held() -> int:
        gc.collect()
        tensors = [each for each in gc.get_objects() if issubclass(type(each), kind)]
        return sum(each.nbytes for each in tensors)

    kind = torch.Tensor
    engine = engine_for(tiny_llama)
    before = held()
    prompts = [f"{SHOTS} {some(n, 50 + n)}" for n in range(2, 14)]
    answers(engine, asked(prompts, max_tokens=4))
    assert held() == before


LIMITED = """
import json, resource, sys
from evalkit import Generate, Sampling
from evalkit_backends.hf import HF

def answers(engine, prompts, count):
    requests = [Generate(prompt=prompt, id=str(n), sampling=Sampling(max_tokens=count))
                for n, prompt in enumerate(prompts)]
    engine.submit(requests)
    done = {}
    while len(done) < len(requests):
        done.update((each.request_id, each) for each in engine.step())
    return [done[each.id] for each in requests]

def limit(room):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room, -1))

backend = HF(model=sys.argv[1], batch_size=64)
with backend.load(backend.prepare()) as engine:
    answers(engine, ["How many"], 1)
    limit(60_000_000)
    shots = "How many clips? " * 40
    many = answers(engine, [shots + "Weng " * (n % 4) for n in range(32)], 4)
    rows = int(engine.facts()["batch_size"])
print(json.dumps({
    "errors": [each.error for each in many if each.error],
    "texts": [each.text for each in many],
    "rows": rows,
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_copies_that_do_not_fit_are_made_for_fewer_rows(tmp_path: Path) -> None:
    tiny.write_wide(tmp_path)
    found = json.loads(python(LIMITED, str(tmp_path)))
    shots = "How many clips? " * 40
    requests = asked([shots + "Weng " * n for n in range(4)], max_tokens=4)
    assert found["errors"] == []
    assert found["texts"] == tiny.generated(tmp_path, requests) * 8
    assert 1 <= found["rows"] < 32


@pytest.mark.parametrize("batch_size", [1, 4])
def test_where_no_copy_fits_rows_are_read_by_themselves(
    tiny_llama: Path, batch_size: int
) -> None:
    engine = engine_for(tiny_llama, batch_size=batch_size)
    refused: list[int] = []

    def refuse(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        rows, width = given["input_ids"].shape
        masked = given.get("attention_mask") is not None
        if masked and 1 < width < given["attention_mask"].shape[1]:
            refused.append(rows)
            raise MemoryError

    gc.collect()
    kind = transformers.LlamaForCausalLM
    (model,) = (each for each in gc.get_objects() if type(each) is kind)
    model.register_forward_pre_hook(refuse, with_kwargs=True)
    assert answers(engine, MIXED) == tiny.generated(tiny_llama, MIXED)
    assert refused
    assert set(refused) <= set(range(1, batch_size + 1))


# Giving back


def test_what_was_not_begun_is_given_back_and_may_come_again(tiny_llama: Path) -> None:
    engine = engine_for(tiny_llama, batch_size=4)
    rankings = [
        Rank(prompt=f"{some(4, n)}", choices=(" clips", " half"), id=f"rank{n}")
        for n in range(3)
    ]
    engine.submit([*MIXED, *rankings])
    given_back = [*engine.withdraw()]
    assert sorted(given_back) == sorted(each.id for each in (*MIXED, *rankings))
    assert engine.step() == []

    engine.submit(MIXED)
    early = {each.request_id: each for each in engine.step()}
    given_back = [*engine.withdraw()]
    count = len(MIXED) - len(given_back)
    assert 0 < count <= 4
    assert not engine.withdraw()
    begun = early | finished(engine, count - len(early))
    assert sorted([*given_back, *begun]) == sorted(each.id for each in MIXED)
    assert engine.step() == []

    again = [each for each in MIXED if each.id in given_back]
    texts = answers(engine, again)
    texts_of_all = tiny.generated(tiny_llama, MIXED)
    whole = {each.id: text for each, text in zip(MIXED, texts_of_all, strict=True)}
    assert texts == [whole[each.id] for each in again]
    assert {id: each.text for id, each in begun.items()} == {
        id: whole[id] for id in begun
    }


def test_rankings_that_were_not_begun_are_given_back(tiny_llama: Path) -> None:
    engine = engine_for(tiny_llama, batch_size=1)
    rankings = [
        Rank(prompt=some(4 + n, n), choices=(" clips", " half"), id=str(n))
        for n in range(5)
    ]
    engine.submit(rankings)
    begun = [each.request_id for each in engine.step()]
    given_back = [*engine.withdraw()]
    assert len(begun) == 1
    assert sorted([*begun, *given_back]) == [each.id for each in rankings]
    assert engine.step() == []


def test_an_engine_that_was_closed_or_never_asked_gives_nothing_back(
    tiny_llama: Path,
) -> None:
    engine = engine_for(tiny_llama)
    assert not engine.withdraw()
    engine.submit(asked(["How"]))
    engine.close()
    assert not engine.withdraw()


@pytest.mark.parametrize(
    ("options", "gpus"),
    [
        ({"device": "cpu"}, 0),
        ({"device": "mps"}, 0),
        ({"device": "cuda:1"}, 1),
        ({}, 1),
        ({"device_map": "auto"}, 1),
    ],
)
def test_an_engine_says_how_many_gpus_it_takes(
    options: dict[str, Any], gpus: int
) -> None:
    assert HF(model="x", **options).gpus() == gpus
