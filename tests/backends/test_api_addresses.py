"""Where the backend `api` is sent, and what is told where nothing is found there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from evalkit import Backend, Completion, Generate, UsageError
from evalkit.testing import answer_all
from evalkit_backends.api import API
from tests.backends.api_server import Asked, Reaction, Server, counts, error

pytest.importorskip("openai", reason="the package openai is not installed")

KEY = "sk-very-secret-0123456789"
ASKED = Generate(prompt="4", id="r")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no server or proxy but those that a test names."""
    for name in ("OPENAI_BASE_URL", *PROXIES, *map(str.upper, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def ask(backend: Backend) -> Completion:
    with backend.load(backend.prepare()) as engine:
        (completion,) = answer_all(engine, [ASKED])
    return completion


def only_below(base: str) -> Callable[[Asked], Reaction]:
    """A server that has nothing elsewhere."""

    def behavior(asked: Asked) -> Reaction:
        if asked.path.startswith(base + "/"):
            return counts(asked)
        return Reaction(status=404, body=error("Not Found"))

    return behavior


@pytest.mark.parametrize("ending", ["", "/", "//"])
def test_slashes_at_the_end_tell_no_other_server(ending: str) -> None:
    with Server() as server:
        backend = API(model="m", base_url=server.url + ending)
        assert ask(backend).text == "That is 5"
        assert backend.prepare().identity == {"base_url": server.url}


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h:1/v1/chat/completions", "http://h:1/v1"),
        ("http://h:1/v1/completions/", "http://h:1/v1"),
        ("https://h/openai/models?api-version=1", "https://h/openai?api-version=1"),
    ],
)
def test_the_url_of_an_endpoint_is_no_base(url: str, base: str) -> None:
    with pytest.raises(ValueError, match="is added to it") as caught:
        API(model="m", base_url=url)
    assert str(caught.value).endswith(f": {base}")


def test_a_base_that_ends_too_early_is_told_where_it_is() -> None:
    with Server(only_below("/v1")) as server:
        backend = API(model="m", base_url=server.url.removesuffix("/v1"))
        with pytest.raises(UsageError) as caught:
            ask(backend)
    assert str(caught.value).endswith(f"It is at {server.url}: --base-url {server.url}")


def test_a_base_that_ends_too_early_where_no_models_are_listed() -> None:
    with Server(lambda asked: Reaction(status=404)) as server:
        base = server.url.removesuffix("/v1")
        with pytest.raises(UsageError) as caught:
            ask(API(model="m", base_url=base))
    assert f"Most servers are at URLs such as {base}/v1" in str(caught.value)


def test_a_query_goes_with_every_request_and_is_part_of_what_is_asked() -> None:
    query = "api-version=2024-10-21&deployment=a%20b"
    with Server() as server:
        backend = API(model="m", base_url=f"{server.url}/?{query}")
        assert ask(backend).text == "That is 5"
        assert backend.prepare().identity == {"base_url": f"{server.url}?{query}"}
    wanted = "?api-version=2024-10-21&deployment=a"
    assert all(wanted in each.path for each in server.asked)
    assert {each.path.partition("?")[0] for each in server.asked} == {
        "/v1/models",
        "/v1/completions",
    }


def test_azure_gets_its_key_in_a_header_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    with Server() as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        url = "http://my.openai.azure.com/openai/deployments/d?api-version=1"
        assert ask(API(model="m", base_url=url)).text == "That is 5"
    assert {each.headers.get("api-key") for each in server.asked} == {KEY}
    assert not any("authorization" in each.headers for each in server.asked)
    assert server.asked[-1].path.endswith("/d/completions?api-version=1")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_dead_proxy_is_named_without_its_password(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://user:pa55word@127.0.0.1:9")
    with pytest.raises(UsageError) as caught:
        API(model="m", base_url="https://127.0.0.1:8/v1").prepare()
    said = str(caught.value)
    assert f"go through the proxy http://127.0.0.1:9 of {variable}; NO_PROXY" in said
    assert "refused" in said
    assert "pa55" not in said
    assert "user" not in said


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/v1", "https://127.0.0.1:8/v1"])
@pytest.mark.parametrize(
    ("variable", "proxy"),
    [
        ("https_proxy", "foo:bar"),
        ("all_proxy", "ftp://127.0.0.1:9"),
        ("all_proxy", "http://user:pa55word@:9"),
    ],
)
def test_a_proxy_that_is_none_is_named(
    variable: str, proxy: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(UsageError) as caught:
        API(model="m", base_url=url).prepare()
    assert "pa55" not in str(caught.value)
    if url.startswith("https") or variable == "all_proxy":
        assert f"{variable} names no proxy that can be used" in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_certificates_that_are_not_there_are_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "certificates.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(UsageError) as caught:
        API(model="m", base_url="https://127.0.0.1:8/v1").prepare()
    assert f"SSL_CERT_FILE names {str(path)!r}" in str(caught.value)


class Plain(BaseRequestHandler):
    """Says in plain words that it has not understood."""

    def handle(self) -> None:
        self.request.recv(1 << 16)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_a_server_that_speaks_no_tls() -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), Plain) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"https://127.0.0.1:{server.server_address[1]}/v1"
        with pytest.raises(UsageError, match=r"is it http://, not https://\?"):
            API(model="m", base_url=url).prepare()
        server.shutdown()
        thread.join()


def test_a_server_that_takes_longer_to_list_its_models_than_anybody_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def behavior(asked: Asked) -> Reaction:
        return replace(counts(asked), delay=30 if asked.method == "GET" else 0)

    with Server(behavior) as server:
        backend = API(model="m", base_url=server.url, timeout=0.5)
        assert ask(backend).text == "That is 5"
    assert "has not listed its models within 0.5 s" in caplog.text
