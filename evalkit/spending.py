"""What tokens cost, and not spending more than was allowed."""

import math
from dataclasses import dataclass

from evalkit.types import Completion, Rank, Request, plain

MILLION = 1_000_000
BYTES_PER_TOKEN = 3.0
"""Of prompts, as long as nothing else is known: low, so that guesses are too dear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars per million tokens."""

    read: float
    written: float

    def cost(self, read: float, written: float) -> float:
        """What so many tokens cost, in dollars."""
        return (self.read * read + self.written * written) / MILLION


def dollars(amount: float) -> str:
    """Dollars and cents, and more places where there are no dollars."""
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.2g}"


def size(request: Request) -> int:
    """Bytes that the model has to read."""
    prompt = len(plain(request.prompt).encode())
    if isinstance(request, Rank):
        choices = sum(len(each.encode()) for each in request.choices)
        return prompt * len(request.choices) + choices
    return prompt


def most_written(request: Request) -> int:
    """The most tokens that the answer may have."""
    return 0 if isinstance(request, Rank) else request.sampling.max_tokens


def tokens_of(completion: Completion) -> tuple[int, int]:
    """Tokens that were read and written for a completion, as the engine counted them;
    where it does not say, about as many as there are."""
    read, written = completion.prompt_tokens, completion.completion_tokens
    if read or written or completion.error is not None:
        return read, written
    text = completion.text + completion.reasoning
    return about(completion.prompt), about(text)


def about(text: str) -> int:
    """The tokens of a text, if they are short."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)


class Budget:
    """Lets requests through as long as the dearest they can become is allowed.

    What a request reads is estimated from those before; what it may write is bounded.
    The room that cheap answers leave is there for others as soon as they have come.
    """

    def __init__(self, prices: Prices, limit: float, spent: float = 0.0) -> None:
        self.prices = prices
        self.limit = limit
        self.spent = spent
        """By earlier sessions, too."""
        self._spent_before = spent
        self.reserved = 0.0
        """What the requests under way may come to."""
        self._under_way: dict[str, tuple[float, int]] = {}
        """What each may come to, and its size."""
        self._bytes = 0
        self._tokens = 0

    def admits(self, request: Request) -> bool:
        """Whether a request may be sent; if so, room is reserved for it."""
        read, dearest = size(request), self._dearest(request)
        if self.spent + self.reserved + dearest > self.limit:
            return False
        self._under_way[request.id] = (dearest, read)
        self.reserved += dearest
        return True

    def refusal(self, request: Request) -> str:
        """Why a request was not let through."""
        before = self._spent_before
        told = f", {dollars(before)} of them before this session" if before else ""
        return (
            f"stopped by --max-cost {self.limit:g}: {dollars(self.spent)} are "
            f"spent{told}, and the next request may cost "
            f"{dollars(self._dearest(request))}"
        )

    def _dearest(self, request: Request) -> float:
        """What a request may come to."""
        read = size(request) / self._bytes_per_token
        return self.prices.cost(read, most_written(request))

    def settle(self, completion: Completion) -> None:
        """Count what a request cost."""
        dearest, read = self._under_way.pop(completion.request_id, (0.0, 0))
        self.reserved = self.reserved - dearest if self._under_way else 0.0
        self.spent += self.prices.cost(*tokens_of(completion))
        if completion.prompt_tokens:
            self._bytes += read
            self._tokens += completion.prompt_tokens

    @property
    def _bytes_per_token(self) -> float:
        return self._bytes / self._tokens if self._tokens else BYTES_PER_TOKEN
