"""Quick ways of backend `hf` are tried at the lengths in use, and left where they fail.

On tiny models whose windows are 8 tokens wide, against plain passes.
"""

import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evalkit import Completion, Engine, UsageError

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

from evalkit_backends._hf.reach import Extent, Reach, numbers  # noqa: E402
from evalkit_backends.hf import HF  # noqa: E402
from tests.parity.comparing import (  # noqa: E402 - needs the packages above
    PROMPTS,
    Expected,
    asked,
    compare,
    expected,
    requests,
)
from tests.parity.tiny_models import named_config, tiny_model  # noqa: E402
from tests.parity.tiny_texts import (  # noqa: E402
    VOCABULARY,
    tokens,
    write_tokenizer,
)

PACKED = "all choices in one row behind their prompt"
APART = "each choice in a row behind a copy of its prompt"
PLAIN = "each text by itself, read plainly"
TOGETHER = "rows beside each other"
SHORT = [tokens(count, count) for count in (2, 3, 2, 3)]
"""Prompts that stay within a window, what is written behind them left out."""


def save(folder: Path, model: Any) -> Any:
    """Write what the engine loads."""
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return model


def load(folder: Path, **options: Any) -> Engine:
    backend = HF(model=str(folder), **options)
    return backend.load(backend.prepare())


@contextmanager
def plain_passes(kind: str) -> Generator[list[Any]]:
    """The tokens of all plain passes of the one model of a class in memory."""
    gc.collect()
    cls = getattr(transformers, kind)
    (model,) = (each for each in gc.get_objects() if type(each) is cls)
    seen: list[Any] = []

    def see(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        if "past_key_values" not in given:
            seen.append(given["input_ids"].tolist())

    handle = model.register_forward_pre_hook(see, with_kwargs=True)
    yield seen
    handle.remove()


def near(done: Sequence[Completion], wanted: Sequence[Expected]) -> bool:
    """Whether all log-probabilities are those of plain passes."""
    return all(
        choice.logprob == pytest.approx(logprob, abs=1e-3)
        for each, want in zip(done, wanted, strict=True)
        for choice, logprob in zip(each.ranked, want.logprobs, strict=True)
    )


# Where a way is left


def test_what_holds_for_short_prompts_is_tried_again_with_longer_ones(
    tmp_path: Path,
) -> None:
    config = named_config("gpt_neo", VOCABULARY)
    config.window_size = 24
    model = save(tmp_path, tiny_model(config))
    short, long = SHORT, [each for each in PROMPTS if len(each) > 24]
    wanted = [[expected(model, each) for each in part] for part in (short, long)]
    with load(tmp_path) as engine:
        first = asked(engine, requests(short)[0], alone=False)
        before = engine.facts()["ranking"]
        second = asked(engine, requests(long)[0], alone=False)
        after = engine.facts()["ranking"]
    assert near(first, wanted[0])
    assert near(second, wanted[1])
    assert before.startswith(f"{PACKED}; tried with up to")
    assert after.startswith(f"{APART}; tried with up to")
    assert f"not {PACKED}, which differed from a plain pass by" in after


def test_rows_that_were_begun_start_over_in_the_next_manner(tmp_path: Path) -> None:
    # It takes positions from the width of the batch: padding moves them.
    model = save(tmp_path, tiny_model(named_config("git", VOCABULARY)))
    wanted = [expected(model, each) for each in PROMPTS]
    found = compare(tmp_path, PROMPTS, wanted, alone=False)
    assert found.texts == len(PROMPTS)
    assert found.facts["writing"].startswith("one row at a time; tried with")
    assert (
        f"not {TOGETHER}, which differed from a plain pass by" in found.facts["writing"]
    )


def test_a_way_that_raises_is_left(tmp_path: Path) -> None:
    # It wants a cache of a class of its own.
    model = save(tmp_path, tiny_model(named_config("minimax", VOCABULARY)))
    wanted = [expected(model, each) for each in PROMPTS[:2]]
    found = compare(tmp_path, PROMPTS[:2], wanted, alone=False)
    assert found.apart < 1e-3
    assert found.texts == 2
    assert found.facts["ranking"].startswith(PLAIN)
    assert "its cache cannot be used: ValueError" in found.facts["writing"]


# In half precision


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_in_half_precision_a_way_may_be_as_far_off_as_a_plain_pass_is(
    tmp_path: Path, dtype: str
) -> None:
    save(tmp_path, tiny_model(named_config("llama", VOCABULARY)))
    with load(tmp_path, dtype=dtype) as engine:
        for part in requests(PROMPTS):
            asked(engine, part, alone=False)
        facts = engine.facts()
    assert facts["ranking"].startswith(f"{PACKED}; tried with")
    assert facts["writing"].startswith(f"{TOGETHER}; tried with")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_in_half_precision_a_window_is_seen_all_the_same(
    tmp_path: Path, dtype: str
) -> None:
    save(tmp_path, tiny_model(named_config("gpt_neo", VOCABULARY)))
    with load(tmp_path, dtype=dtype) as engine:
        asked(engine, requests(PROMPTS)[0], alone=False)
        assert engine.facts()["ranking"].startswith(APART)


# What it costs


def test_few_rows_are_compared(tmp_path: Path) -> None:
    save(tmp_path, tiny_model(named_config("llama", VOCABULARY)))
    prompts = [tokens(60 + seed % 5, seed) for seed in range(64)]
    rankings, writings = requests(prompts)
    with load(tmp_path) as engine, plain_passes("LlamaForCausalLM") as seen:
        asked(engine, rankings, alone=False)
        assert 1 <= len(seen) <= 6
        del seen[:]
        asked(engine, writings, alone=False)
        assert 1 <= len(seen) <= 3
        del seen[:]
        for part in (rankings, writings):
            asked(engine, part, alone=False)
        assert seen == []


def test_the_same_requests_are_compared_each_time(tmp_path: Path) -> None:
    save(tmp_path, tiny_model(named_config("gpt_neo", VOCABULARY)))
    runs: list[tuple[list[Any], dict[str, str]]] = []
    for _ in range(2):
        with load(tmp_path) as engine, plain_passes("GPTNeoForCausalLM") as seen:
            for part in requests(PROMPTS):
                asked(engine, part, alone=False)
            runs.append((seen, {**engine.facts()}))
    assert runs[0] == runs[1]


def test_where_a_plain_pass_does_not_fit_that_is_told(tmp_path: Path) -> None:
    save(tmp_path, tiny_model(named_config("llama", VOCABULARY)))
    rankings, writings = requests(PROMPTS[-1:])
    with load(tmp_path) as engine:
        gc.collect()
        cls = transformers.LlamaForCausalLM
        (model,) = (each for each in gc.get_objects() if type(each) is cls)

        def refuse(_module: Any, _args: Any, given: dict[str, Any]) -> None:
            if "past_key_values" not in given:
                raise MemoryError

        model.register_forward_pre_hook(refuse, with_kwargs=True)
        for part in (rankings, writings):
            asked(engine, part, alone=False)
        facts = engine.facts()
    length = len(PROMPTS[-1])
    said = "no plain pass of {} tokens fits into memory"
    assert facts["ranking"] == f"{PACKED}; {said.format(length + 6)}"
    assert facts["writing"] == f"{TOGETHER}; {said.format(length + 9)}"


# What is no number, and what is no causal model


def test_a_text_of_which_even_a_plain_pass_tells_nothing_leaves_no_way(
    tmp_path: Path,
) -> None:
    model = tiny_model(named_config("llama", VOCABULARY))
    bad = 90
    with torch.no_grad():
        model.get_input_embeddings().weight[bad] = float("nan")
    save(tmp_path, model)
    good = [[each for each in prompt if each != bad] for prompt in PROMPTS]
    wanted = [expected(model, each) for each in good]
    with load(tmp_path) as engine:
        rankings, _ = requests([*good, [*good[-1], bad]])
        engine.submit(rankings)
        done: dict[str, Completion] = {}
        while len(done) < len(rankings):
            done |= {each.request_id: each for each in engine.step()}
        assert engine.facts()["ranking"].startswith(PACKED)
    assert near([done[each.id] for each in rankings[:-1]], wanted)


def test_a_model_that_looks_ahead_is_refused(tmp_path: Path) -> None:
    config = named_config("bert", VOCABULARY)
    config.is_decoder = False
    save(tmp_path, transformers.BertLMHeadModel(config))
    with pytest.raises(UsageError, match="it is no causal language model"):
        load(tmp_path)


# How far what was tried tells of other texts


@pytest.mark.parametrize(
    ("marks", "tried", "extent", "covered"),
    [
        ((), Extent(50), Extent(100), True),
        ((), Extent(50), Extent(101), False),
        ((64,), Extent(50), Extent(64), True),  # a window begins to matter at 65
        ((64,), Extent(50), Extent(65), False),
        ((64,), Extent(66), Extent(68), True),  # and shows the more the farther on
        ((64,), Extent(66), Extent(69), False),
        ((), Extent(50, 10), Extent(50, 20), True),
        ((), Extent(50, 10), Extent(50, 21), False),
        ((), Extent(50), Extent(50, 1), False),
        ((), Extent(50), Extent(50, copied=True), False),
        ((), Extent(50, copied=True), Extent(50), True),
    ],
)
def test_what_was_tried_tells_of_texts_that_no_window_can_come_between(
    marks: Sequence[int], tried: Extent, extent: Extent, covered: bool
) -> None:
    reach = Reach(marks)
    assert not reach.covers(extent)
    reach.add(tried)
    assert reach.covers(extent) == covered


def test_all_numbers_of_a_configuration_may_be_lengths() -> None:
    settings = {"a": 8, "b": {"c": [16, (4, True)], "d": "32"}, "e": 0.5, "f": 1}
    assert sorted(numbers(settings)) == [4, 8, 16]
