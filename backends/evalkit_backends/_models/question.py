"""One ranking on its way to a completion: its tokens and what they came to."""

from dataclasses import dataclass, field
from typing import Self

from evalkit import Completion, Rank, Ranked, digest_of_tokens
from evalkit_backends._models.unanswered import TooLong


@dataclass(slots=True, eq=False)
class Question:
    """A prompt, its choices, and what the model made of them so far."""

    request: Rank
    prompt: list[int]
    """Token ids of the prompt, of which there is at least one."""
    choices: list[list[int]]
    """Token ids of each choice, of which each has at least one."""
    cut: int = 0
    """Tokens left out on the left of the prompt."""
    logprobs: list[float] = field(default_factory=list[float])
    """Of each choice, the sum over its tokens so far."""
    greedy: list[bool] = field(default_factory=list[bool])

    @classmethod
    def of_tokens(cls, prompt: list[int], choices: list[list[int]]) -> Self:
        """A question of which only the tokens matter."""
        return cls(Rank(prompt="", choices=()), prompt, choices)

    @property
    def longest(self) -> int:
        """Tokens of the longest choice."""
        return max(map(len, self.choices))

    @property
    def read(self) -> int:
        """How many tokens the model is given, shared ones counted once."""
        return len(self.prompt) + sum(map(len, self.choices))

    def fit(self, context: int) -> None:
        """Cut the prompt on the left until any choice fits behind it.

        A choice's last token is predicted, not read, so it takes no room. Raises
        TooLong if a choice alone is.
        """
        room = context + 1 - self.longest
        if room < 1:
            raise TooLong(
                f"a choice of {self.longest} tokens, of {context} that can be held"
            )
        self.cut = max(0, len(self.prompt) - room)
        self.prompt = self.prompt[self.cut :]

    def completion(self, prompt: str) -> Completion:
        """What came of the request; `prompt` is how the model saw it."""
        return Completion(
            request_id=self.request.id,
            prompt=prompt,
            prompt_tokens=self.read,
            cut=self.cut,
            prompt_sha256=digest_of_tokens(self.prompt),
            ranked=tuple(
                Ranked(
                    logprob=logprob,
                    tokens=len(tokens),
                    size=len(text.encode()),
                    greedy=greedy,
                )
                for text, tokens, logprob, greedy in zip(
                    self.request.choices,
                    self.choices,
                    self.logprobs,
                    self.greedy,
                    strict=True,
                )
            ),
        )
