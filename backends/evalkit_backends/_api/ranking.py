"""Ranking over the completions endpoint, where it tells what it makes of a prompt.

A prompt and the same prompt with each choice behind it go in one request, to be echoed
with log-probabilities. A choice's tokens are those that the whole text has beyond as
many as the prompt has by itself, as in the backend `hf`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from evalkit import Completion, Failure, Rank, Ranked
from evalkit_backends._api.asking import (
    BYTES_PER_TOKEN,
    ENCODER,
    REFUSED,
    ROOM,
    TEXT,
    Put,
)
from evalkit_backends._api.echoes import are_of
from evalkit_backends._api.parsing import BODY_LIMIT
from evalkit_backends._api.replies import Choice, Logprobs, Usage, count, decoded
from evalkit_backends._api.trouble import Trouble

LEAST, MOST = -1e4, 1e-3
"""Of a token's log-probability: servers that cannot write that it never comes write
-9999, and rounding may bring a certain one just above 0."""


@dataclass(frozen=True, slots=True)
class Echoed:
    """What a server makes of one text, token by token."""

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    best: tuple[float, ...]
    """The greatest log-probability at each place."""


class Ranking:
    """Puts requests to rank choices, and reads what comes back."""

    def __init__(self, model: str, begin: str) -> None:
        self._model = model
        self._begin = begin
        """What stands for the beginning of a text, where a prompt is empty."""
        self._written = 0
        """Tokens that the server must write behind each text: some refuse none."""

    def put(self, request: Rank) -> Put:
        """A request as JSON; raise Trouble if it cannot be put to a server."""
        texts = self._texts(request)
        body = {
            "model": self._model,
            "prompt": texts,
            "echo": True,
            "logprobs": 1,
            "max_tokens": self._written,
            "temperature": 0,
        }
        content = ENCODER.encode(body)
        most = min(BODY_LIMIT, ROOM + BYTES_PER_TOKEN * len(content))
        return Put(TEXT, content, self._written, most)

    def read(self, body: bytes, request: Rank) -> Completion:
        """The ranking in a server's answer; raise Trouble if there is none."""
        reply = decoded(body)
        choices = sorted(reply.choices or (), key=lambda each: each.index)
        if [each.index for each in choices] != [*range(len(self._texts(request)))]:
            raise Trouble("an answer with other texts than were to be echoed")
        usage = reply.usage or Usage()
        logprobs = [logprobs_of(each) for each in choices]
        surplus = self._surplus(logprobs, count(usage.prompt_tokens))
        echoes = [
            echoed(each, surplus, text)
            for each, text in zip(logprobs, self._texts(request), strict=True)
        ]
        begun = self._begun(request, echoes)
        wholes = echoes[-len(request.choices) :]
        ranked = [
            ranked_of(whole, begun, choice)
            for whole, choice in zip(wholes, request.choices, strict=True)
        ]
        made = request.ranking(ranked)
        return Completion(
            request_id=made.request_id,
            prompt=made.prompt,
            ranked=made.ranked,
            prompt_tokens=count(usage.prompt_tokens),
        )

    def learn(self, trouble: Trouble, put: Put) -> bool:
        """Whether the request can be put in another way that the server may take."""
        if trouble.status not in REFUSED or put.manner == 1:
            return False
        self._written = 1
        return True

    def _surplus(self, texts: Sequence[Logprobs], asked: int) -> int:
        """How many tokens behind each text the server has written itself. What it says
        it has written is not always there: those of the prompts are counted."""
        if not asked:
            return self._written
        more = sum(len(each.tokens) for each in texts) - asked
        if more not in {0, len(texts)}:
            raise Trouble("an answer with other tokens than those of the texts")
        return more // len(texts)

    def _texts(self, request: Rank) -> list[str]:
        """The prompt, then the prompt with each choice; blanks at the prompt's end are
        read as part of the choices. Without a prompt, the choices alone."""
        if not isinstance(request.prompt, str):
            raise Trouble("a server ranks behind texts only, and this is a chat")
        begun = request.prompt.rstrip()
        ends = [request.prompt[len(begun) :] + each for each in request.choices]
        begun = begun or self._begin
        return [*([begun] if begun else []), *(begun + end for end in ends)]

    def _begun(self, request: Rank, echoes: Sequence[Echoed]) -> int:
        """How many tokens stand before the choices."""
        if len(echoes) > len(request.choices):
            return len(echoes[0].tokens)
        for each, text in zip(echoes, self._texts(request), strict=True):
            if "".join(each.tokens) == text:
                raise Trouble(
                    "the server puts no token before a text, so a choice without a "
                    "prompt cannot be ranked; option 'begin' may name one"
                )
        return 1


def logprobs_of(choice: Choice) -> Logprobs:
    """The log-probabilities of one text; raise Trouble if there are none."""
    try:
        return msgspec.convert(choice.logprobs, Logprobs)
    except msgspec.ValidationError:
        raise Trouble("an answer without the log-probabilities of the prompt") from None


def echoed(given: Logprobs, surplus: int, text: str) -> Echoed:
    """One text, without the tokens behind it; raise Trouble if something is missing, or
    is of another text."""
    end = len(given.tokens) - surplus
    best = [
        max(each.values(), default=-math.inf) if each else -math.inf
        for each in given.top_logprobs or ()
    ]
    if not len(given.tokens) == len(given.token_logprobs) == len(best):
        raise Trouble("an answer without the log-probabilities of all tokens")
    if not are_of(given.tokens[:end], text):
        raise Trouble("an answer with other tokens than those of the texts")
    check_numbers(given.token_logprobs[:end])
    return Echoed(
        tuple(given.tokens[:end]), tuple(given.token_logprobs[:end]), tuple(best[:end])
    )


def check_numbers(logprobs: Iterable[float | None]) -> None:
    """Raise Trouble for what no logarithm of a probability can be."""
    for each in logprobs:
        if each is not None and not LEAST <= each <= MOST:
            raise Trouble(
                f"an answer with the log-probability {each:g}", about=Failure.NUMBERS
            )


def ranked_of(whole: Echoed, begun: int, choice: str) -> Ranked:
    """What a server makes of a choice, given the whole text and where it begins."""
    logprobs = [each for each in whole.logprobs[begun:] if each is not None]
    if len(logprobs) < len(whole.tokens) - begun or not logprobs:
        raise Trouble("an answer without the log-probabilities of a choice")
    return Ranked(
        logprob=math.fsum(logprobs),
        tokens=len(logprobs),
        size=len(choice.encode("utf-8", "surrogatepass")),
        greedy=all(
            given >= best
            for given, best in zip(logprobs, whole.best[begun:], strict=True)
        ),
    )
