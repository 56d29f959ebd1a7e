"""What looks like a secret, though nobody knows it for one: in what users type, and in
what is said of failures."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from evalkit.secrets.finding import Span, merged, without
from evalkit.secrets.known import known_secrets
from evalkit.secrets.telling import LONG, least_of

ISSUED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|rk|pk)[-_][A-Za-z0-9_-]{16,}|"
    r"(?:hf|gsk|r8|fw|ghp|gho|ghs|ghu|pplx|tgp|csk|dp|nvapi|xai|glpat|github_pat)"
    r"[-_][A-Za-z0-9_-]{16,}|"
    r"xox[abeprs]-[A-Za-z0-9-]{10,}|AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}|"
    r"AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{16,}|"
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*)"
)
"""Keys as well-known services issue them."""
BORNE = re.compile(r"\b(?:bearer|basic)[\s+:]+([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)
LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")
"""A user with a password, or either, in a URL."""
CALLED = re.compile(
    r"(?:^|[\"'?&;,\s{])(?:[a-z0-9]+[-_])*?"
    r"(?:api[-_]?key|access[-_]?key|subscription[-_]?key|authorization|secret|"
    r"password|passwd|passphrase|access[-_]?token|auth[-_]?token|token|key|sig|"
    r"signature|credentials?)[\"']?\s*[=:]\s*[\"']?([^\"'\s&,;}]+)",
    re.IGNORECASE,
)
"""A value that goes by the name of a secret."""
WORD = re.compile(r"[A-Za-z0-9]+")
RUN = re.compile(r"[A-Za-z0-9_-]{32,}")
HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")


def discreet(text: str) -> str:
    """What is said of a failure, without the secrets in it, known or not."""
    text = known_secrets().hide(text)
    return without(text, merged(likenesses(text)))


def likenesses(text: str) -> Iterator[Span]:
    """Where a text has what services issue as keys, or what is sent as one."""
    for pattern in (ISSUED, LOGIN):
        for found in pattern.finditer(text):
            if pattern is LOGIN or is_drawn(found[0]):
                yield found.span()
    for found in BORNE.finditer(text):
        if least_of(found[1]):
            yield found.span(1)


def is_like_a_secret(text: str) -> bool:
    """Whether a text that a user typed has what looks like a secret.

    Keys do as services issue them, anything by the name that it goes by, and what seems
    to be drawn at random.
    """
    if any(True for _ in likenesses(text)):
        return True
    if any(is_hidden_value(found[1]) for found in CALLED.finditer(text)):
        return True
    words = WORD.findall(text)
    runs = [WORD.findall(run) for run in RUN.findall(text)]
    return any(is_random([word]) for word in words) or any(map(is_random, runs))


def is_hidden_value(value: str) -> bool:
    """Whether something that is called a key is one, and not a dummy or a number."""
    return least_of(value) > 0 and not value.isdigit()


def is_drawn(value: str) -> bool:
    """Whether what begins as a key does goes on as one: a name has words there."""
    digits = sum(map(str.isdigit, value))
    return digits >= 4 or any(len(word) >= 16 for word in WORD.findall(value))


def is_random(words: Sequence[str]) -> bool:
    """Whether the letters and digits of words side by side seem to be drawn at random.
    Digests are, but are no secrets: revisions and accounts are told by them."""
    run = "".join(words)
    if len(run) < LONG or HEX.fullmatch(run):
        return False
    digits = sum(map(str.isdigit, run))
    if digits < 2 or digits > len(run) - 2:
        return False
    changes = sum(kind(a) != kind(b) for word in words for a, b in pairwise(word))
    has_both = run.lower() != run and run.upper() != run
    return changes >= (0.4 if has_both else 0.2) * len(run)


def kind(sign: str) -> int:
    """Which of digits, small and capital letters a sign is."""
    return 0 if sign.isdigit() else 1 if sign.islower() else 2
