"""Ranking by the backend `api`, on a server whose tokens are words."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from evalkit import Completion, Failure, Message, Rank, Ranked, UsageError
from evalkit.testing import answer_all
from evalkit_backends.api import API
from tests.backends.api_server import Asked, Behavior, Reaction, Server, error, models

pytest.importorskip("openai", reason="the package openai is not installed")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def words(text: str) -> list[str]:
    """Tokens: each word with the blank before it."""
    return re.findall(r"\s?[^\s]+|\s", text)


def logprob(token: str) -> float:
    return -len(token) / 8


def echoed(text: str, begin: Sequence[str] = ()) -> dict[str, Any]:
    """Log-probabilities by which words of five letters or less are the likeliest."""
    tokens = [*begin, *words(text)]
    logprobs = [None, *map(logprob, tokens[1:])]
    top = [
        None if given is None else {token: given, "else": min(-0.75, given * 0.9)}
        for token, given in zip(tokens, logprobs, strict=True)
    ]
    for each in top:
        if each and min(len(token) for token in each) > 6:
            each["best"] = -0.1
    return {"tokens": tokens, "token_logprobs": logprobs, "top_logprobs": top}


def ranking_server(
    *, begin: Sequence[str] = (), writes: int = 0, **changes: object
) -> Behavior:
    """A server that echoes with log-probabilities; it may insist on writing a token."""

    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return Reaction(body=models("m"))
        if asked.body["max_tokens"] < writes:
            return Reaction(status=400, body=error("max_tokens must be at least 1"))
        choices: list[dict[str, Any]] = []
        for place, text in enumerate(asked.body["prompt"]):
            logprobs = echoed(text + " more" * writes, begin) | changes
            choices.append({"index": place, "text": text, "logprobs": logprobs})
        texts = len(choices)
        asked_for = sum(len(words(each["text"])) + len(begin) for each in choices)
        # vLLM counts a token that it has not written.
        usage = {"prompt_tokens": asked_for, "completion_tokens": texts}
        reply = {"choices": choices[::-1], "usage": usage}
        return Reaction(body=json.dumps(reply).encode())

    return behavior


def rank(behavior: Behavior, request: Rank, **options: Any) -> Completion:
    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url, **options)
        with backend.load(backend.prepare()) as engine:
            (completion,) = answer_all(engine, [request])
    return completion


ASKED = Rank(prompt="one two", choices=(" three", " four five", " enormous"), id="r")


@pytest.mark.parametrize("writes", [0, 1])
@pytest.mark.parametrize("begin", [(), ("<s>",)])
def test_choices_are_ranked(writes: int, begin: Sequence[str]) -> None:
    completion = rank(ranking_server(writes=writes, begin=begin), ASKED)
    assert completion.error is None
    assert completion.ranked == (
        Ranked(logprob=-0.75, tokens=1, size=6, greedy=True),
        Ranked(logprob=-1.25, tokens=2, size=10, greedy=True),
        Ranked(logprob=-1.125, tokens=1, size=9, greedy=False),
    )
    assert completion.prompt_tokens == 12 + 4 * len(begin)


def test_blanks_at_the_end_of_the_prompt_belong_to_the_choices() -> None:
    request = Rank(prompt="one two ", choices=("three",), id="r")
    (ranked,) = rank(ranking_server(), request).ranked
    assert ranked == Ranked(logprob=-0.75, tokens=1, size=5, greedy=True)


def test_a_token_across_the_boundary_counts_as_the_prompts() -> None:
    request = Rank(prompt="one two", choices=("fold three",), id="r")
    (ranked,) = rank(ranking_server(), request).ranked
    assert (ranked.tokens, ranked.logprob) == (1, -0.75)


def test_a_choice_that_adds_no_token() -> None:
    request = Rank(prompt="one two", choices=("fold",), id="r")
    completion = rank(ranking_server(), request)
    assert "without the log-probabilities of a choice" in (completion.error or "")


def test_without_a_prompt_by_the_servers_own_token() -> None:
    request = Rank(prompt="", choices=(" three",), id="r")
    (ranked,) = rank(ranking_server(begin=["<s>"]), request).ranked
    assert (ranked.tokens, ranked.logprob) == (1, -0.75)


def test_without_a_prompt_by_a_token_that_is_given() -> None:
    request = Rank(prompt="", choices=(" three",), id="r")
    completion = rank(ranking_server(), request)
    assert "option 'begin' may name one" in (completion.error or "")
    (ranked,) = rank(ranking_server(), request, begin="<s>").ranked
    assert (ranked.tokens, ranked.logprob) == (1, -0.75)


def test_a_chat_is_not_ranked() -> None:
    request = Rank(prompt=(Message("user", "1"),), choices=(" a",), id="r")
    completion = rank(ranking_server(), request)
    assert "this is a chat" in (completion.error or "")


@pytest.mark.parametrize(
    "changes",
    [
        {"token_logprobs": [None]},
        {"token_logprobs": None},
        {"top_logprobs": None},
        {"top_logprobs": []},
    ],
)
def test_an_answer_that_lacks_something(changes: dict[str, object]) -> None:
    completion = rank(ranking_server(**changes), ASKED)  # type: ignore[arg-type]  # fields
    assert "without the log-probabilities" in (completion.error or "")


class TestWhetherItRanks:
    def ranks(self, behavior: Behavior) -> bool:
        with Server(behavior) as server:
            backend = API(model="m", base_url=server.url)
            model = backend.prepare()
            found = backend.can_rank(model)
            asked = len(server.questions)
            assert backend.can_rank(model) == found
            assert len(server.questions) == asked
        self.asked = asked
        return found

    def test_one_that_does(self) -> None:
        assert self.ranks(ranking_server())
        assert self.asked == 1

    def test_one_that_writes_at_least_a_token(self) -> None:
        assert self.ranks(ranking_server(writes=1))
        assert self.asked == 2

    def test_one_that_tells_nothing_of_the_prompt(self) -> None:
        assert not self.ranks(ranking_server(tokens=[], token_logprobs=[]))

    @pytest.mark.parametrize("status", [400, 404, 501])
    def test_one_that_refuses(self, status: int) -> None:
        def behavior(asked: Asked) -> Reaction:
            if asked.method == "GET":
                return Reaction(body=models("m"))
            return Reaction(status=status, body=error("echo is not supported"))

        assert not self.ranks(behavior)

    def test_one_that_is_busy_for_a_moment(self) -> None:
        ranking = ranking_server()

        def behavior(asked: Asked) -> Reaction:
            is_first = asked.method == "POST" and not asked.time
            return Reaction(status=503) if is_first else ranking(asked)

        assert self.ranks(behavior)

    def test_one_that_refuses_the_key(self) -> None:
        def behavior(asked: Asked) -> Reaction:
            if asked.method == "GET":
                return Reaction(body=models("m"))
            return Reaction(status=401, body=error("Wrong key"))

        with pytest.raises(UsageError, match="Wrong key"):
            self.ranks(behavior)


class TestNumbersThatCannotBe:
    """Each costs its request, and tells why; the others go on."""

    @pytest.mark.parametrize(
        ("number", "said"),
        [
            (float("nan"), "nan"),
            (float("-inf"), "-inf"),
            (float("inf"), "inf"),
            (-1e308, "-1e+308"),
            (0.5, "0.5"),
            (-20_000.0, "-20000"),
        ],
    )
    def test_a_log_probability(self, number: float, said: str) -> None:
        def behavior(asked: Asked) -> Reaction:
            reaction = ranking_server()(asked)
            if asked.method == "GET" or "one" not in asked.body["prompt"][0]:
                return reaction
            reply = json.loads(reaction.body)
            for choice in reply["choices"]:
                choice["logprobs"]["token_logprobs"][-1] = number
            return Reaction(body=json.dumps(reply).encode())

        sound = replace(ASKED, prompt="six two", id="sound")
        with Server(behavior) as server:
            backend = API(model="m", base_url=server.url)
            with backend.load(backend.prepare()) as engine:
                found = {c.request_id: c for c in answer_all(engine, [ASKED, sound])}
        broken = found["r"]
        assert broken.error == f"an answer with the log-probability {said}"
        assert broken.failure is Failure.NUMBERS
        assert found["sound"].error is None
        assert len(found["sound"].ranked) == 3


def ranked_tokens(text: str, tokens: Sequence[str]) -> Completion:
    """A ranking of one text whose tokens a server tells in its own way."""

    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return Reaction(body=models("m"))
        told = {
            "tokens": ["<s>", *tokens],
            "token_logprobs": [None, *[-9999.0 for _ in tokens]],
            "top_logprobs": [None, *[{each: -1.0} for each in tokens]],
        }
        choice = {"index": 0, "text": text, "logprobs": told}
        return Reaction(body=json.dumps({"choices": [choice]}).encode())

    return rank(behavior, Rank(prompt="", choices=(text,), id="r"))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (" the café is", [" the", " caf", "é", " is"]),
        (" the café is", ["▁the", "▁caf", "é", "▁is"]),
        (" the café is", ["the", "caf", "é", "is"]),
        (" the café is", ["Ġthe", "Ġcaf", "Ã©", "Ġis"]),
        (" the café is", [" the", " caf", "\ufffd", "\ufffd", " is"]),
        (" the café is", [" the", " caf", "", "é", " is"]),
        (" the café is", [" the", " caf", "bytes:\\xc3", "bytes:\\xa9", " is"]),
        (" the café is", ["▁the", "▁caf", "<0xC3>", "<0xA9>", "▁is"]),
        ("答案是", ["答", "案", "\ufffd", "\ufffd"]),
    ],
)
def test_tokens_as_servers_write_them(text: str, tokens: Sequence[str]) -> None:
    completion = ranked_tokens(text, tokens)
    assert completion.error is None
    assert completion.ranked[0].logprob == -9999.0 * len(tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (" the cat", [" the", " dog"]),
        (" the cat", [" the", " cat", "</s>"]),
        (" the cat", [" the"]),
        (" the cat", []),
        ("答案是", ["答", "案", "否"]),
        (" the café is", ["Ġthe", "Ġcaf", "Ã©", "Ġwas"]),
    ],
)
def test_tokens_of_another_text(text: str, tokens: Sequence[str]) -> None:
    completion = ranked_tokens(text, tokens)
    assert completion.error == "an answer with other tokens than those of the texts"
    assert completion.failure is Failure.UNREADABLE
