"""Any server that speaks OpenAI's protocol: vLLM's, llama.cpp's, or a provider's.

``api:MODEL`` names a model as the server does; ``--base-url`` says where that is. The
key comes from the environment and is written nowhere. A server's words are taken for
what they are: what is no answer is an error with a name, never an empty answer.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from evalkit import (
    Backend,
    Engine,
    Model,
    Secrets,
    UsageError,
    hookimpl,
    is_like_a_secret,
    told_once,
)
from evalkit_backends._api.address import (
    Address,
    find_address,
    url_problem,
    variable_problem,
)
from evalkit_backends._models.named_tags import tags_of
from evalkit_backends._packages import check_packages

if TYPE_CHECKING:
    from evalkit_backends._api.replies import Telling

PACKAGES = ("openai", "httpx2")
OURS = frozenset(
    {"model", "messages", "prompt", "n", "stream", "echo", "logprobs", "best_of"}
)
"""Fields of a request that options cannot set."""
ARGUMENTS = "chat_template_kwargs"
"""The field in which servers take arguments of the chat template."""
OMITTABLE = frozenset({"temperature", "top_p", "stop", "seed", "response_format"})
"""Parameters that can be left out."""
MOST = 4096


@dataclass(frozen=True, kw_only=True)
class API(Backend):
    """Asks a server that speaks OpenAI's protocol, many questions at once."""

    name: ClassVar[str] = "api"
    local: ClassVar[bool] = False

    base_url: str = field(default="", metadata={"identity": False})
    """Of the server, such as ``http://localhost:8000/v1``; OPENAI_BASE_URL, or else
    OpenAI's, if not given. What it comes to is part of the model's identity."""
    key_env: str = field(default="", metadata={"identity": False})
    """The environment variable that has the key; by default the usual one of a host
    that is well known, or OPENAI_API_KEY."""
    max_concurrency: int = field(default=64, metadata={"identity": False})
    """Most requests under way at once; how many there are follows what the server can
    do."""
    timeout: float = field(default=600.0, metadata={"identity": False})
    """Seconds that one try may take, from sending it to the answer's last byte."""
    tries: int = field(default=6, metadata={"identity": False})
    """Most tries of a request that fails for reasons which may pass: errors of the
    server, lost connections, answers that are cut off."""
    patience: float = field(default=600.0, metadata={"identity": False})
    """Seconds in all that a request lets itself be put off by a server that has too
    much to do."""
    chats: bool = True
    """Whether the model takes chats; if not, only texts are sent, to be completed."""
    token_parameter: Literal["max_tokens", "max_completion_tokens"] = field(
        default="max_tokens", metadata={"identity": False}
    )
    """What the server calls the most tokens of an answer. If it refuses one, the
    other is tried."""
    omit: str = ""
    """Parameters not to send, with commas between: temperature, top_p, stop, seed,
    response_format. Otherwise one that the server refuses is left out from then on,
    with a warning."""
    extra_body: str = ""
    """A JSON object with more fields for each request, such as
    ``{"reasoning_effort": "low"}``."""
    begin: str = ""
    """A token, as text, that stands for the beginning of a text where choices are
    ranked without a prompt; needed if the server's tokenizer adds none."""
    thinking: str = field(default="", metadata={"later": True})
    """The tags that the model thinks within, as ``<a>...</a>``, where evalkit's table
    does not have them; ``...</think>`` where the server's chat template opens them, so
    that every answer begins within, and the server leaves them in the text."""

    def __post_init__(self) -> None:
        if not self.model:
            raise ValueError("needs a model's name, as in api:gpt-4.1-mini")
        self._check_address()
        self._check_limits()
        for name in self.omitted:
            if name not in OMITTABLE:
                raise ValueError(
                    "option 'omit' takes temperature, top_p, stop, seed and "
                    f"response_format, not {name!r}"
                )
        for name in ("model", "extra_body", "begin"):
            if is_like_a_secret(getattr(self, name)):
                raise ValueError(
                    f"option {name!r} has what looks like a key: that belongs in the "
                    "environment"
                )
        self._read_extra()
        if self.thinking:
            tags_of(self.thinking)

    def _check_address(self) -> None:
        problem = url_problem(self.base_url) if self.base_url else ""
        if problem:
            raise ValueError(f"option 'base_url' {problem}")
        problem = variable_problem(self.key_env) if self.key_env else ""
        if problem:
            raise ValueError(f"option 'key_env' {problem}")

    def _check_limits(self) -> None:
        if not 1 <= self.max_concurrency <= MOST:
            raise ValueError(
                f"option 'max_concurrency' takes 1 to {MOST}, not "
                f"{self.max_concurrency}"
            )
        for name, value in (
            ("timeout", self.timeout),
            ("patience", self.patience),
            ("tries", self.tries),
        ):
            if not value > 0:
                raise ValueError(f"option {name!r} must be more than 0, not {value}")

    @property
    def omitted(self) -> tuple[str, ...]:
        """The parameters that are not to be sent."""
        return tuple(name.strip() for name in self.omit.split(",") if name.strip())

    def prepare(self) -> Model:
        """See that the server is there and takes the key.

        Raises UsageError when it is not or does not, or a package is missing.
        """
        check_packages(self.name, PACKAGES)
        address = self._address()
        _ = self._served
        return Model(
            name=self.model, chats=self.chats, identity={"base_url": address.shown}
        )

    def can_rank(self, model: Model) -> bool:
        """Whether the server tells log-probabilities of a prompt's tokens.

        One small request finds that out. Raises UsageError if the server does not say.
        """
        return self._ranks

    @cached_property
    def _ranks(self) -> bool:
        from evalkit_backends._api.finding import server_ranks
        from evalkit_backends._api.ranking import Ranking

        return server_ranks(self._address(), Ranking(self.model, self.begin))

    def at_once(self) -> int | None:
        """As many as may be under way; a server may bear fewer."""
        return self.max_concurrency

    def load(self, model: Model) -> Engine:
        """An engine that asks the server."""
        from evalkit_backends._api.asking import Wording, Writing
        from evalkit_backends._api.engine import APIEngine
        from evalkit_backends._api.entry import Limits
        from evalkit_backends._api.loop import loop_here
        from evalkit_backends._api.ranking import Ranking

        wording = Wording(self.token_parameter, without=self.omitted)
        return APIEngine(
            self._address(),
            Writing(self.model, wording, self._read_extra(), self._telling()),
            Ranking(self.model, self.begin),
            Limits(
                most=self.max_concurrency,
                timeout=self.timeout,
                tries=self.tries,
                patience=self.patience,
            ),
            loop_here(),
        )

    def _telling(self) -> "Telling":
        """How the model's thoughts are told: as the user says, or the server shows."""
        from evalkit import known_thinking
        from evalkit_backends._api.replies import Telling
        from evalkit_backends._api.showing import opened_by_server, owners_in

        thinking = known_thinking().knowing(tags_of(self.thinking))
        if self.thinking or not self.chats:
            return Telling(thinking)
        asked: dict[str, Any] = {"model": self.model}
        if ARGUMENTS in (extra := self._read_extra()):
            asked[ARGUMENTS] = extra[ARGUMENTS]
        owners = owners_in(self._served)
        opened = opened_by_server(self._address(), owners, asked, thinking)
        return Telling(thinking, opened)

    @cached_property
    def _served(self) -> bytes:
        """What the server says that it has."""
        from evalkit_backends._api.finding import check_server

        return check_server(self._address(), self.timeout)

    def _address(self) -> Address:
        address = find_address(self.base_url, self.key_env)
        key = Secrets.of([address.key])
        for name in ("model", "base_url", "extra_body", "begin"):
            if key.spans(str(getattr(self, name))):
                raise UsageError(
                    f"backend 'api': {name} has what the key in {address.key_env} has, "
                    "which belongs in the environment only"
                )
        return address

    def _read_extra(self) -> dict[str, Any]:
        """The fields of `extra_body`; raise ValueError if it has none or wrong ones."""
        try:
            extra: object = json.loads(
                self.extra_body or "{}", object_pairs_hook=told_once
            )
        except (ValueError, RecursionError) as exc:
            raise ValueError(f"option 'extra_body' takes a JSON object: {exc}") from exc
        if not isinstance(extra, dict):
            raise ValueError("option 'extra_body' takes a JSON object")
        ours = sorted(OURS & extra.keys())
        if ours:
            raise ValueError(f"option 'extra_body' cannot set {ours[0]!r}")
        return cast(dict[str, Any], extra)


@hookimpl
def evalkit_backends() -> Iterable[type[Backend]]:
    return (API,)
