"""The secrets that this process knows: those in its environment."""

import os
import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from evalkit.secrets.finding import Secrets

NAMED = re.compile(
    r"(?:^|_)(?:API_?KEY|ACCESS_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|AUTH)"
    r"(?:_|$)",
    re.IGNORECASE,
)
"""Names of variables that have a secret."""
PROXY = re.compile(r"\w+_proxy", re.IGNORECASE)


def known_secrets() -> Secrets:
    """The secrets among the variables of this process, as they are now."""
    return secrets_of(tuple(os.environb.items()))


@lru_cache(maxsize=4)
def secrets_of(variables: tuple[tuple[bytes, bytes], ...]) -> Secrets:
    """Those of an environment."""
    values: list[str] = []
    for name, raw in ((os.fsdecode(name), raw) for name, raw in variables):
        if NAMED.search(name):
            values.append(os.fsdecode(raw).strip())
        elif PROXY.fullmatch(name):
            values += password_in(os.fsdecode(raw))
    return Secrets.of(values)


def password_in(url: str) -> list[str]:
    """The password within a URL, as it is written and as it is meant."""
    try:
        password = urlsplit(url if "://" in url else f"//{url}").password or ""
    except ValueError:
        return []
    return [password, unquote(password)]
