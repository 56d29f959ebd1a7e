"""Ranking by backend `hf`, against one plain pass per choice, on small real models."""

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit import Completion, Message, Rank, Ranked
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


PASSAGE = some(24, 1)
CHOICES = (" Natalia", " 48 clips in May", " half", " an hour for her friends")
RANKINGS = [
    *(Rank(prompt=some(n, n), choices=CHOICES) for n in (1, 5, 2, 9)),
    *(Rank(prompt=f"{PASSAGE} {some(n, 90 + n)}", choices=CHOICES) for n in (1, 4, 2)),
    Rank(prompt=f"{PASSAGE} {some(3, 5)}", choices=(" A", " B", " C")),
    Rank(prompt=f"{PASSAGE} {some(3, 5)}", choices=(" 48", " 50 minutes")),
    Rank(prompt="Weng earns ", choices=("$12", "an hour", "babysitting")),
    Rank(prompt="Weng earns\n\n", choices=("$12", " an hour")),
    Rank(prompt="", choices=("Weng", "Natalia sold clips")),
    Rank(prompt=(Message("user", "How many?"),), choices=("48", "half as many")),
]


def numbered(rankings: Sequence[Rank]) -> list[Rank]:
    """The same with ids."""
    return [
        Rank(prompt=each.prompt, choices=each.choices, id=str(place))
        for place, each in enumerate(rankings)
    ]


def ranked(folder: Path, rankings: Sequence[Rank], **options: Any) -> list[Completion]:
    """The completions of all rankings, in their order."""
    backend = HF(model=str(folder), **options)
    requests = numbered(rankings)
    with backend.load(backend.prepare()) as engine:
        engine.submit(requests)
        found: dict[str, Completion] = {}
        while len(found) < len(requests):
            found |= {each.request_id: each for each in engine.step()}
        assert engine.step() == []
    return [found[each.id] for each in requests]


def plainly(folder: Path, ranking: Rank) -> list[Ranked]:
    """Each choice by a pass of its own, tokens split as lm-evaluation-harness does."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    special = isinstance(ranking.prompt, str)
    prompt: Any = ranking.prompt
    if not special:
        turns = [{"role": m.role, "content": m.content} for m in prompt]
        prompt = tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
    found: list[Ranked] = []
    for choice in ranking.choices:
        blanks = prompt[len(prompt.rstrip()) :]
        begun, whole = prompt.rstrip(), prompt.rstrip() + blanks + choice
        context = tokenizer(begun, add_special_tokens=special).input_ids
        tokens = tokenizer(whole, add_special_tokens=special).input_ids[len(context) :]
        if not prompt:
            context = [tiny.BOS]
            tokens = tokenizer(choice, add_special_tokens=False).input_ids
        ids = torch.tensor([[*context, *tokens[:-1]]])
        with torch.inference_mode():
            logits = model(ids).logits[0, -len(tokens) :].log_softmax(-1)
        target = torch.tensor(tokens)
        found.append(
            Ranked(
                logprob=float(logits.gather(-1, target[:, None]).sum()),
                tokens=len(tokens),
                size=len(choice.encode()),
                greedy=bool((logits.argmax(-1) == target).all()),
            )
        )
    return found


def assert_same(given: Sequence[Ranked], expected: Sequence[Ranked]) -> None:
    """Equal but for the order in which numbers were added."""
    assert [each.logprob for each in given] == pytest.approx(
        [each.logprob for each in expected], abs=1e-3
    )
    for one, other in zip(given, expected, strict=True):
        assert (one.tokens, one.size, one.greedy) == (
            other.tokens,
            other.size,
            other.greedy,
        )


ARCHITECTURES = {
    "llama": lambda size: tiny.llama(size),
    # Sees only the last tokens: what lies between must not be counted as padding.
    "mistral": lambda size: transformers.MistralConfig(
        **small(size), num_key_value_heads=2, sliding_window=6
    ),
    "gemma3": lambda size: transformers.Gemma3TextConfig(
        **small(size), num_key_value_heads=2, head_dim=8, sliding_window=6
    ),
    # Takes distances from the mask, not from positions.
    "bloom": lambda size: transformers.BloomConfig(
        vocab_size=size, hidden_size=32, n_layer=2, n_head=4, initializer_range=0.3
    ),
    "gpt2": lambda size: transformers.GPT2Config(
        vocab_size=size, n_positions=tiny.CONTEXT, n_embd=32, n_layer=2, n_head=4
    ),
    # Keeps a state in place of keys and values.
    "mamba": lambda size: transformers.MambaConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=2, initializer_range=0.3
    ),
}


def small(size: int) -> dict[str, Any]:
    """Settings that most configurations share."""
    return {
        "vocab_size": size,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": tiny.CONTEXT,
        "initializer_range": 0.3,
        "bos_token_id": tiny.BOS,
        "eos_token_id": tiny.EOS,
        "pad_token_id": tiny.PAD,
    }


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_rankings_are_those_of_plain_passes(kind: str, tmp_path: Path) -> None:
    size = tiny.write_tokenizer(tmp_path)
    tiny.write_model(tmp_path, ARCHITECTURES[kind](size))
    completions = ranked(tmp_path, RANKINGS)
    for completion, ranking in zip(completions, RANKINGS, strict=True):
        assert completion.error is None
        assert_same(completion.ranked, plainly(tmp_path, ranking))


def test_one_row_at_a_time_gives_the_same(tiny_llama: Path) -> None:
    alone = ranked(tiny_llama, RANKINGS, batch_size=1)
    together = ranked(tiny_llama, RANKINGS)
    for one, other in zip(alone, together, strict=True):
        assert_same(one.ranked, other.ranked)


def test_a_long_prompt_is_cut_on_the_left_and_says_so(tiny_llama: Path) -> None:
    long = Rank(prompt=some(200, 3), choices=CHOICES)
    (completion,) = ranked(tiny_llama, [long])
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    whole = tokenizer(long.prompt).input_ids
    longest = max(each.tokens for each in completion.ranked)
    assert completion.cut == len(whole) + longest - 1 - tiny.CONTEXT > 0
    rest = tokenizer.decode(whole[completion.cut :])
    assert completion.prompt == rest
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama).eval()
    tokens = tokenizer(long.prompt + CHOICES[1]).input_ids[len(whole) :]
    ids = torch.tensor([[*whole[completion.cut :], *tokens[:-1]]])
    with torch.inference_mode():
        logits = model(ids).logits[0, -len(tokens) :].log_softmax(-1)
    expected = logits.gather(-1, torch.tensor(tokens)[:, None]).sum()
    assert completion.ranked[1].logprob == pytest.approx(float(expected), abs=1e-3)


def test_a_choice_longer_than_the_model_holds_fails_by_itself(
    tiny_llama: Path,
) -> None:
    bad, good = ranked(
        tiny_llama,
        [
            Rank(prompt="Weng", choices=(" A", f" {some(200, 4)}")),
            Rank(prompt="Weng", choices=(" A", " B")),
        ],
    )
    assert bad.error is not None
    assert "a choice of" in bad.error
    assert good.error is None


def test_a_choice_that_adds_no_token_fails(tiny_llama: Path) -> None:
    (completion,) = ranked(tiny_llama, [Rank(prompt="Weng", choices=(" A", ""))])
    assert completion.error is not None
    assert "choice 2 adds no token" in completion.error


class Reading:
    """Counts the tokens that a loaded model reads, beside plain passes to compare."""

    def __init__(self, engine: Any) -> None:
        self.tokens = 0
        self.passes = 0
        self._plainly = False
        model = engine._loaded.ranker._forward._model
        model.register_forward_pre_hook(self.begin, with_kwargs=True)
        model.register_forward_hook(self.end)
        model.get_input_embeddings().register_forward_hook(self.count)

    def begin(self, module: Any, args: Any, given: dict[str, Any]) -> None:
        self._plainly = "past_key_values" not in given

    def end(self, module: Any, args: Any, output: Any) -> None:
        self._plainly = False

    def count(self, module: Any, given: Any, output: Any) -> None:
        if not self._plainly:
            self.tokens += given[0].numel()
            self.passes += 1


def cost(folder: Path, rankings: Sequence[Rank]) -> Reading:
    """What it takes to rank, once the model is loaded."""
    backend = HF(model=str(folder))
    with backend.load(backend.prepare()) as engine:
        reading = Reading(engine)
        engine.submit(numbered(rankings))
        left = len(rankings)
        while left:
            left -= len(engine.step())
    return reading


def test_choices_of_one_token_cost_no_pass_of_their_own(tiny_llama: Path) -> None:
    letters = [Rank(prompt=some(n, n), choices=("A", "B", "C")) for n in (3, 4)]
    assert cost(tiny_llama, letters).passes == 1


def test_a_prompt_is_read_once_for_all_its_choices(tiny_llama: Path) -> None:
    one = Rank(prompt=some(20, 2), choices=CHOICES)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    prompt = len(tokenizer(one.prompt).input_ids)
    (completion,) = ranked(tiny_llama, [one])
    rest = sum(each.tokens - 1 for each in completion.ranked)
    assert cost(tiny_llama, [one]).tokens == prompt + rest


def test_what_prompts_share_is_read_once(tiny_llama: Path) -> None:
    questions = [
        Rank(prompt=f"{PASSAGE} {some(2, n)}", choices=("A", "B")) for n in range(12)
    ]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    prompts = [len(tokenizer(each.prompt).input_ids) for each in questions]
    shared = len(tokenizer(PASSAGE).input_ids)
    padding = len(questions) * (max(prompts) - shared)
    assert cost(tiny_llama, questions).tokens <= shared + padding + len(questions)
    assert sum(prompts) > 2 * (shared + padding)


LIMITED = """
import json, resource, sys
from evalkit import Rank
from evalkit_backends.hf import HF

def ask(id, times):
    return Rank(prompt=f"{id} " + "How many clips? " * times, id=str(id),
                choices=(" an hour", " half of it"))

def answers(engine, requests, room=None):
    # The tokenizer ends the process when it gets no memory: it works before the limit.
    engine.submit(requests)
    if room is not None:
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + room, -1))
    done = {}
    while len(done) < len(requests):
        done.update((each.request_id, each) for each in engine.step())
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    return [done[each.id] for each in requests]

backend = HF(model=sys.argv[1], batch_size=64)
with backend.load(backend.prepare()) as engine:
    answers(engine, [ask("first", 1)])
    many = answers(engine, [ask(id, 1 + id % 4) for id in range(64)], 40_000_000)
    (long,) = answers(engine, [ask("long", 400)], 0)
    (last,) = answers(engine, [ask("last", 1)])
print(json.dumps({
    "errors": [each.error for each in many if each.error],
    "logprobs": [[choice.logprob for choice in each.ranked] for each in many],
    "long": long.error,
    "last": last.error,
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_rankings_that_do_not_fit_are_taken_in_smaller_parts(tmp_path: Path) -> None:
    tiny.write_wide(tmp_path)
    found = json.loads(python(LIMITED, str(tmp_path)))
    assert found["errors"] == []
    for number in range(0, 64, 9):
        prompt = f"{number} " + "How many clips? " * (1 + number % 4)
        plain = plainly(
            tmp_path, Rank(prompt=prompt, choices=(" an hour", " half of it"))
        )
        assert found["logprobs"][number] == pytest.approx(
            [each.logprob for each in plain], rel=1e-4
        )
    assert "do not fit into memory" in found["long"]
    assert found["last"] is None
