"""Where a server is, and its key: from the environment, and written nowhere."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from evalkit import UsageError

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
KEYS: Mapping[str, str] = MappingProxyType(
    {
        "api.openai.com": OPENAI_KEY,
        "openrouter.ai": "OPENROUTER_API_KEY",
        "api.anthropic.com": "ANTHROPIC_API_KEY",
        "generativelanguage.googleapis.com": "GEMINI_API_KEY",
        "api.deepseek.com": "DEEPSEEK_API_KEY",
        "api.fireworks.ai": "FIREWORKS_API_KEY",
        "api.groq.com": "GROQ_API_KEY",
        "api.mistral.ai": "MISTRAL_API_KEY",
        "api.together.xyz": "TOGETHER_API_KEY",
        "api.x.ai": "XAI_API_KEY",
    }
)
"""Hosts that want a key, and the variable where it is looked for."""
HIDDEN = "[key]"


@dataclass(frozen=True, slots=True)
class Address:
    """A server with its key, which `repr` does not show."""

    url: str
    """The base URL, without a slash at its end."""
    key_env: str
    """The variable that has the key, or would have it."""
    key: str = field(default="", repr=False)
    """Empty for a server that wants none."""

    def hide(self, text: str) -> str:
        """A text without the key, should a server have sent it back."""
        return text.replace(self.key, HIDDEN) if self.key else text


def find_address(base_url: str, key_env: str) -> Address:
    """The server that the options and the environment name; UsageError if none can be.

    Without a base URL of its own, it is that of OPENAI_BASE_URL, or OpenAI's. An
    OpenAI key is not shown to another well-known host.
    """
    given = base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI
    problem = url_problem(given)
    if problem:
        raise UsageError(f"backend 'api': OPENAI_BASE_URL {problem}")
    url = given.rstrip("/")
    wanted = KEYS.get(urlsplit(url).hostname or "", "")
    variable = key_env or wanted or OPENAI_KEY
    key = os.environ.get(variable, "").strip()
    if not key and (key_env or wanted):
        raise UsageError(f"backend 'api': {url} needs a key: {variable} is empty")
    if not all("!" <= each <= "~" for each in key):
        raise UsageError(f"backend 'api': what {variable} holds cannot be a key")
    return Address(url, variable, key)


def url_problem(url: str) -> str:
    """Why something is no base URL of a server; empty if it is one.

    The reason does not repeat the URL, for there may be a key in it.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
        sound = sound and (parts.port is None or parts.port > 0)
    except ValueError:
        return "is no URL: it must look like http://localhost:8000/v1"
    if not sound or not url.isascii() or not url.isprintable() or " " in url:
        return "is no URL of a server: it must look like http://localhost:8000/v1"
    return secret_problem(parts)


def secret_problem(parts: SplitResult) -> str:
    """Why a URL may hold a secret; empty if it cannot."""
    if "@" in parts.netloc:
        return "must have no user or password: a key belongs in the environment"
    if parts.query or parts.fragment:
        return "must have no query: a key belongs in the environment"
    return ""
