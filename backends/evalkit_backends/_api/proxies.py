"""The proxy that the environment puts before a server, told without its password."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it."""

    variable: str
    url: str
    """Without user and password."""

    def __str__(self) -> str:
        return f"{self.url} of {self.variable}"


SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})


def proxy_for(url: str) -> Proxy | None:
    """What requests to a URL go through, if anything."""
    parts = urlsplit(url)
    proxies = getproxies()
    for name in (parts.scheme, "all"):
        if proxies.get(name) and not proxy_bypass(parts.hostname or ""):
            return Proxy(variable_of(name), without_login(proxies[name]))
    return None


def broken_proxy() -> Proxy | None:
    """The first proxy of the environment that is none, if one is."""
    for name, url in getproxies().items():
        if name not in {"http", "https", "all"}:
            continue
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            is_sound = parts.scheme in SCHEMES and bool(parts.hostname)
            is_sound = is_sound and (parts.port is None or parts.port > 0)
        except ValueError:
            is_sound = False
        if not is_sound:
            return Proxy(variable_of(name), without_login(url))
    return None


def variable_of(name: str) -> str:
    """The variable of a kind of proxies, as it is spelled here."""
    spellings = (f"{name}_proxy", f"{name}_proxy".upper())
    return next((each for each in spellings if os.environ.get(each)), spellings[1])


def without_login(url: str) -> str:
    """A URL that may be shown."""
    head, colon, rest = url.partition("://")
    return (
        f"{head}{colon}{rest.rpartition('@')[2]}" if colon else url.rpartition("@")[2]
    )
