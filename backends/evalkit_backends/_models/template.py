"""Between texts and tokens: prompts as the model wants them, answers as people do."""

from collections.abc import Iterable, Sequence
from typing import Any

from evalkit import Failure, Message, Prompt
from evalkit_backends._models.unanswered import Unanswered

PROBE = "evalkit"


class PromptError(Unanswered):
    """A prompt that this model's template or tokenizer does not take."""

    kind = Failure.PROMPT


class Template:
    """A tokenizer, its chat template, and the tokens that end an answer."""

    def __init__(self, tokenizer: Any, ends: Iterable[int]) -> None:
        self._tokenizer = tokenizer
        self.ends = frozenset({*ends, *end_of_text(tokenizer), *end_of_turn(tokenizer)})
        """Ids of the tokens that end an answer."""

    def tokens(self, prompt: Prompt) -> list[int]:
        """A prompt's token ids; raise PromptError if it cannot be rendered."""
        try:
            # A template has written the special tokens: none are added to them.
            text, special = self._text(prompt)
            return self._encode([text], special)[0]
        except Exception as exc:  # templates raise whatever they like
            raise refused(exc) from exc

    def parts(
        self, prompt: Prompt, choices: Sequence[str]
    ) -> tuple[list[int], list[list[int]]]:
        """Token ids of a prompt, and of each choice behind it.

        Blanks at the prompt's end are read as part of the choices, since tokens begin
        with them. A choice's tokens are those that the whole text has beyond as many as
        the prompt has by itself: so lm-evaluation-harness 0.4.13 does it. Raises
        PromptError if a choice has none.
        """
        try:
            text, special = self._text(prompt)
            begun = text.rstrip()
            ends = [text[len(begun) :] + choice for choice in choices]
            if not begun:
                return self._parts_of_nothing(ends)
            prefix = self._encode([begun], special)[0]
            wholes = self._encode([begun + end for end in ends], special)
        except PromptError:
            raise
        except Exception as exc:  # templates raise whatever they like
            raise refused(exc) from exc
        behind = [whole[len(prefix) :] for whole in wholes]
        return prefix, checked(behind)

    def _parts_of_nothing(
        self, choices: Sequence[str]
    ) -> tuple[list[int], list[list[int]]]:
        """Choices at the beginning of a text, which some token has to stand for."""
        begin = self._tokenizer.bos_token_id
        if begin is None:
            begin = self._tokenizer.eos_token_id
        if begin is None:
            raise PromptError("the model has no token for the beginning of a text")
        tokens = self._encode(choices, special=False)
        return [begin], checked(
            [each[1:] if each[:1] == [begin] else each for each in tokens]
        )

    def _text(self, prompt: Prompt) -> tuple[str, bool]:
        """A prompt as text, and whether special tokens are to be added to it."""
        if isinstance(prompt, str):
            return prompt, True
        return render(self._tokenizer, prompt, answer=True), False

    def _encode(self, texts: Sequence[str], special: bool) -> list[list[int]]:
        encoded = self._tokenizer(list(texts), add_special_tokens=special)
        return [list(ids) for ids in encoded.input_ids]

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


def refused(problem: Exception) -> PromptError:
    """The error for a prompt that a template or tokenizer has raised over."""
    said = " ".join(str(problem).split()) or type(problem).__name__
    return PromptError(f"the model takes no such prompt: {said}")


def checked(choices: list[list[int]]) -> list[list[int]]:
    """Tokens of choices, of which each must have one."""
    for place, tokens in enumerate(choices):
        if not tokens:
            raise PromptError(f"choice {place + 1} adds no token to the prompt")
    return choices


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
