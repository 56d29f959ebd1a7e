"""The answer is what stands behind the thinking, on every backend alike."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit import Backend, Completion, Generate, Message, Sampling
from evalkit.testing import answer_all

pytest.importorskip("torch", reason="the package torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from evalkit_backends.api import API
from evalkit_backends.hf import HF
from tests.backends.api_server import (
    Asked,
    Reaction,
    Server,
    chat,
    counts,
    models,
)
from tests.backends.thinkers import (
    ANSWER,
    CASES,
    NAMED,
    SHOWN,
    Case,
    write_thinker,
)

NAMING = f"{NAMED.opening}...{NAMED.closing}"
ROOM = 12


def ask(case: Case, stop: str = "") -> Generate:
    return Generate(
        prompt=(Message("user", case.name),),
        sampling=Sampling(max_tokens=ROOM, stop=(stop,) if stop else ()),
        id=f"{case.number}{stop}",
    )


STOPPED = [case for case in CASES[:12] if case.ending == "finished"]
REQUESTS = [
    *(ask(case) for case in CASES),
    *(ask(case, stop) for case in STOPPED for stop in (" is 7", " is 8")),
]


def asked(backend: Backend, requests: Sequence[Generate]) -> dict[str, Completion]:
    with backend.load(backend.prepare()) as engine:
        return {each.request_id: each for each in answer_all(engine, requests)}


@pytest.fixture(scope="session")
def thinker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_thinker(tmp_path_factory.mktemp("thinker"))


@pytest.fixture(scope="module")
def by_hf(thinker: Path) -> dict[str, Completion]:
    """What backend `hf` makes of all cases."""
    return asked(HF(model=str(thinker), thinking=NAMING), REQUESTS)


@pytest.fixture(scope="module")
def by_api() -> dict[str, Completion]:
    """What backend `api` makes of servers that leave thoughts in the text."""
    found: dict[str, Completion] = {}

    def behavior(put: Asked) -> Reaction:
        if put.method == "GET":
            return counts(put)
        case = CASES[put.number]
        finish = "length" if case.ending == "cut" else "stop"
        return Reaction(body=chat(case.text, finish=finish))

    with Server(behavior) as server:
        for telling in {telling_of(case) for case in CASES}:
            some = [each for each in REQUESTS if telling_of(case_of(each)) == telling]
            backend = API(model="m", base_url=server.url, thinking=telling)
            found |= asked(backend, some)
    return found


def case_of(request: Generate) -> Case:
    return CASES[int(request.id.split()[0])]


def telling_of(case: Case) -> str:
    """What has to be said of a server's model whose template nobody sees."""
    if case.opener == "template":
        return f"...{case.kind.closing}"
    if case.kind in (SHOWN, NAMED):
        return f"{case.kind.opening}...{case.kind.closing}"
    return ""


@pytest.fixture(scope="module")
def by_vllm(thinker: Path, small_vllm_cache: None) -> dict[str, Completion]:
    """What backend `vllm` makes of all cases, loaded once."""
    pytest.importorskip("vllm", reason="the package vllm is not installed")
    from evalkit_backends.vllm import VLLM

    backend = VLLM(model=str(thinker), thinking=NAMING, max_num_seqs=16)
    return asked(backend, REQUESTS)


BACKENDS = [
    "by_hf",
    "by_api",
    pytest.param(
        "by_vllm",
        marks=[pytest.mark.vllm, pytest.mark.filterwarnings("ignore")],
    ),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_answer_is_what_stands_behind_the_thinking(
    case: Case, backend: str, request: pytest.FixtureRequest
) -> None:
    found: Completion = request.getfixturevalue(backend)[str(case.number)]
    assert found.error is None
    if case.ending == "finished":
        assert (found.text, found.finish) == (ANSWER, "stop")
        assert found.reasoning == case.thought
    else:
        assert (found.text, found.finish) == ("", "length")
        assert found.reasoning.startswith(case.thought)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", STOPPED, ids=lambda case: case.id)
def test_stop_strings_end_thoughts_as_they_end_answers(
    case: Case, backend: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(backend)
    within, behind = found[f"{case.number} is 7"], found[f"{case.number} is 8"]
    assert (within.text, within.finish) == ("", "length")
    assert within.reasoning == "So the answer"
    assert (behind.text, behind.finish) == ("The answer", "stop")
    assert behind.reasoning == case.thought


@pytest.mark.parametrize("backend", [BACKENDS[0], BACKENDS[2]])
def test_the_tokens_of_an_answer_and_a_hash_of_its_prompts(
    backend: str, thinker: Path, request: pytest.FixtureRequest
) -> None:
    import transformers

    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(thinker)
    for case in CASES[::7]:
        found: Completion = request.getfixturevalue(backend)[str(case.number)]
        written = list(case.written)
        if written[-1] != "</s>":
            written += [written[-1]] * (ROOM - len(written))
        ids = tokenizer.convert_tokens_to_ids(written)
        assert found.token_ids == tuple(ids)
        assert found.completion_tokens == len(ids)
        prompt = tokenizer(found.prompt, add_special_tokens=False).input_ids
        raw = b"".join(each.to_bytes(4, "little") for each in prompt)
        assert found.prompt_sha256 == hashlib.sha256(raw).hexdigest()


def test_the_record_tells_the_template_and_what_it_opens(thinker: Path) -> None:
    backend = HF(model=str(thinker))
    with backend.load(backend.prepare()) as engine:
        facts = engine.facts()
    template = (thinker / "chat_template.jinja").read_bytes()
    assert facts["chat_template_sha256"] == hashlib.sha256(template).hexdigest()
    assert "thinking" not in facts  # none of its own for every question


@pytest.mark.parametrize("owner", ["vllm", "llamacpp", "somebody"])
@pytest.mark.parametrize("opens", [True, False])
def test_servers_that_show_prompts_are_asked_what_their_template_opens(
    owner: str, opens: bool
) -> None:
    shown = "<|im_start|>user\nevalkitasked<|im_end|>\n<|im_start|>assistant\n"
    shown += "<think>\n" * opens

    def behavior(put: Asked) -> Reaction:
        if put.method == "GET":
            return Reaction(
                body=models("m").replace(
                    b'"m"', b'"m","owned_by":"%b"' % owner.encode()
                )
            )
        if put.path in ("/apply-template", "/tokenize"):
            told = {"kind": put.body.get("chat_template_kwargs")}
            assert told == {"kind": {"enable_thinking": True}}
            assert put.body["add_generation_prompt"] is True
        if put.path == "/tokenize":
            return Reaction(body=b'{"tokens": [1, 2], "count": 2}')
        if put.path in ("/apply-template", "/detokenize"):
            assert put.path == "/apply-template" or put.body["tokens"] == [1, 2]
            return Reaction(body=json.dumps({"prompt": shown}).encode())
        finish = "length" if "cut" in put.prompt else "stop"
        return Reaction(body=chat("So the answer is 7. But", finish=finish))

    extra = '{"chat_template_kwargs": {"enable_thinking": true}}'
    requests = [
        Generate(prompt=(Message("user", each),), id=each) for each in ("cut", "whole")
    ]
    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url, extra_body=extra)
        with backend.load(backend.prepare()) as engine:
            found = {each.request_id: each for each in answer_all(engine, requests)}
            facts = engine.facts()
    known = opens and owner != "somebody"
    assert found["cut"].text == ("" if known else "So the answer is 7. But")
    assert found["cut"].finish == "length"
    # A server that tells thoughts apart may have had an empty one.
    assert found["whole"].text == "So the answer is 7. But"
    assert ("thinking" in facts) == known
