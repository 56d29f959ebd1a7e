"""One request on its way to a completion: its tokens, its end, its text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from evalkit import Completion, Failure, Generate, Tags, digest_of_tokens
from evalkit_backends._hf.reach import Extent
from evalkit_backends._hf.sampling import NONE

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
    opened: Tags | None = None
    """The kind of thought that the prompt ends within."""
    written: list[int] = field(default_factory=list[int])
    broken: bool = False
    """Whether the model gave no numbers to choose the next token by."""
    ended: bool = False
    """Whether the model itself ended its turn, by a token that is not in `written`."""
    searched: int = 0
    """How many written tokens are known to hold no stop string."""
    text: str | None = None
    """What was written, cut at a stop string, once one was found."""
    end: int | None = None
    """The token by which the model ended its turn."""
    told: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """Each token that was chosen, one that ended the text included, and its logit."""
    since: int = 0
    """How many tokens had been written before those."""
    padding: int = 0
    """Places at most that were filled up beside longer rows."""
    copied: bool = False
    """Whether it was read behind a copy of what others begin with too."""
    regime: int = 0
    """How the model reads texts of the length that it had when it was read."""
    parted_with: bool = False
    """Whether another goes on in its place."""

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
        ended = self.ended or self.broken or self.text is not None
        return ended or full or self.parted_with

    @property
    def extent(self) -> Extent:
        """What could make it differ from a text that is read by itself."""
        return Extent(self.length, self.padding, self.copied)

    def parted(self) -> "Writing":
        """One that goes on from here; this one is done with."""
        self.parted_with = True
        return replace(
            self,
            told=[],
            since=len(self.written),
            padding=0,
            copied=False,
            parted_with=False,
        )

    def anew(self) -> "Writing":
        """The same request, of which nothing is written."""
        chance = Random(self.request.sampling.seed)
        return Writing(self.request, self.prompt, self.limit, chance, self.opened)

    def add(self, token: int, ends: frozenset[int]) -> None:
        """Take the model's next token, if it has one."""
        if token == NONE:
            self.broken = True
        elif token in ends:
            self.ended, self.end = True, token
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
                self.ended, self.end = False, None
                self.text = text[:place]
                return

    def completion(self, decode: Decode, prompt: str) -> Completion:
        """What came of the request, its text as it was written; `prompt` is how the
        model saw that."""
        if self.broken:
            return self.request.failure(
                f"behind {len(self.written)} tokens the model's numbers are not finite",
                Failure.NUMBERS,
            )
        stopped = self.ended or self.text is not None
        return Completion(
            request_id=self.request.id,
            text=decode(self.written) if self.text is None else self.text,
            finish="stop" if stopped else "length",
            prompt=prompt,
            prompt_tokens=len(self.prompt),
            completion_tokens=len(self.written) + self.ended,
            token_ids=(*self.written, *(() if self.end is None else (self.end,))),
            prompt_sha256=digest_of_tokens(self.prompt),
        )


def earliest(text: str, stops: Sequence[str]) -> int | None:
    """Where the first of several strings begins, None if none is there."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return min(places, default=None)
