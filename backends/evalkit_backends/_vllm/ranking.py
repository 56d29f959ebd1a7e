"""Ranking choices with an engine that reads prompts and writes tokens.

The prompt is read once, for the log-probabilities of the choices' first tokens: where
all choices are single tokens, such as letters, that is all. A longer choice is read
behind the prompt, which vLLM's cache of prefixes still holds in whole blocks, and a
token is written in place of the choice's last one, whose log-probability comes with
it. Those in between come as log-probabilities of the prompt, which vLLM gives for
what it has just read and not for what its cache held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalkit import Completion, Rank
from evalkit_backends._models.question import Question
from evalkit_backends._models.template import Template
from evalkit_backends._vllm.core import Ask
from evalkit_backends._vllm.jobs import Job, checked

ONE_TOKEN = {
    "max_tokens": 1,
    "temperature": 0.0,
    "detokenize": False,
    "ignore_eos": True,
}


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens of a choice that one ask is to tell of, none of them its first."""

    place: int
    """Of the choice, among those of its question."""
    begin: int
    end: int


class Ranking(Job):
    """A question, and what vLLM was asked about it."""

    def __init__(
        self, question: Question, most_scored: int, *, one_by_one: bool
    ) -> None:
        self._question = question
        firsts = sorted({choice[0] for choice in question.choices})
        self._firsts = [
            firsts[start : start + most_scored]
            for start in range(0, len(firsts), most_scored)
        ]
        self._parts = [
            part
            for place, choice in enumerate(question.choices)
            for part in parts(place, len(choice), one_by_one=one_by_one)
        ]
        self._read_anew: set[Part] = set()
        """Those that were asked without the cache."""
        question.logprobs = [0.0] * len(question.choices)
        question.greedy = [True] * len(question.choices)

    @property
    def request(self) -> Rank:
        return self._question.request

    def asks(self) -> Sequence[Ask]:
        prompt = self._question.prompt
        return [
            *(
                Ask(prompt, {**ONE_TOKEN, "logprob_token_ids": tokens})
                for tokens in self._firsts
            ),
            *(self._behind(part) for part in self._parts),
        ]

    def _behind(self, part: Part, *, cached: bool = True) -> Ask:
        """The ask for a part: all but its last token is read, the last one written."""
        read = self._question.choices[part.place][: part.end]
        sampling = {**ONE_TOKEN, "logprob_token_ids": [read.pop()]}
        if part.end - part.begin > 1:
            sampling["prompt_logprobs"] = 1
        # vLLM would not look into its cache for a request with `prompt_logprobs`.
        sampling["skip_reading_prefix_cache"] = not cached
        return Ask([*self._question.prompt, *read], sampling)

    def hear(self, number: int, output: Any) -> Ask | None:
        written = checked(output)
        if number >= len(self._firsts):
            part = self._parts[number - len(self._firsts)]
            return self._take_part(part, output, written)
        for place, choice in enumerate(self._question.choices):
            if choice[0] in self._firsts[number]:
                self._add_written(place, choice[0], written)
        return None

    def _add_written(self, place: int, token: int, written: Any) -> None:
        """Add a token that might have been written, and perhaps was."""
        self._question.logprobs[place] += written.logprobs[0][token].logprob
        self._question.greedy[place] &= written.token_ids[0] == token

    def _take_part(self, part: Part, output: Any, written: Any) -> Ask | None:
        """Add the tokens of a part, or ask for it again."""
        *read, last = self._question.choices[part.place][part.begin : part.end]
        if read:
            rows = output.prompt_logprobs[-len(read) :]
            if self._is_stale(part, output, rows):
                return self._ask_anew(part)
            for token, row in zip(read, rows, strict=True):
                self._question.logprobs[part.place] += row[token].logprob
                self._question.greedy[part.place] &= row[token].rank == 1
        self._add_written(part.place, last, written)
        return None

    def _is_stale(self, part: Part, output: Any, rows: Sequence[Any]) -> bool:
        """Whether some of a part came from the cache, which has no such numbers.

        It may when the same was read before: by another attempt, or as the beginning
        of a longer choice. vLLM then fills the place with whatever was in memory.
        """
        before = len(self._question.prompt) + part.begin - 1
        cached = output.num_cached_tokens
        if cached is None or cached > before:
            return True
        return len(rows) < part.end - part.begin - 1 or None in rows

    def _ask_anew(self, part: Part) -> Ask:
        if part in self._read_anew:
            raise ValueError("vLLM gave no log-probabilities of a choice")
        self._read_anew.add(part)
        return self._behind(part, cached=False)

    def completion(self, template: Template) -> Completion:
        return self._question.completion(template.prompt(self._question.prompt))


def parts(place: int, length: int, *, one_by_one: bool) -> Sequence[Part]:
    """What to ask of a choice behind its first token: all at once, or token by token.

    With an adapter vLLM cannot tell of tokens that it reads, only of the one that it
    writes: its engine breaks off.
    """
    if one_by_one:
        return [Part(place, begin, begin + 1) for begin in range(1, length)]
    return [Part(place, 1, length)] if length > 1 else []
