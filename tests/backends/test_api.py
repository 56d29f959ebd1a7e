"""The backend `api`: how requests are put, and what is made of the answers."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from evalkit import (
    Backend,
    BackendError,
    Completion,
    Generate,
    Message,
    Sampling,
    UsageError,
)
from evalkit.testing import BackendContract, answer_all
from evalkit_backends.api import API
from tests.backends.api_server import (
    Asked,
    Behavior,
    Reaction,
    Server,
    chat,
    counts,
    error,
    models,
    text,
)

pytest.importorskip("openai", reason="the package openai is not installed")

KEY = "sk-very-secret-0123456789"
QUESTION = (Message("user", "What comes after 4?"),)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no server or proxy but those that a test names."""
    for name in ("OPENAI_BASE_URL", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def ask(backend: Backend, *requests: Generate) -> list[Completion]:
    """The completions of requests, in the order of the requests."""
    numbered = [replace(each, id=f"r{i}") for i, each in enumerate(requests)]
    with backend.load(backend.prepare()) as engine:
        completions = list(answer_all(engine, numbered))
    return sorted(completions, key=lambda each: int(each.request_id[1:]))


def deflated(body: bytes) -> bytes:
    """A bare stream, without the head that there should be."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def answered(behavior: Behavior, **options: Any) -> tuple[Completion, Server]:
    """What comes of one question."""
    with Server(behavior) as server:
        backend = API(model="counter", base_url=server.url, **options)
        (completion,) = ask(backend, Generate(prompt=QUESTION))
    return completion, server


def said(body: bytes) -> Completion:
    """What is made of an answer with status 200."""
    return answered(lambda asked: Reaction(body=body))[0]


class TestContract(BackendContract):
    @pytest.fixture(autouse=True)
    def server(self) -> Iterator[None]:
        with Server() as server:
            type(self).backend = API(model="counter", base_url=server.url)
            yield


class TestHowItAsks:
    def test_messages_go_to_the_chat(self) -> None:
        completion, server = answered(counts)
        (question,) = server.questions
        assert question.path == "/v1/chat/completions"
        assert question.body == {
            "model": "counter",
            "messages": [{"role": "user", "content": "What comes after 4?"}],
            "max_tokens": 1024,
            "temperature": 0.0,
        }
        assert completion.text == "That is 5"
        assert completion.finish == "stop"
        assert (completion.prompt_tokens, completion.completion_tokens) == (11, 3)

    def test_texts_are_completed_word_for_word(self) -> None:
        with Server() as server:
            backend = API(model="m", base_url=server.url, chats=False)
            assert not backend.prepare().chats
            (completion,) = ask(backend, Generate(prompt=" 4 5\n"))
        (question,) = server.questions
        assert question.path == "/v1/completions"
        assert question.body["prompt"] == " 4 5\n"
        assert completion.text == "That is 6"
        assert completion.prompt == " 4 5\n"

    def test_sampling_is_passed_on(self) -> None:
        sampling = Sampling(max_tokens=7, temperature=0.5, top_p=0.9, seed=3)
        with Server() as server:
            backend = API(
                model="m", base_url=server.url, extra_body='{"reasoning": {"a": 1}}'
            )
            ask(backend, Generate(prompt=QUESTION, sampling=sampling))
        body = server.questions[0].body
        del body["messages"]
        assert body == {
            "model": "m",
            "max_tokens": 7,
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 3,
            "reasoning": {"a": 1},
        }

    def test_the_key_is_sent_as_such(self) -> None:
        _, server = answered(counts)
        assert {each.headers["authorization"] for each in server.asked} == {
            f"Bearer {KEY}"
        }

    def test_a_server_may_need_no_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPENAI_API_KEY")
        completion, server = answered(counts)
        assert completion.text == "That is 5"
        assert not any("authorization" in each.headers for each in server.asked)

    def test_the_key_of_another_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MY_KEY", "other")
        _, server = answered(counts, key_env="MY_KEY")
        assert server.asked[0].headers["authorization"] == "Bearer other"

    def test_the_base_url_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Server() as server:
            monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/")
            model = API(model="counter").prepare()
        assert model.identity == {"base_url": server.url}

    def test_connections_are_used_again(self) -> None:
        with Server() as server:
            backend = API(model="m", base_url=server.url, max_concurrency=1)
            requests = [Generate(prompt=f"{i}") for i in range(20)]
            texts = [each.text for each in ask(backend, *requests)]
        assert texts == [f"That is {i + 1}" for i in range(20)]
        assert server.most_at_once == 1
        assert server.connections == 2  # one to see what is there

    def test_as_many_at_once_as_are_allowed(self) -> None:
        def slow(asked: Asked) -> Reaction:
            return replace(counts(asked), delay=0.02)

        with Server(slow) as server:
            backend = API(model="m", base_url=server.url, max_concurrency=5)
            ask(backend, *(Generate(prompt=f"{i}") for i in range(40)))
        assert server.most_at_once == 5


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"base_url": "localhost:8000"}, "'base_url' is no URL"),
            ({"base_url": "ftp://host/v1"}, "'base_url' is no URL"),
            ({"base_url": "http://host:x/v1"}, "'base_url' is no URL"),
            ({"base_url": f"http://user:{KEY}@host/v1"}, "no user or password"),
            ({"base_url": f"http://host/v1?key={KEY}"}, "what looks like a key"),
            ({"max_concurrency": 0}, "'max_concurrency' takes 1 to 4096, not 0"),
            ({"timeout": 0.0}, "'timeout' must be more than 0"),
            ({"tries": 0}, "'tries' must be more than 0"),
            ({"omit": "top_k"}, "not 'top_k'"),
            ({"extra_body": "[1]"}, "takes a JSON object"),
            ({"extra_body": '{"model": "x"}'}, "cannot set 'model'"),
        ],
    )
    def test_wrong_ones_are_refused(self, options: Any, said: str) -> None:
        with pytest.raises(ValueError, match=said) as caught:
            API(model="m", **options)
        assert KEY not in str(caught.value)

    @pytest.mark.parametrize(
        ("host", "variable"),
        [
            ("https://api.openai.com/v1", "OPENAI_API_KEY"),
            ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
            ("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
            (
                "https://generativelanguage.googleapis.com/v1beta/openai",
                "GEMINI_API_KEY",
            ),
        ],
    )
    def test_well_known_hosts_have_keys_of_their_own(
        self, host: str, variable: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(UsageError, match=f"needs a key: {variable} is empty"):
            API(model="m", base_url=host).prepare()

    def test_a_key_in_the_base_url_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://:{KEY}@localhost/v1")
        with pytest.raises(UsageError, match="OPENAI_BASE_URL must have no") as caught:
            API(model="m").prepare()
        assert KEY not in str(caught.value)

    def test_a_key_that_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk\r\nX-Evil: 1")
        with pytest.raises(UsageError, match="cannot be a key"):
            API(model="m", base_url="http://localhost:9/v1").prepare()


class TestFindingTheServer:
    def test_one_that_is_not_there(self) -> None:
        with Server() as server:
            pass
        with pytest.raises(UsageError, match="cannot be reached"):
            API(model="m", base_url=server.url).prepare()

    @pytest.mark.parametrize("status", [401, 403])
    def test_one_that_refuses_the_key(self, status: int) -> None:
        body = error(f"Incorrect API key provided: {KEY}")
        with pytest.raises(UsageError) as caught:
            answered(lambda asked: Reaction(status=status, body=body))
        assert "; the key is read from OPENAI_API_KEY" in str(caught.value)
        assert KEY not in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_one_that_wants_a_key_where_there_is_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENAI_API_KEY")
        with pytest.raises(UsageError, match="OPENAI_API_KEY, which is empty"):
            answered(lambda asked: Reaction(status=401, body=error("no key")))

    @pytest.mark.parametrize(
        "closed",
        [
            *(
                Reaction(status=each, body=b"<p>No</p>")
                for each in (302, 401, 402, 403, 404, 405, 407, 429, 500, 501, 503)
            ),
            Reaction(status=403, body=error("Missing scopes: api.model.read")),
            Reaction(status=307, headers={"Location": "/v1/models/"}),
            Reaction(body=b"<html>Welcome</html>"),
            Reaction(body=b"", headers={"Content-Encoding": "br"}),
            Reaction(reset=True),
            Reaction(body=b"{}", keep=1),
        ],
        ids=lambda each: f"{each.status}-{len(each.body)}",
    )
    def test_one_that_lists_no_models(self, closed: Reaction) -> None:
        completion, _ = answered(lambda a: closed if a.method == "GET" else counts(a))
        assert completion.text == "That is 5"

    def test_a_model_may_be_taken_that_is_not_listed(self) -> None:
        with Server() as server:
            backend = API(model="counter:free", base_url=server.url)
            assert ask(backend, Generate(prompt="1"))[0].text == "That is 2"

    def test_a_model_that_is_not_there(self) -> None:
        def behavior(asked: Asked) -> Reaction:
            if asked.method == "GET":
                return Reaction(body=models("counter", "llama"))
            return Reaction(status=404, body=error("no such model"))

        with Server(behavior) as server:
            requests = [Generate(prompt=f"{i}") for i in range(20)]
            with pytest.raises(UsageError, match=r"\. Did you mean counter\?$"):
                ask(API(model="countr", base_url=server.url), *requests)
        assert len(server.questions) <= 20


def test_a_key_that_is_refused_only_by_then() -> None:
    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return Reaction(body=models("m"))
        return Reaction(status=401, body=error("Wrong key"))

    with pytest.raises(UsageError, match="Wrong key; the key is read from OPENAI"):
        answered(behavior)


def test_an_account_that_is_used_up_is_asked_once() -> None:
    def behavior(asked: Asked) -> Reaction:
        if asked.method == "GET":
            return counts(asked)
        body = error("You exceeded your quota", code="insufficient_quota")
        return Reaction(status=429, body=body)

    with Server(behavior) as server:
        with pytest.raises(UsageError, match="You exceeded your quota"):
            ask(API(model="m", base_url=server.url), Generate(prompt="1"))
        assert len(server.questions) == 1


class TestWhatIsAnAnswer:
    def test_thoughts_in_a_field_of_their_own(self) -> None:
        for name in ("reasoning_content", "reasoning"):
            completion = said(chat("5", **{name: "4 and one more"}))
            assert (completion.text, completion.reasoning) == ("5", "4 and one more")

    @pytest.mark.parametrize(
        ("content", "text", "reasoning"),
        [
            ("<think>\nHm.\n</think>\n\n5", "5", "Hm."),
            ("Hm.</think>5", "5", "Hm."),
            ("<think>Hm. And", "", "Hm. And"),
            ("It says <think>x</think>", "It says <think>x</think>", ""),
            ("5", "5", ""),
        ],
    )
    def test_thoughts_in_tags(self, content: str, text: str, reasoning: str) -> None:
        completion = said(chat(content))
        assert (completion.text, completion.reasoning) == (text, reasoning)

    def test_tokens_that_were_all_spent_on_thoughts(self) -> None:
        for content, more in (
            (None, {"reasoning_content": "Hm"}),
            ("", {"reasoning": "Hm"}),
            ("<think>Hm", {}),
        ):
            completion = said(chat(content, finish="length", **more))
            assert (completion.text, completion.finish) == ("", "length")
            assert completion.reasoning == "Hm"
            assert completion.error is None

    def test_tokens_spent_on_thoughts_that_are_not_shown(self) -> None:
        completion = said(chat(None, finish="length"))
        assert (completion.text, completion.finish) == ("", "length")

    def test_content_in_parts(self) -> None:
        parts = [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
            {"type": "text", "text": "It is "},
            {"type": "text", "text": "5"},
        ]
        completion = said(chat(parts))
        assert (completion.text, completion.reasoning) == ("It is 5", "Hm")

    def test_a_refusal(self) -> None:
        completion = said(chat(None, refusal="I would rather not."))
        assert completion.text == "I would rather not."
        assert completion.error is None

    def test_nothing_said_is_an_answer(self) -> None:
        completion = said(chat(""))
        assert (completion.text, completion.error) == ("", None)

    def test_an_answer_in_chunks(self) -> None:
        completion, _ = answered(lambda a: Reaction(body=chat("5"), chunked=True))
        assert completion.text == "5"

    def test_an_answer_of_another_content_type(self) -> None:
        headers = {"Content-Type": "text/html"}
        completion, _ = answered(lambda a: Reaction(body=chat("5"), headers=headers))
        assert completion.text == "5"

    @pytest.mark.parametrize("tokens", [-1, "7", None, 2.5, [], 10**30])
    def test_counts_that_are_none(self, tokens: object) -> None:
        reply = json.loads(chat("5"))
        reply["usage"] = {"prompt_tokens": tokens}
        completion = said(json.dumps(reply).encode())
        assert (completion.text, completion.prompt_tokens) == ("5", 0)

    def test_what_the_server_says_is_never_altered(self) -> None:
        completion = said(chat(f"Your key is {KEY}", reasoning=f"{KEY}!"))
        assert completion.text == f"Your key is {KEY}"
        assert completion.reasoning == f"{KEY}!"

    def test_bodies_that_are_not_quite_json(self) -> None:
        assert said(b"\xef\xbb\xbf" + chat("5")).text == "5"
        assert said(chat("5").replace(b"11", b"NaN")).text == "5"
        marked = chat("5").replace(b'"usage"', b'"score": -Infinity, "usage"')
        assert said(marked).text == "5"

    @pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, deflated])
    def test_a_packed_answer(self, pack: Callable[[bytes], bytes]) -> None:
        coding = "gzip" if pack is gzip.compress else "deflate"
        reaction = Reaction(body=pack(chat("5")), headers={"Content-Encoding": coding})
        assert answered(lambda asked: reaction)[0].text == "5"

    def test_an_answer_in_an_encoding_that_is_named(self) -> None:
        body = json.dumps(json.loads(chat("é")), ensure_ascii=False)
        headers = {"Content-Type": "application/json; charset=ISO-8859-1"}
        reaction = Reaction(body=body.encode("latin-1"), headers=headers)
        assert answered(lambda asked: reaction)[0].text == "é"

    @pytest.mark.parametrize(
        ("reaction", "reason"),
        [
            (
                Reaction(body=b"x", headers={"Content-Encoding": "br"}),
                "packed as 'br', which was not asked for",
            ),
            (
                Reaction(body=chat("5"), headers={"Content-Encoding": "gzip"}),
                "not packed as it says",
            ),
            (
                Reaction(
                    body=gzip.compress(b" " * (3 << 20)),
                    headers={"Content-Encoding": "gzip"},
                ),
                "more than 2048 KB",
            ),
            (Reaction(body="é".encode("latin-1")), "not UTF-8"),
        ],
    )
    def test_bodies_that_cannot_be_read(self, reaction: Reaction, reason: str) -> None:
        completion, server = answered(lambda asked: reaction)
        assert reason in (completion.error or "")
        assert len(server.questions) == 1


NO_ANSWERS: Mapping[str, tuple[bytes, str]] = {
    "no choices": (b'{"choices": []}', "without choices"),
    "nothing": (b"{}", "without choices"),
    "a list": (b"[1]", "of another form"),
    "a page": (b"<html>hello</html>", "not JSON: is the base URL right"),
    "no content": (chat(None), "without content"),
    "a tool": (chat(None, tool_calls=[{"id": "x"}]), "called a tool"),
    "a filter": (chat("", finish="content_filter"), "content filter"),
    "an image": (chat([{"type": "image_url"}]), "parts that are not text"),
    "a number": (chat(7), "of another form"),
    "choices that are none": (b'{"choices": "five"}', "of another form"),
    "bytes": (b'{"choices": [{"message": {"content": "\xff\xfe"}}]}', "not UTF-8"),
    "an error": (error("overworked", code=400), "overworked"),
    "an error in words": (b'{"error": "all is lost"}', "all is lost"),
    "depth": (b'{"choices": ' + b"[" * 100_000, "of another form"),
    "no text": (b'{"choices": [{"finish_reason": "stop"}]}', "without text"),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_what_is_no_answer_is_an_error_with_a_name(name: str) -> None:
    body, reason = NO_ANSWERS[name]
    completion, server = answered(lambda asked: Reaction(body=body), tries=1)
    assert completion.finish == "error"
    assert completion.error is not None
    assert reason in completion.error
    assert completion.text == ""
    assert len(server.questions) == 1


class TestStops:
    def sampling(self, *stop: str) -> Sampling:
        return Sampling(stop=stop)

    def ask(self, content: str, *stop: str, finish: str = "stop") -> Completion:
        with Server(
            lambda asked: Reaction(body=text(content, finish=finish))
        ) as server:
            (completion,) = ask(
                API(model="m", base_url=server.url),
                Generate(prompt="x", sampling=self.sampling(*stop)),
            )
            self.sent = server.questions[0].body.get("stop")
        return completion

    def test_four_are_sent_and_all_are_heeded(self) -> None:
        completion = self.ask("one five two", "a", "b", "c", "d", "five")
        assert self.sent == ["a", "b", "c", "d"]
        assert completion.text == "one "

    def test_the_first_one_counts(self) -> None:
        completion = self.ask("one two three", "three", "two", finish="length")
        assert (completion.text, completion.finish) == ("one ", "stop")

    def test_none_is_met(self) -> None:
        completion = self.ask("one two", "three", finish="length")
        assert (completion.text, completion.finish) == ("one two", "length")


class TestParameters:
    """A server that refuses some of them, in the words of OpenAI's."""

    def refusing(self, *names: str) -> Behavior:
        def behavior(asked: Asked) -> Reaction:
            for name in names:
                if name in asked.body:
                    words = f"Unsupported parameter: '{name}' is not supported here."
                    body = error(words, param=name, code="unsupported_parameter")
                    return Reaction(status=400, body=body)
            return counts(asked)

        return behavior

    def test_the_other_name_for_the_length_is_tried_and_kept(self) -> None:
        with Server(self.refusing("max_tokens")) as server:
            backend = API(model="m", base_url=server.url, max_concurrency=1)
            requests = [Generate(prompt=QUESTION) for _ in range(3)]
            completions = ask(backend, *requests)
        assert {each.text for each in completions} == {"That is 5"}
        assert len(server.questions) == 4
        assert server.questions[-1].body["max_completion_tokens"] == 1024

    def test_a_name_for_the_length_that_is_given(self) -> None:
        _, server = answered(
            self.refusing("max_tokens"), token_parameter="max_completion_tokens"
        )
        assert len(server.questions) == 1

    def test_what_is_left_out_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        with Server(self.refusing("temperature", "stop")) as server:
            backend = API(model="m", base_url=server.url)
            sampling = Sampling(stop=("is",))
            with backend.load(backend.prepare()) as engine:
                request = Generate(prompt=QUESTION, sampling=sampling, id="r")
                (completion,) = answer_all(engine, [request])
                facts = engine.facts()
        assert completion.text == "That "  # stopped on our side
        assert facts["refused by the server"] == "temperature, stop"
        assert "refuses 'temperature', which is left out" in caplog.text
        assert len(server.questions) == 3

    def test_what_shall_be_left_out_is_not_sent(self) -> None:
        _, server = answered(self.refusing("temperature"), omit="temperature, seed")
        assert len(server.questions) == 1

    def test_a_server_that_refuses_all(self) -> None:
        names = ("max_tokens", "max_completion_tokens")
        completion, server = answered(self.refusing(*names))
        assert completion.error is not None
        assert "Unsupported parameter" in completion.error
        assert len(server.questions) == 2

    def test_another_mistake_is_not_asked_again(self) -> None:
        body = error("This model supports at most 100 tokens", param="max_tokens")

        def behavior(asked: Asked) -> Reaction:
            good = asked.method == "GET"
            return counts(asked) if good else Reaction(status=400, body=body)

        completion, server = answered(behavior)
        assert completion.error == "status 400: This model supports at most 100 tokens"
        assert len(server.questions) == 1


class TestGeneralTransport:
    """What is used where there is a proxy, or TLS."""

    def through_proxy(
        self, behavior: Behavior, monkeypatch: pytest.MonkeyPatch
    ) -> Completion:
        with Server(behavior) as server:
            monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
            monkeypatch.setenv("no_proxy", "")
            backend = API(model="m", base_url="http://models.test/v1")
            (completion,) = ask(backend, Generate(prompt=QUESTION))
        assert server.asked[-1].path == "http://models.test/v1/chat/completions"
        assert server.asked[-1].headers["authorization"] == f"Bearer {KEY}"
        return completion

    def test_a_proxy_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.through_proxy(counts, monkeypatch).text == "That is 5"

    def test_its_answers_have_a_limit_too(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        packed = gzip.compress(b" " * (40 << 20))
        headers = {"Content-Encoding": "gzip"}

        def behavior(asked: Asked) -> Reaction:
            good = asked.method == "GET"
            return counts(asked) if good else Reaction(body=packed, headers=headers)

        completion = self.through_proxy(behavior, monkeypatch)
        assert "more than 2048 KB" in (completion.error or "")

    def test_it_goes_nowhere_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def behavior(asked: Asked) -> Reaction:
            if asked.method == "GET":
                return counts(asked)
            return Reaction(status=307, headers={"Location": "http://other.test/"})

        completion = self.through_proxy(behavior, monkeypatch)
        assert "it sends elsewhere" in (completion.error or "")


class TestEngine:
    def test_what_is_not_under_way_is_given_back(self) -> None:
        def slow(asked: Asked) -> Reaction:
            return replace(counts(asked), delay=0.2)

        requests = [Generate(prompt=f"{i}", id=f"r{i}") for i in range(6)]
        with Server(slow) as server:
            backend = API(model="m", base_url=server.url, max_concurrency=2)
            with backend.load(backend.prepare()) as engine:
                engine.submit(requests)
                done = list(engine.step())
                back = engine.withdraw()
                done += answer_all(engine, [])
                while len(done) + len(back) < 6:
                    done += engine.step()
                assert engine.step() == []
        asked = {each.prompt for each in server.questions}
        assert {f"r{each}" for each in asked} == {each.request_id for each in done}
        assert len(back) >= 2

    def test_it_works_beside_a_loop_that_runs(self) -> None:
        async def within() -> Completion:
            return answered(counts)[0]

        assert asyncio.run(within()).text == "That is 5"

    def test_closing_waits_for_nobody(self) -> None:
        with Server(lambda a: replace(counts(a), delay=0 if a.body == {} else 30)) as s:
            backend = API(model="m", base_url=s.url)
            engine = backend.load(backend.prepare())
            engine.submit([Generate(prompt="1", id="r")])
            assert engine.step() == []
            engine.close()

    def test_a_bug_is_no_failed_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPENAI_API_KEY")
        with Server() as server:
            backend = API(model="m", base_url=server.url)
            with backend.load(backend.prepare()) as engine:
                engine.submit([Generate(prompt=(object(),), id="r")])  # type: ignore[arg-type]  # on purpose
                with pytest.raises((AttributeError, BackendError)):
                    engine.step()
