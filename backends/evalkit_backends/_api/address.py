"""Where a server is, and its key: from the environment, and written nowhere."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from evalkit import (
    Secrets,
    UsageError,
    discreet,
    is_like_a_secret,
    known_secrets,
)

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
AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".azure-api.net")
AZURE_KEY = "AZURE_OPENAI_API_KEY"
ENDPOINTS = (
    "/chat/completions",
    "/completions",
    "/responses",
    "/embeddings",
    "/models",
)
"""What this backend, or another client, puts behind a base URL itself."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHOWN = 300
"""Most characters of a server's own words in what is told of it."""
LOOKED_AT = 1 << 16
"""Most that are looked through for the key."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server with its key, which `repr` does not show."""

    url: str
    """The base URL, without a slash at its end."""
    key_env: str
    """The variable that has the key, or would have it."""
    key: str = field(default="", repr=False)
    """Empty for a server that wants none."""
    query: str = ""
    """What stands behind a question mark in each request's URL, if anything."""

    @property
    def shown(self) -> str:
        """The base URL as the user gave it."""
        return f"{self.url}?{self.query}" if self.query else self.url

    @property
    def key_header(self) -> tuple[str, str]:
        """The header that has the key."""
        if is_azure(urlsplit(self.url).hostname or ""):
            return "api-key", self.key
        return "Authorization", f"Bearer {self.key}"

    def told(self, text: str) -> str:
        """What a server says, in one line: first without the key, should it have been
        sent back, and cut to a length only then."""
        hidden = Secrets.of([self.key]).hide(discreet(text[:LOOKED_AT]))
        line = " ".join(hidden.split())
        return line if len(line) <= SHOWN else line[:SHOWN] + "..."


def find_address(base_url: str, key_env: str) -> Address:
    """The server that the options and the environment name; UsageError if none can be.

    Without a base URL of its own, it is that of OPENAI_BASE_URL, or OpenAI's. An
    OpenAI key is not shown to another well-known host.
    """
    given = base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI
    problem = url_problem(given)
    if problem:
        raise UsageError(f"backend 'api': OPENAI_BASE_URL {problem}")
    url, _, query = given.partition("?")
    url = url.rstrip("/")
    wanted = key_of(urlsplit(url).hostname or "")
    variable = key_env or wanted or OPENAI_KEY
    key = os.environ.get(variable, "").strip()
    if not key and (key_env or wanted):
        raise UsageError(f"backend 'api': {url} needs a key: {variable} is empty")
    if not all("!" <= each <= "~" for each in key):
        raise UsageError(f"backend 'api': what {variable} holds cannot be a key")
    return Address(url, variable, key, query)


def is_azure(host: str) -> bool:
    """Whether a host is of Azure's, which want their keys in a header of their own."""
    return host.endswith(AZURE)


def key_of(host: str) -> str:
    """The variable that has the key of a well-known host; empty for any other."""
    return AZURE_KEY if is_azure(host) else KEYS.get(host, "")


def variable_problem(name: str) -> str:
    """Why something is no name of a variable; empty if it is one. The reason does not
    repeat it, for it may be the key itself."""
    if not VARIABLE.fullmatch(name) or is_like_a_secret(name):
        return "takes the name of an environment variable, not the key itself"
    return ""


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
    return secret_problem(parts) or ending_problem(parts)


def secret_problem(parts: SplitResult) -> str:
    """Why a URL may hold a secret; empty if it cannot."""
    if "@" in parts.netloc:
        return "must have no user or password: a key belongs in the environment"
    if parts.fragment:
        return "must have nothing behind a #"
    url = parts.geturl()
    if is_like_a_secret(url) or known_secrets().spans(url):
        return "has what looks like a key: that belongs in the environment"
    return ""


def ending_problem(parts: SplitResult) -> str:
    """What to write in place of a URL that is not a base, but of an endpoint."""
    path = parts.path.rstrip("/")
    for each in ENDPOINTS:
        if path.endswith(each):
            base = parts._replace(path=path.removesuffix(each)).geturl()
            return f"must end before {each}, which is added to it: {base}"
    return ""
