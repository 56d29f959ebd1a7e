"""Why a try brought no answer, and what that means for the request and the run."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from enum import Enum
from typing import Any, cast

from evalkit import Failure

LOOKED_AT = 1 << 16
"""Most characters of a server's own words that are looked at."""
PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 that another try may change."""
CROWDED = frozenset({429, 503, 529})
"""Statuses by which servers say that they have too much to do."""
TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})
FILTERED = frozenset({"content_filter", "content_policy_violation"})
LONG = re.compile(
    r"maximum (context|model|input)[a-z ]* length|context (length|size|window)"
    r"|(prompt|input|messages?) (is|are) too long|reduce the length",
    re.IGNORECASE,
)
"""How servers say that a question is longer than their model holds."""
QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "credit_limit")


class Kind(Enum):
    """What a failed try means."""

    LOST = "the request cannot be answered"
    PASSING = "another try may bring an answer"
    CROWDED = "another try may, if it comes later and fewer come at once"
    FINAL = "no request can be answered"


@dataclass(eq=False)
class Trouble(Exception):
    """A try that brought no answer. `str` is what is told of it."""

    why: str
    kind: Kind = Kind.LOST
    wait: float | None = None
    """Seconds that the server wants to be left alone for."""
    status: int = 0
    parameter: str = ""
    """The parameter of the request that the server objects to, if it names one."""
    about: Failure | None = None
    """What the server says that it is, where it says so."""
    is_unreached: bool = False
    """Whether there was no connection."""

    @property
    def failure(self) -> Failure:
        """Of what kind the request's failure is, if it is given up."""
        if self.about is not None:
            return self.about
        if self.kind in {Kind.PASSING, Kind.CROWDED}:
            return Failure.SERVER
        return Failure.REFUSED if self.status else Failure.UNREADABLE

    def __str__(self) -> str:
        return self.why


def refused(status: int, headers: Mapping[str, str], body: bytes) -> Trouble:
    """What an answer with an error status means."""
    error = error_in(body)
    said = words(error) or plain_words(headers, body)
    why = f"status {status}: {said}" if said else f"status {status}"
    if 300 <= status < 400:
        why = f"status {status}: it sends elsewhere; give the base URL that it means"
    return Trouble(
        why=why,
        kind=kind_of(status, error),
        wait=wait_of(headers),
        status=status,
        parameter=str(error.get("param") or ""),
        about=subject(error),
    )


def refused_inside(body: Mapping[str, Any]) -> Trouble | None:
    """What an error means that came with status 200, as OpenRouter sends them."""
    error = error_of(body)
    if not error:
        return None
    code = error.get("code")
    status = code if isinstance(code, int) and 300 <= code < 600 else 400
    return Trouble(
        why=f"an error in place of an answer: {words(error) or 'without words'}",
        kind=kind_of(status, error),
        status=status,
        parameter=str(error.get("param") or ""),
        about=subject(error),
    )


def kind_of(status: int, error: Mapping[str, Any]) -> Kind:
    """What a status means, given the error that came with it."""
    if status == 401 or (status == 403 and not is_about_input(error)):
        return Kind.FINAL
    if status == 400 and "API key not valid" in str(error.get("message")):  # Google
        return Kind.FINAL
    if status == 402 or (status == 429 and is_about_quota(error)):
        return Kind.FINAL
    if status in CROWDED:
        return Kind.CROWDED
    if status in PASSING or (status >= 500 and status != 501):
        return Kind.PASSING
    return Kind.LOST


def subject(error: Mapping[str, Any]) -> Failure | None:
    """What an error says of the question, if anything: too long, or not wanted."""
    names = {str(error.get(name)) for name in ("code", "type")}
    if names & TOO_LONG or LONG.search(str(error.get("message"))):
        return Failure.TOO_LONG
    if names & FILTERED or is_about_input(error):
        return Failure.FILTERED
    return None


def is_about_quota(error: Mapping[str, Any]) -> bool:
    """Whether an account is used up, which waiting does not change."""
    return any(error.get(name) in QUOTA for name in ("code", "type"))


def is_about_input(error: Mapping[str, Any]) -> bool:
    """Whether a server has read the question and will not answer it: moderation."""
    metadata = error.get("metadata")
    return isinstance(metadata, dict) and (
        "reasons" in metadata or "flagged_input" in metadata
    )


def error_in(body: bytes) -> Mapping[str, Any]:
    """The error that a body describes, empty if it is none that can be read."""
    try:
        return error_of(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def error_of(body: object) -> Mapping[str, Any]:
    """The error within a decoded body: OpenAI's form, a text, or vLLM's older form."""
    if isinstance(body, list) and body:  # Google's
        body = cast(list[object], body)[0]
    if not isinstance(body, dict):
        return {}
    given = cast(dict[str, Any], body)
    error = given.get("error")
    if isinstance(error, dict):
        return cast(dict[str, Any], error)
    if error:
        return {"message": error}
    return given if isinstance(given.get("message"), str) else detail_of(given)


def detail_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The error in the manner of FastAPI."""
    detail = body.get("detail")
    return {"message": detail} if isinstance(detail, str | list) and detail else {}


def words(error: Mapping[str, Any]) -> str:
    """What an error says. The key may stand in it, so it is not to be cut yet to what
    is shown: see `Address.told`."""
    return str(error.get("message") or error.get("code") or "")[:LOOKED_AT].strip()


def plain_words(headers: Mapping[str, str], body: bytes) -> str:
    """What a body says that describes no error, if it is a plain text."""
    if "text/plain" not in headers.get("content-type", ""):
        return ""
    return body[:LOOKED_AT].decode("utf-8", "replace").strip()


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server wants to be left alone for, None if it does not say."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            wait = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if 0 <= wait < float("inf"):
            return wait
    date = parsedate_tz(headers.get("retry-after", ""))
    if date is None:
        return None
    try:
        return max(0.0, mktime_tz(date) - time.time())
    except (ValueError, OverflowError):
        return None
