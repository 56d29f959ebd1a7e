"""The engine of backend `hf`, driven as the host drives it, on small real models."""

import gc
import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.utils import are_progress_bars_disabled

from evalkit import Completion, Generate, Message, Model, Sampling, UsageError
from evalkit_backends.hf import HF

torch = pytest.importorskip("torch", reason="the package torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="the package transformers is not installed"
)

from tests.backends import tiny  # noqa: E402 - needs the packages above
from tests.backends.processes import python  # noqa: E402

WORDS = tiny.TEXT.split()
PROMPTS = [
    " ".join(random.Random(count).choices(WORDS, k=count))
    for count in (2, 9, 5, 14, 3, 11, 7, 1, 12, 4)
]


def ask(number: int, prompt: str, **sampling: Any) -> Generate:
    """A request; `number` is its id."""
    return Generate(prompt=prompt, sampling=Sampling(**sampling), id=str(number))


def answers(
    folder: Path, requests: Sequence[Generate], **options: Any
) -> list[Completion]:
    """The completions of all requests, in their order."""
    backend = HF(model=str(folder), **options)
    with backend.load(backend.prepare()) as engine:
        engine.submit(requests)
        found: dict[str, Completion] = {}
        while len(found) < len(requests):
            for completion in engine.step():
                assert completion.request_id not in found
                found[completion.request_id] = completion
        assert engine.step() == []
    return [found[request.id] for request in requests]


def answer(folder: Path, prompt: Any, **sampling: Any) -> Completion:
    """The completion of one request by itself."""
    return answers(folder, [ask(0, prompt, **sampling)])[0]


# Batches


MIXED = [
    ask(number, prompt, max_tokens=5 + 7 * number % 40)
    for number, prompt in enumerate(PROMPTS)
]


@pytest.fixture(scope="module")
def expected(tiny_llama: Path) -> list[str]:
    """What the tiny Llama has to say to `MIXED`."""
    texts = tiny.generated(tiny_llama, MIXED)
    assert len(set(texts)) == len(texts)
    return texts


@pytest.mark.parametrize("batch_size", [1, 2, 5, None])
def test_a_batch_answers_as_transformers_does_one_by_one(
    tiny_llama: Path, expected: list[str], batch_size: int | None
) -> None:
    found = answers(tiny_llama, MIXED, batch_size=batch_size)
    assert [each.text for each in found] == expected


def sliding(size: int) -> Any:
    """Attention to the last 8 tokens only."""
    return transformers.MistralConfig(
        **{**tiny.llama(size).to_diff_dict(), "model_type": "mistral"},
        sliding_window=8,
    )


def learned_positions(size: int) -> Any:
    """A position beyond the last is an error here, not just nonsense."""
    return transformers.GPT2Config(
        vocab_size=size,
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=tiny.CONTEXT,
        initializer_range=0.3,
    )


def recurrent(size: int) -> Any:
    """No keys and values at all, so that rows cannot join a batch."""
    return transformers.Mamba2Config(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_heads=8,
        head_dim=8,
        n_groups=1,
        state_size=16,
        initializer_range=0.3,
    )


@pytest.mark.parametrize("config", [sliding, learned_positions, recurrent])
def test_other_architectures_answer_as_with_transformers(
    tmp_path: Path, config: Callable[[int], Any]
) -> None:
    tiny.write_model(tmp_path, config(tiny.write_tokenizer(tmp_path)))
    requests = [
        ask(number, prompt, max_tokens=9 + 7 * number)
        for number, prompt in enumerate(PROMPTS[:5])
    ]
    found = answers(tmp_path, requests, batch_size=3)
    assert [each.text for each in found] == tiny.generated(tmp_path, requests)


def test_a_row_at_the_end_of_the_context_waits_for_the_others(tmp_path: Path) -> None:
    tiny.write_model(tmp_path, learned_positions(tiny.write_tokenizer(tmp_path)))
    long = "clips " * 38
    found = answers(
        tmp_path, [ask(0, long, max_tokens=500), ask(1, "How", max_tokens=40)]
    )
    assert found[0].finish == "length"
    assert found[0].prompt_tokens + found[0].completion_tokens == tiny.CONTEXT
    assert found[1].completion_tokens == 40


def test_the_count_of_tokens_grows_before_answers_are_ready(tiny_llama: Path) -> None:
    backend = HF(model=str(tiny_llama))
    engine = backend.load(backend.prepare())
    engine.submit([ask(0, "How many clips", max_tokens=60)])
    seen: list[int] = []
    done: list[Completion] = []
    while not done:
        done += engine.step()
        seen.append(engine.generated_tokens)
    assert len(set(seen)) > 2
    assert seen[-1] == done[0].completion_tokens


def test_requests_may_come_while_others_are_answered(
    tiny_llama: Path, expected: list[str]
) -> None:
    backend = HF(model=str(tiny_llama), batch_size=2)
    engine = backend.load(backend.prepare())
    done: list[Completion] = []
    for request in MIXED:
        engine.submit([request])
        done += engine.step()
    while len(done) < len(MIXED):
        assert engine.at_work is not None
        assert engine.at_work <= 2
        done += engine.step()
    assert engine.at_work == 0
    done.sort(key=lambda each: int(each.request_id))
    assert [each.text for each in done] == expected


# Prompts


def test_messages_go_through_the_chat_template_with_one_first_token(
    tiny_llama: Path,
) -> None:
    turns = (Message("user", "How?"), Message("assistant", "So."), Message("user", "?"))
    found = answer(tiny_llama, turns, max_tokens=3)
    assert found.prompt == (
        "<s><|im_start|>user\nHow?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n"
        "<|im_start|>user\n?<|im_end|>\n<|im_start|>assistant\n"
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    ids = tokenizer(found.prompt, add_special_tokens=False).input_ids
    assert found.prompt_tokens == len(ids)
    assert ids.count(tiny.BOS) == 1


def test_a_plain_prompt_gets_the_tokenizers_own_special_tokens(
    tiny_llama: Path,
) -> None:
    assert answer(tiny_llama, "How many", max_tokens=3).prompt == "<s>How many"


def test_messages_that_the_template_refuses_fail_and_spare_the_others(
    tiny_llama: Path,
) -> None:
    refused = (Message("system", "Be brief."), Message("user", "How?"))
    found = answers(tiny_llama, [ask(0, refused), ask(1, "How", max_tokens=4)])
    assert found[0].finish == "error"
    assert found[0].error is not None
    assert "System role not supported" in found[0].error
    assert found[1].error is None


def test_a_prompt_too_long_for_the_model_fails_with_both_numbers(
    tiny_llama: Path,
) -> None:
    found = answer(tiny_llama, "clips " * 200, max_tokens=4)
    length = len(
        transformers.AutoTokenizer.from_pretrained(tiny_llama)("clips " * 200).input_ids
    )
    assert found.finish == "error"
    assert str(length) in (found.error or "")
    assert str(tiny.CONTEXT) in (found.error or "")


def test_max_length_bounds_prompt_and_answer(tiny_llama: Path) -> None:
    (found,) = answers(tiny_llama, [ask(0, "How many", max_tokens=99)], max_length=20)
    assert found.prompt_tokens + found.completion_tokens == 20
    assert found.finish == "length"


# Ends


def first_new(tokens: Sequence[int], start: int) -> int:
    """The first place from `start` on whose token did not occur before it."""
    return next(n for n in range(start, len(tokens)) if tokens[n] not in tokens[:n])


@pytest.mark.parametrize("named_by", ["configuration", "chat template"])
def test_an_answer_ends_before_the_end_token(
    tiny_llama: Path, tmp_path: Path, named_by: str
) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    turns = (Message("user", "How many clips?"),)
    whole = answer(tiny_llama, turns, max_tokens=30)
    tokens = tokenizer(whole.text, add_special_tokens=False).input_ids
    place = first_new(tokens, 5)
    if named_by == "configuration":
        model.generation_config.eos_token_id = [tiny.EOS, tokens[place]]
    else:
        end = tokenizer.convert_ids_to_tokens(tokens[place])
        tokenizer.add_special_tokens({"additional_special_tokens": [end]})
        turn = "{{ bos_token }}{{ messages[-1]['content'] }}"
        tokenizer.chat_template = turn + "{% if not add_generation_prompt %}" + end
        tokenizer.chat_template += "{% endif %}"
        turns = (Message("user", whole.prompt.removeprefix("<s>")),)
    tiny.save(tmp_path, model, tokenizer)
    found = answer(tmp_path, turns, max_tokens=30)
    assert found.finish == "stop"
    assert found.text == tokenizer.decode(tokens[:place])
    assert whole.text.startswith(found.text)
    assert found.completion_tokens == place + 1


def test_max_tokens_ends_an_answer_for_its_length(tiny_llama: Path) -> None:
    found = answer(tiny_llama, "How many", max_tokens=7)
    assert (found.finish, found.completion_tokens) == ("length", 7)


def test_the_earliest_stop_string_cuts_the_text_wherever_it_lies(
    tiny_llama: Path,
) -> None:
    prompt = (Message("user", "How many clips?"),)
    whole = answer(tiny_llama, prompt, max_tokens=50).text
    starts = [n for n in range(len(whole) - 3) if whole.find(whole[n : n + 3]) == n]
    requests = [
        ask(n, prompt, max_tokens=50, stop=("never", whole[n : n + 3])) for n in starts
    ]
    found = answers(tiny_llama, requests)
    assert len(starts) > 50
    assert [each.text for each in found] == [whole[:n] for n in starts]
    assert {each.finish for each in found} == {"stop"}
    counts = [each.completion_tokens for each in found]
    assert counts == sorted(counts)
    assert counts[-1] > 3 * counts[0] > 0


def test_a_stop_string_in_the_prompt_stops_nothing(tiny_llama: Path) -> None:
    found = answer(tiny_llama, "Question: How?", max_tokens=5, stop=("Question:",))
    assert (found.finish, found.completion_tokens) == ("length", 5)


# Chance


def test_a_seed_gives_the_same_text_alone_and_in_any_company(tiny_llama: Path) -> None:
    requests = [
        ask(n, PROMPTS[n % 3], max_tokens=25, temperature=0.9, top_p=0.8, seed=n)
        for n in range(9)
    ]
    greedy = ask(9, PROMPTS[0], max_tokens=25)
    together = answers(tiny_llama, [*requests, greedy])
    pairs = answers(tiny_llama, [greedy, *reversed(requests)], batch_size=2)
    alone = [answers(tiny_llama, [each])[0] for each in (*requests, greedy)]
    texts = [each.text for each in together]
    assert texts == [each.text for each in alone]
    assert texts == [*reversed([each.text for each in pairs[1:]]), pairs[0].text]
    assert len(set(texts)) == 10


def test_temperature_0_is_plain_even_if_the_model_suggests_otherwise(
    tiny_llama: Path, tmp_path: Path, expected: list[str]
) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    model.generation_config.update(
        do_sample=True, temperature=3.0, top_k=5, repetition_penalty=1.5
    )
    tiny.save(tmp_path, model, tokenizer)
    assert [each.text for each in answers(tmp_path, MIXED)] == expected


# The machine


LIMITED = """
import json, resource, sys
from evalkit import Generate, Sampling
from evalkit_backends.hf import HF

def ask(id, times, count):
    return Generate(prompt="How many clips? " * times, id=str(id),
                    sampling=Sampling(max_tokens=count))

def answers(engine, requests):
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
    answers(engine, [ask("first", 1, 1)])
    limit(20_000_000)
    many = answers(engine, [ask(id, 1 + id % 4, 9) for id in range(64)])
    rows = int(engine.facts()["batch_size"])
    limit(0)
    (long,) = answers(engine, [ask("long", 400, 2)])
    (last,) = answers(engine, [ask("last", 1, 9)])
print(json.dumps({
    "errors": [each.error for each in many if each.error],
    "texts": [each.text for each in many],
    "rows": rows,
    "tokens": engine.generated_tokens,
    "long": long.error,
    "last": last.text,
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_a_batch_that_does_not_fit_is_halved_and_loses_nothing(tmp_path: Path) -> None:
    tiny.write_wide(tmp_path)
    found = json.loads(python(LIMITED, str(tmp_path)))
    requests = [ask(n, "How many clips? " * (n + 1), max_tokens=9) for n in range(4)]
    expected = tiny.generated(tmp_path, requests)
    assert found["errors"] == []
    assert found["texts"] == expected * 16
    assert 1 <= found["rows"] < 64
    assert found["tokens"] == 1 + 64 * 9 + 9
    assert "do not fit into memory" in found["long"]
    assert found["last"] == expected[0]


def test_a_device_that_torch_lacks_is_refused_before_the_model_loads() -> None:
    missing = f"cuda:{torch.cuda.device_count()}"
    backend = HF(model="nowhere/at-all", device=missing)
    with pytest.raises(UsageError, match=missing) as caught:
        backend.load(Model(name="x", location="/nowhere"))
    assert "cpu" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"device": "tpu"}, "device"),
        ({"device": "cuda:x"}, "device"),
        ({"batch_size": 0}, "batch_size"),
        ({"max_length": -1}, "max_length"),
        ({"device": "cpu", "device_map": "auto"}, "device_map"),
    ],
)
def test_an_option_that_means_nothing_is_refused(
    options: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        HF(model="x", **options)


def test_more_context_than_the_model_was_made_for_is_refused(tiny_llama: Path) -> None:
    backend = HF(model=str(tiny_llama), max_length=tiny.CONTEXT + 1)
    with pytest.raises(UsageError, match=f"{tiny.CONTEXT + 1}.*{tiny.CONTEXT}"):
        backend.load(backend.prepare())


def test_facts_say_what_ran_where(tiny_llama: Path) -> None:
    backend = HF(model=str(tiny_llama), dtype="bfloat16", batch_size=3)
    with backend.load(backend.prepare()) as engine:
        facts = engine.facts()
    assert facts["torch"] == torch.__version__
    assert facts["transformers"] == transformers.__version__
    assert facts["dtype"] == "bfloat16"
    assert facts["batch_size"] == "3"
    assert int(facts["parameters"]) > 1000
    assert facts.items() >= backend.prepare().identity.items()
    assert {"device", "attention", "threads"} <= set(facts)


def test_device_map_places_the_model_by_accelerate(
    tiny_llama: Path, expected: list[str]
) -> None:
    found = answers(tiny_llama, MIXED, device_map="auto", dtype="float32")
    assert [each.text for each in found] == expected


def test_closing_frees_the_model_and_may_be_done_twice(tiny_llama: Path) -> None:
    backend = HF(model=str(tiny_llama))
    engine = backend.load(backend.prepare())
    engine.submit([ask(0, "How", max_tokens=50)])
    engine.step()
    engine.close()
    engine.close()
    gc.collect()
    kind = transformers.LlamaForCausalLM
    assert not [each for each in gc.get_objects() if type(each) is kind]


def test_loading_leaves_the_settings_of_transformers_alone(tiny_llama: Path) -> None:
    def settings() -> tuple[object, ...]:
        logging = transformers.utils.logging
        bars = logging.is_progress_bar_enabled(), are_progress_bars_disabled()
        return (logging.get_verbosity(), *bars)

    before = settings()
    answer(tiny_llama, "How", max_tokens=2)
    assert settings() == before


def test_nothing_is_written_to_the_terminal(
    tiny_llama: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answer(tiny_llama, "clips " * 200, max_tokens=2)
    answer(tiny_llama, (Message("user", "How?"),), max_tokens=40, temperature=1.0)
    assert capfd.readouterr() == ("", "")


def test_naming_the_backend_and_its_model_imports_no_torch(tiny_llama: Path) -> None:
    script = (
        "import sys; from evalkit_backends.hf import HF; "
        f"HF(model={str(tiny_llama)!r}).prepare(); "
        "print(sorted({'torch', 'transformers', 'accelerate'} & set(sys.modules)))"
    )
    assert python(script) == "[]\n"
