"""Requests as servers want them, which is not always how they are documented."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from evalkit import Completion, Generate, Sampling
from evalkit_backends._api.replies import Telling, completion_of
from evalkit_backends._api.trouble import Trouble

LOG = logging.getLogger(__name__)

CHAT, TEXT = "/chat/completions", "/completions"
FORM = "response_format"
STOPS = 4
"""Most stop strings that OpenAI takes; answers are cut at the others here."""
ENCODER = msgspec.json.Encoder()
ROOM, BYTES_PER_TOKEN = 1 << 20, 1 << 10
"""Bytes of an answer, besides its tokens and for each of them."""
LONGEST_ANSWER = 8 << 20
"""Bytes of an answer, however many tokens it may have."""
UNKNOWN = re.compile(
    r"unsupported|not support|unrecognized|unknown|not permitted|unexpected|"
    r"not allowed|deprecated",
    re.IGNORECASE,
)
"""How servers say that they know no such parameter."""

REFUSED = frozenset({400, 422})
"""Statuses of requests that a server does not want in that form."""

LengthName: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
OTHER: Mapping[LengthName, LengthName] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}


@dataclass(frozen=True, slots=True)
class Put:
    """A request as it is sent."""

    path: str
    body: bytes
    manner: object
    """In which of several ways it was put."""
    most: int
    """Bytes that the answer may have."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How requests are put. A server that refuses a parameter brings another one."""

    length: LengthName = "max_tokens"
    """What the most tokens of an answer are called."""
    tried: frozenset[str] = frozenset()
    """Names for that which were refused."""
    without: tuple[str, ...] = ()
    """Parameters that are left out."""

    def sampling(self, sampling: Sampling) -> dict[str, Any]:
        """The parameters of a request's sampling, but for those that say nothing."""
        given: dict[str, Any] = {
            self.length: sampling.max_tokens,
            "temperature": sampling.temperature,
        }
        if sampling.top_p != 1.0:
            given["top_p"] = sampling.top_p
        if sampling.stop:
            given["stop"] = sampling.stop[:STOPS]
        if sampling.temperature > 0:
            given["seed"] = sampling.seed
        for name in self.without:
            given.pop(name, None)
        return given

    def form(self, schema: str) -> dict[str, Any]:
        """What has the server hold an answer to a JSON Schema, if one is wanted."""
        if not schema or FORM in self.without:
            return {}
        named = {"name": "reply", "strict": True, "schema": json.loads(schema)}
        return {FORM: {"type": "json_schema", "json_schema": named}}

    def after(self, trouble: Trouble) -> "Wording | None":
        """The wording without what a server refused; None if it is not about that."""
        if trouble.status not in REFUSED:
            return None
        if FORM not in self.without and is_about_form(trouble):
            return Wording(self.length, self.tried, (*self.without, FORM))
        if not UNKNOWN.search(trouble.why):
            return None
        name = self.objected(trouble)
        if name == self.length and OTHER[self.length] not in self.tried:
            tried = self.tried | {self.length}
            return Wording(OTHER[self.length], tried, self.without)
        if name in {"temperature", "top_p", "stop", "seed"} - {*self.without}:
            return Wording(self.length, self.tried, (*self.without, name))
        return None

    def objected(self, trouble: Trouble) -> str:
        """The parameter that a server objects to: the one that it names first."""
        names = (self.length, "temperature", "top_p", "stop", "seed")
        if trouble.parameter in names:
            return trouble.parameter
        places = {
            found.start(): name
            for name in names
            if (found := re.search(rf"\b{name}\b", trouble.why))
        }
        return places[min(places)] if places else ""


def is_about_form(trouble: Trouble) -> bool:
    """Whether a server will not hold an answer to a schema, or not to this one."""
    said = f"{trouble.parameter} {trouble.why}"
    return FORM in said or "json_schema" in said


def most_bytes(request: Generate, asked: int) -> int:
    """Bytes that an answer may have, given those of the request: as many as so many
    tokens can take, escaped and with what is said of each, and some for the rest."""
    most = ROOM + 2 * asked + BYTES_PER_TOKEN * request.sampling.max_tokens
    return min(most, LONGEST_ANSWER)


class Writing:
    """Puts requests for answers, and reads those; learns what a server refuses."""

    def __init__(
        self,
        model: str,
        wording: Wording,
        extra: Mapping[str, Any],
        telling: Telling,
    ) -> None:
        self.model = model
        self._extra = extra
        """Fields to add to each body."""
        self._telling = telling
        self.wording = wording

    def put(self, request: Generate) -> Put:
        """A request as JSON: messages go to the chat, texts are to be completed."""
        wording = self.wording
        given: dict[str, Any] = {"model": self.model}
        if isinstance(request.prompt, str):
            given["prompt"] = request.prompt
        else:
            given["messages"] = [
                {"role": each.role, "content": each.content} for each in request.prompt
            ]
            given |= wording.form(request.schema)
        given |= wording.sampling(request.sampling)
        body = ENCODER.encode({**given, **self._extra})
        path = TEXT if isinstance(request.prompt, str) else CHAT
        return Put(path, body, wording, most_bytes(request, len(body)))

    def read(self, body: bytes, request: Generate) -> Completion:
        """The completion in a server's answer; raise Trouble if there is none."""
        return completion_of(body, request, self._telling)

    def learn(self, trouble: Trouble, put: Put) -> bool:
        """Whether the request can be put in another way that the server may take."""
        if put.manner is not self.wording:  # another request has taught it already
            return trouble.status in REFUSED
        wording = self.wording.after(trouble)
        if wording is None:
            return False
        for name in wording.without[len(self.wording.without) :]:
            LOG.warning(
                "evalkit: warning: the server refuses %r, which is left out: %s",
                name,
                trouble,
            )
        self.wording = wording
        return True

    @property
    def hint(self) -> str:
        """What the answers suggest to say of the server; empty for nothing."""
        return self._telling.unopened.hint

    def facts(self) -> dict[str, str]:
        """What was not asked as it should have been, and what the server shows."""
        left_out = ", ".join(self.wording.without)
        facts = {"refused by the server": left_out} if left_out else {}
        if self._telling.shown is not None:
            end = self._telling.shown.closes[0]
            facts["thinking"] = f"begun by the server's prompt, until {end}"
        return facts
