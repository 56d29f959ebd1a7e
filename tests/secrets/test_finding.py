"""What is taken for a secret, and that no piece of one is left where it is hidden."""

import base64
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import Secrets, discreet, is_like_a_secret, known_secrets
from evalkit.secrets.telling import least_of
from evalkit.text import visible

KEY = "sk-pX7dQ2-mV9_tR4wZ8bN1cJ6hL3gF5kY0uT7eA"
assert len(KEY) == 40
SECRETS = Secrets.of([KEY])


def leaks(text: str, key: str = KEY) -> list[str]:
    """The pieces of six characters that a text has of a key."""
    pieces = [key[place : place + 6].lower() for place in range(len(key) - 5)]
    return [each for each in pieces if each in text.lower()]


@pytest.mark.parametrize(
    "value",
    [
        *("", "1", "42", "EMPTY", "none", "null", "dummy", "sk-no-key", "lm-studio"),
        *("ollama", "not-needed", "sk-no-key-required", "your-api-key-here"),
        *("xxxxxxxxxxxxxxxxxxxxxxxx", "sk-0000000000000000000000", "12345678", "abc"),
        *("/home/me/key-0123456789abcdef.json", "https://example.org/a1b2c3d4e5f6"),
        *("./keys/0123456789abcdef0123", "two words and 0123456789abcdef0123456789"),
    ],
)
def test_what_stands_where_no_key_is_wanted_is_no_secret(value: str) -> None:
    assert least_of(value) == 0
    assert Secrets.of([value]).hide(f"the {value} is") == f"the {value} is"


@pytest.mark.parametrize(
    ("value", "least"),
    [
        (KEY, 6),
        ("0123456789abcdef0123456789abcdef", 6),
        ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN", 6),
        ("sk-test-0123456789012345", 6),
        ("token-abc123", 8),
        ("correct-horse-battery-staple", 14),
        ("31415926535897932384", 10),
    ],
)
def test_how_much_of_a_secret_gives_it_away(value: str, least: int) -> None:
    assert least_of(value) == least
    assert Secrets.of([value]).spans(f"-> {value[:least]}")
    assert not Secrets.of([value]).spans(f"-> {value[: least - 1]}")


WAYS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "its first half": lambda key: key[:20],
    "its second half": lambda key: key[20:],
    "six of it": lambda key: key[17:23],
    "in capitals": str.upper,
    "over two lines": lambda key: f"{key[:9]}\n{key[9:]}",
    "over two lines of Windows": lambda key: f"{key[:9]}\r\n    {key[9:]}",
    "with a line end as JSON has it": lambda key: f"{key[:9]}\\n{key[9:]}",
    "spaced out": " ".join,
    "dotted": ".".join,
    "quoted sign by sign": "', '".join,
    "with signs without width": "\u200b".join,
    "with soft hyphens": "\u00ad".join,
    "under accents": "\u0301".join,
    "between nulls": "\0".join,
    "in percents": lambda key: "".join(f"%{ord(each):02X}" for each in key),
    "twice in percents": lambda key: "".join(f"%25{ord(each):02x}" for each in key),
    "half in percents": lambda key: "".join(
        f"%{ord(each):02x}" if place % 2 else each for place, each in enumerate(key)
    ),
    "escaped for JSON": lambda key: "".join(f"\\u{ord(each):04x}" for each in key),
    "escaped for Python": lambda key: "".join(f"\\x{ord(each):02x}" for each in key),
    "escaped for HTML": lambda key: "".join(f"&#{ord(each)};" for each in key),
    "in hexadecimal": lambda key: key.encode().hex(),
    "in bytes": lambda key: key.encode().hex(":"),
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64 behind a name": lambda key: base64.b64encode(
        f"user:{key}".encode()
    ).decode(),
    "in base64 for URLs": lambda key: base64.urlsafe_b64encode(
        f"us:{key}".encode()
    ).decode(),
}
"""How a server may send a key back. All but the last lines have what can be read."""


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_found_however_it_is_written(way: str) -> None:
    written = WAYS[way](KEY)
    hidden = SECRETS.hide(f"Wrong key: {written}, says the server.")
    assert "[key]" in hidden
    assert written not in hidden
    assert hidden.startswith("Wrong key: ")
    assert hidden.endswith(", says the server.")
    assert not leaks(hidden.replace("\\n", "").replace(" ", ""))


@given(
    st.text(alphabet="ab %\\u0&#x;nB2.\n\u200bİ", max_size=12),
    st.integers(0, 34),
    st.integers(6, 40),
    st.text(alphabet="ab %\\u0&#x;nB2.\n\u200bİ", max_size=12),
)
def test_no_piece_is_left(before: str, start: int, length: int, behind: str) -> None:
    text = before + KEY[start : start + length] + behind
    assert not leaks(SECRETS.hide(text))


@given(st.text(max_size=200))
def test_other_texts_stay_as_they_are(text: str) -> None:
    if not leaks(text):
        assert SECRETS.hide(text) == text or "[key]" in SECRETS.hide(text)
    assert Secrets().hide(text) == text


def test_prose_and_mathematics_have_none() -> None:
    text = (
        "The train goes 60 miles per hour for 3 hours: \\frac{180}{1} = 180 %. "
        "Thus x_{1} \\neq x_{2}, \\text{and so on}. 0123456789 abcdefghij "
    )
    assert SECRETS.spans(text * 50) == ()


class TestKnown:
    def test_by_the_names_of_variables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("OPENAI_API_KEY", "HF_TOKEN", "MY_SECRET", "db_password"):
            with monkeypatch.context() as patch:
                patch.setenv(name, f" {KEY}\n")
                assert known_secrets().hide(f"a {KEY} b") == "a [key] b"
                assert visible(f"\x1b a {KEY}") == "\\x1b a [key]"

    def test_by_no_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HOSTNAME", "TOKENIZERS_PARALLELISM", "KEYBOARD", "PWD"):
            monkeypatch.setenv(name, KEY)
        assert known_secrets().hide(KEY) == KEY

    def test_the_password_of_a_proxy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://me:pa55%2Bword1234@proxy:3128")
        for written in ("pa55%2Bword1234", "pa55+word1234"):
            assert written not in known_secrets().hide(f"via {written}")


GOOD = """\
gpt-4.1-mini
ft:gpt-4o-mini-2024-07-18:acme-corp::AbC123xyZ
meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo
accounts/fireworks/models/llama-v3p1-405b-instruct-long
DeepSeekCoderV2LiteInstruct
Qwen/Qwen3-30B-A3B-Instruct-2507-FP8
us.anthropic.claude-sonnet-4-20250514-v1:0
arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-1-70b-v1:0
http://localhost:8000/v1
https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1
https://my.openai.azure.com/openai/deployments/gpt-4o?api-version=2025-04-01-preview
https://api.runpod.ai/v2/abc123def456gh/openai/v1
https://u8e7xyz1ab2cd3ef.us-east-1.aws.endpoints.huggingface.cloud/v1
{"reasoning_effort": "low"}
{"stop_token_ids": [1, 2], "stop_token": "<|im_end|>", "max_tokens": 12}
{"api_key": "EMPTY", "token": "none"}
{"chat_template_kwargs": {"enable_thinking": false}}
7b8b7a2c3d4e5f60718293a4b5c6d7e8f9012345
OPENAI_API_KEY
hf-internal-testing/tiny-random-LlamaForCausalLM
TheBloke/Llama-2-70B-Chat-GPTQ:gptq-4bit-32g-actorder_True
sk-telecom/ax-light
projects/my-project-123456/locations/us-central1/endpoints/1234567890123456789
e5f60718-2934-4a5b-9c6d-7e8f90123456
ray://10.0.0.1:10001""".splitlines()
BAD = (
    '{"api_key": "%s"}',
    '{"headers": {"Authorization": "Bearer %s"}}',
    '{"password": "%s"}',
    "http://h/v1?key=%s",
    "http://h/v1?a=b&sig=%s",
    "http://user:%s@h/v1",
    "http://%s@h/v1",
)
DRAWN = (
    "sk-live-0123456789abcdef0123456789abcdef",
    "sk-proj-aBcDeFgHiJkLmNoPqRsT",
    "hf_abcdefghijKLMNOPqrstuvWXYZ01234567",
    "xQ3mR8tW2pL9vB4nK7jH1gF6dS0aZ5yC3uE8iO2w",
    "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
)


class TestWhatLooksLikeOne:
    @pytest.mark.parametrize("text", GOOD)
    def test_names_and_places_do_not(self, text: str) -> None:
        assert not is_like_a_secret(text)
        assert discreet(text) == text

    @pytest.mark.parametrize("form", BAD)
    @pytest.mark.parametrize("key", [*DRAWN, "0123456789abcdef0123456789abcdef"])
    def test_keys_do_by_where_they_stand(self, form: str, key: str) -> None:
        assert is_like_a_secret(form % key)

    @pytest.mark.parametrize(
        "form", ["%s", "http://h/%s/v1", "model-%s", '{"a": "%s"}']
    )
    @pytest.mark.parametrize("key", DRAWN)
    def test_keys_do_by_themselves(self, form: str, key: str) -> None:
        assert is_like_a_secret(form % key)

    def test_what_is_said_of_failures(self) -> None:
        key = "sk-proj-aBcDeFgHiJkLmNoPqRsT"
        said = discreet(f"http://u:pw@h:1 Bearer abc123defg {key} bearer of news")
        assert said == "http://[key]@h:1 Bearer [key] [key] bearer of news"
