"""A request of evalkit's on its way through vLLM, as one or several of vLLM's own."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from evalkit import Completion, Generate, Request, digest_of_tokens
from evalkit_backends._models.template import Read, Template
from evalkit_backends._models.unanswered import TooLong
from evalkit_backends._vllm.core import Ask
from evalkit_backends._vllm.numbers import (
    NotFinite,
    is_doubtful,
    is_finite,
    is_short,
    probing,
)


class Job(ABC):
    """What has to be asked of vLLM for one request, and what came of it."""

    @property
    @abstractmethod
    def request(self) -> Request:
        """What evalkit asked."""

    @abstractmethod
    def asks(self) -> Sequence[Ask]:
        """What to ask, in this order, so that later ones find earlier ones read."""

    @abstractmethod
    def hear(self, number: int, output: Any) -> Ask | None:
        """Take vLLM's output for one of the asks; give what to ask in its place.

        Raises ValueError if the output is none that the request can be answered from.
        """

    @abstractmethod
    def completion(self, template: Template) -> Completion:
        """What came of the request, once all asks were heard."""


def checked(output: Any) -> Any:
    """The text and tokens of an output; ValueError if vLLM did not finish it."""
    (written,) = output.outputs
    if written.finish_reason not in ("stop", "length"):
        raise ValueError(f"vLLM ended the request by {written.finish_reason!r}")
    return written


class Writing(Job):
    """An answer that is written behind a prompt."""

    def __init__(
        self, request: Generate, read: Read, context: int, ends: Sequence[int]
    ) -> None:
        self._request = request
        self._prompt = prompt = read.tokens
        # An answer that is held to a schema has no room for thoughts.
        self._opened = None if request.schema else read.opened
        self._ends = ends
        self._context = context
        self._limit = min(request.sampling.max_tokens, context - len(prompt))
        self._written: Any = None
        if not prompt or self._limit < 1:
            raise TooLong(
                f"a prompt of {len(prompt)} tokens, of {context} that can be held"
            )

    @property
    def request(self) -> Generate:
        return self._request

    def asks(self) -> Sequence[Ask]:
        wanted = self._request.sampling
        sampling = {
            "max_tokens": self._limit,
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "stop": list(wanted.stop),
            "detokenize": bool(wanted.stop),
            "stop_token_ids": list(self._ends),
            "seed": wanted.seed if wanted.temperature > 0 else None,
            "logprobs": 0 if is_short(self._limit) else None,  # of those written
        }
        return (Ask(self._prompt, sampling, schema=self._request.schema),)

    def hear(self, number: int, output: Any) -> Ask | None:
        if self._written is None:
            self._written = checked(output)
            if not is_short(self._limit):
                return self._doubt()
        if not is_finite(output):
            raise NotFinite("the model's numbers are not finite")
        return None

    def _doubt(self) -> Ask | None:
        """What to ask about an answer that may have been made of no numbers."""
        written: Sequence[int] = self._written.token_ids
        if not is_doubtful(written):
            return None
        return probing([*self._prompt, *written][: self._context - 1])

    def completion(self, template: Template) -> Completion:
        written = self._written
        completion = Completion(
            request_id=self._request.id,
            text=self._text(template),
            finish=written.finish_reason,
            prompt=template.prompt(self._prompt),
            prompt_tokens=len(self._prompt),
            completion_tokens=len(written.token_ids),
            token_ids=tuple(written.token_ids),
            prompt_sha256=digest_of_tokens(self._prompt),
        )
        return template.apart(completion, self._opened)

    def _text(self, template: Template) -> str:
        """What was written, with the tags of thoughts, which vLLM's text leaves out;
        up to the stop string that ended it, if one did."""
        tokens = list(self._written.token_ids)
        if tokens and tokens[-1] in self._ends:
            tokens.pop()
        text = template.answer(tokens)
        if not isinstance(self._written.stop_reason, str):
            return text
        return text.partition(self._written.stop_reason)[0]
