"""Between texts and tokens: prompts as the model wants them, answers as people do."""

from collections.abc import Iterable, Sequence
from typing import Any

from evalkit import Message, Prompt

PROBE = "evalkit"


class PromptError(ValueError):
    """A prompt that this model's template or tokenizer does not take."""


class Template:
    """A tokenizer, its chat template, and the tokens that end an answer."""

    def __init__(self, tokenizer: Any, ends: Iterable[int]) -> None:
        self._tokenizer = tokenizer
        self.ends = frozenset({*ends, *end_of_text(tokenizer), *end_of_turn(tokenizer)})
        """Ids of the tokens that end an answer."""

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt's token ids; raise PromptError if it cannot be rendered."""
        try:
            if isinstance(prompt, str):
                return list(self._tokenizer(prompt).input_ids)
            text = render(self._tokenizer, prompt, answer=True)
            # The template has written the special tokens: none are added to them.
            return list(self._tokenizer(text, add_special_tokens=False).input_ids)
        except Exception as exc:  # templates raise whatever they like
            problem = " ".join(str(exc).split()) or type(exc).__name__
            raise PromptError(f"the model takes no such prompt: {problem}") from exc

    def prompt(self, tokens: Sequence[int]) -> str:
        """A prompt as text, its special tokens included."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=False))

    def answer(self, tokens: Sequence[int]) -> str:
        """An answer as text, without special tokens."""
        return str(
            self._tokenizer.decode(
                list(tokens),
                skip_special_tokens=True,
                clean_up_tokenization_spaces=False,
            )
        )


def render(tokenizer: Any, messages: Sequence[Message], *, answer: bool) -> str:
    """Messages through the chat template; `answer` opens the model's own turn."""
    turns = [{"role": each.role, "content": each.content} for each in messages]
    return str(
        tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=answer
        )
    )


def end_of_text(tokenizer: Any) -> set[int]:
    """The tokenizer's own end token, if it has one."""
    return set() if tokenizer.eos_token_id is None else {tokenizer.eos_token_id}


def end_of_turn(tokenizer: Any) -> set[int]:
    """The token that the chat template puts behind an answer, if it is a special one.

    Not every model's configuration lists it among its end tokens.
    """
    if not tokenizer.chat_template:
        return set()
    turns = (Message("user", "?"), Message("assistant", PROBE))
    try:
        _, _, behind = render(tokenizer, turns, answer=False).rpartition(PROBE)
    except Exception:  # a template that takes no such conversation shows no end
        return set()
    ids = tokenizer(behind.strip(), add_special_tokens=False).input_ids
    special = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}
    return set(ids[:1]) & special
