"""A server whose chat template begins a thought, and says so nowhere: what of its
answers cannot be told apart is told."""

import pytest

from evalkit import Generate, Message, Sampling
from evalkit.testing import answer_all
from evalkit_backends.api import API
from tests.backends.api_server import Asked, Reaction, Server, chat, models

pytest.importorskip("openai", reason="the package openai is not installed")
ENDED = chat("Is it 7? No.</think>It is 8.")
CUT = chat("Is it 7? So the answer is 7. But wait", finish="length")
WHOLE = chat("It is 8.")
BEGUN = chat("<think>Is it 7? No.</think>It is 8.")


@pytest.mark.parametrize(
    ("first", "second", "options", "is_told"),
    [
        (ENDED, CUT, {}, True),
        (CUT, ENDED, {}, True),
        (CUT, WHOLE, {}, False),
        (ENDED, WHOLE, {}, False),
        (BEGUN, CUT, {}, False),
        (ENDED, CUT, {"thinking": "...</think>"}, False),
    ],
)
def test_thoughts_that_nobody_tells_of_are_suspected(
    first: bytes,
    second: bytes,
    options: dict[str, str],
    is_told: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return Reaction(body=models("m"))
        return Reaction(body=first if b"one" in str(asked.body).encode() else second)

    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url, **options)  # type: ignore[arg-type]
        requests = [
            Generate(
                prompt=(Message("user", word),),
                sampling=Sampling(max_tokens=99),
                id=word,
            )
            for word in ("one", "two")
        ]
        with backend.load(backend.prepare()) as engine:
            assert len(list(answer_all(engine, requests))) == 2
    assert ("say so by --backend-set 'thinking=...</think>'" in caplog.text) == is_told
