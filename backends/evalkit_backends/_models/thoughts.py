"""Answers as texts with the tags of thoughts in them, and told apart by these."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from evalkit import Completion, Tags, Thinking
from evalkit_backends._models.encoding import special_ids


class Thoughts:
    """A tokenizer that shows where its model is thinking.

    Tags may be special tokens, which decoding leaves out. Those are kept until thoughts
    and answer are apart.
    """

    def __init__(self, tokenizer: Any, thinking: Thinking) -> None:
        self._tokenizer = tokenizer
        self.thinking = thinking
        names = {
            number: str(tokenizer.convert_ids_to_tokens(number))
            for number in special_ids(tokenizer)
        }
        shown = {number for number, name in names.items() if is_shown(name, thinking)}
        self._hidden = frozenset(names) - shown
        self._names = sorted((names[number] for number in shown), key=len, reverse=True)

    def text(self, tokens: Sequence[int]) -> str:
        """What a model wrote, without special tokens but for those of its thoughts."""
        kept = [each for each in tokens if each not in self._hidden]
        return str(
            self._tokenizer.decode(
                kept, skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    def apart(self, completion: Completion, opened: Tags | None) -> Completion:
        """A completion of such a text, told apart; `opened` is what the prompt had
        begun."""
        told = self.thinking.apart(completion, opened)
        return replace(
            told,
            text=without(told.text, self._names),
            reasoning=without(told.reasoning, self._names),
        )


def is_shown(name: str, thinking: Thinking) -> bool:
    """Whether a special token is a tag, or part of one."""
    tags = thinking.words.tags
    parts = (
        text for each in tags for text in (*each.opens, *each.closes, *each.around)
    )
    return bool(name.strip()) and any(name in text for text in parts)


def without(text: str, names: Iterable[str]) -> str:
    """A text without some tokens."""
    for name in names:
        text = text.replace(name, "")
    return text
