"""One request on its way to a completion: its tokens, its end, its text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from evalkit import Completion, Generate

Decode = Callable[[Sequence[int]], str]


@dataclass(slots=True, eq=False)
class Writing:
    """A prompt and what the model has written behind it so far."""

    request: Generate
    prompt: list[int]
    """Token ids of the prompt."""
    limit: int
    """Most tokens that may be written: max_tokens, or less if the context is full."""
    random: Random
    """Decides all that is left to chance, in the order of the tokens."""
    written: list[int] = field(default_factory=list[int])
    ended: bool = False
    """Whether the model itself ended its turn, by a token that is not in `written`."""
    searched: int = 0
    """How many written tokens are known to hold no stop string."""
    text: str | None = None
    """The answer, cut at a stop string, once one was found."""

    @property
    def tokens(self) -> list[int]:
        return self.prompt + self.written

    @property
    def length(self) -> int:
        return len(self.prompt) + len(self.written)

    @property
    def beginning(self) -> int:
        """A number that rows have in common only if they are the same so far."""
        return id(self) if self.written else id(self.prompt)

    @property
    def widest(self) -> int:
        """How many tokens it may come to."""
        return len(self.prompt) + self.limit

    @property
    def finished(self) -> bool:
        full = len(self.written) >= self.limit
        return self.ended or full or self.text is not None

    def add(self, token: int, ends: frozenset[int]) -> None:
        """Take the model's next token."""
        if token in ends:
            self.ended = True
        else:
            self.written.append(token)

    def search(self, decode: Decode) -> None:
        """Look for stop strings in what was written since the last search."""
        stops = self.request.sampling.stop
        if not stops or self.searched == len(self.written):
            return
        place = earliest(decode(self.written), stops)
        if place is not None:
            self._cut(decode, stops)
        self.searched = len(self.written)

    def _cut(self, decode: Decode, stops: Sequence[str]) -> None:
        """End the text at the first stop string that the model came to write."""
        for count in range(self.searched + 1, len(self.written) + 1):
            text = decode(self.written[:count])
            place = earliest(text, stops)
            if place is not None:
                self.written = self.written[:count]
                self.ended = False
                self.text = text[:place]
                return

    def completion(self, decode: Decode, prompt: str) -> Completion:
        """What came of the request; `prompt` is how the model saw it."""
        stopped = self.ended or self.text is not None
        return Completion(
            request_id=self.request.id,
            text=decode(self.written) if self.text is None else self.text,
            finish="stop" if stopped else "length",
            prompt=prompt,
            prompt_tokens=len(self.prompt),
            completion_tokens=len(self.written) + self.ended,
        )


def earliest(text: str, stops: Sequence[str]) -> int | None:
    """Where the first of several strings begins, None if none is there."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return min(places, default=None)
