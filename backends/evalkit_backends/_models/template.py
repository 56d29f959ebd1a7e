"""Between texts and tokens: prompts as the model wants them, answers as people do."""

import hashlib
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from evalkit import (
    Completion,
    Failure,
    Message,
    Prompt,
    Tags,
    Thinking,
    UsageError,
    known_thinking,
)
from evalkit_backends._models.encoding import Unclosed
from evalkit_backends._models.learning import learned_tags, source_of
from evalkit_backends._models.messages import Faithful, Rendered
from evalkit_backends._models.rendering import Renderer, Runaway, Within
from evalkit_backends._models.thoughts import Thoughts
from evalkit_backends._models.unanswered import Unanswered

PROBE = "evalkit"


class PromptError(Unanswered):
    """A prompt that this model's template or tokenizer does not take."""

    kind = Failure.PROMPT


@dataclass(frozen=True, slots=True)
class Read:
    """A prompt as the model reads it."""

    tokens: list[int]
    opened: Tags | None
    """The kind of thought that it ends within, if it does."""


class Template:
    """A tokenizer, its chat template, and the tokens that end an answer."""

    def __init__(
        self,
        tokenizer: Any,
        ends: Iterable[int],
        told: Iterable[Tags] = (),
        *,
        render: Renderer | None = None,
        vocabulary: int = sys.maxsize,
    ) -> None:
        """`render` is what renders the template, if not the tokenizer itself, and
        `vocabulary` how many tokens the model has."""
        render = render or Within(tokenizer, {})
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._render = Faithful(render)
        self._encode = Unclosed(tokenizer)
        self._source = source_of(tokenizer)
        learned = learned_tags(render, tokenizer)
        thinking = known_thinking().knowing([*learned, *told])
        self._thoughts = Thoughts(tokenizer, thinking)
        own = {*end_of_text(tokenizer), *end_of_turn(tokenizer, render, thinking)}
        self.ends = frozenset({*ends, *own})
        """Ids of the tokens that end an answer."""

    def read(self, prompt: Prompt) -> Read:
        """A prompt's tokens; raise PromptError if it cannot be rendered."""
        try:
            text, special = self._text(prompt)
            tokens = text.tokens or self._encode([text.text], special)[0]
        except Exception as exc:  # templates raise whatever they like
            raise refused(exc) from exc
        self._check([tokens], prompt)
        chat = not isinstance(prompt, str)
        return Read(tokens, self._thoughts.thinking.opened(text.behind, chat=chat))

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
            rendered, special = self._text(prompt)
            text = rendered.text
            begun = text.rstrip()
            ends = [text[len(begun) :] + choice for choice in choices]
            if not begun:
                return self._parts_of_nothing(ends)
            if rendered.tokens:
                return rendered.tokens, checked(self._encode(choices, special=False))
            prefix = self._encode([begun], special)[0]
            wholes = self._encode([begun + end for end in ends], special)
        except PromptError:
            raise
        except Exception as exc:  # templates raise whatever they like
            raise refused(exc) from exc
        self._check(wholes, prompt)
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
        self._check(tokens, "")
        return [begin], checked(
            [each[1:] if each[:1] == [begin] else each for each in tokens]
        )

    def _text(self, prompt: Prompt) -> tuple[Rendered, bool]:
        """A prompt as text, and whether special tokens are to be added to it: a
        template has written them itself."""
        if isinstance(prompt, str):
            return Rendered(prompt, prompt), True
        return self._render(prompt), False

    def _check(self, texts: Sequence[Sequence[int]], prompt: Prompt) -> None:
        """Refuse tokens that the model does not have, and the whole model if it is its
        own template that writes them."""
        most = max((max(each, default=0) for each in texts), default=0)
        if most < self._vocabulary:
            return
        token = str(self._tokenizer.convert_ids_to_tokens(most))
        problem = (
            f"token {token!r} has the number {most}, and the model has "
            f"{self._vocabulary} tokens, its tokenizer {len(self._tokenizer)}"
        )
        if isinstance(prompt, str) or any(token in each.content for each in prompt):
            raise PromptError(problem)
        raise UsageError(f"the model's chat template cannot be used: {problem}")

    def prompt(self, tokens: Sequence[int]) -> str:
        """A prompt as text, its special tokens included."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=False))

    def answer(self, tokens: Sequence[int]) -> str:
        """What a model wrote as text, the tags of its thoughts included."""
        return self._thoughts.text(tokens)

    def apart(self, completion: Completion, opened: Tags | None) -> Completion:
        """A completion of such a text, its thoughts told apart from its answer."""
        return self._thoughts.apart(completion, opened)

    def facts(self) -> dict[str, str]:
        """What a reader needs to know of it to repeat a run."""
        if not self._source:
            return {}
        digest = hashlib.sha256(self._source.encode("utf-8", "surrogatepass"))
        facts = {"chat_template_sha256": digest.hexdigest()}
        with suppress(PromptError, UsageError):
            opened = self.read((Message("user", PROBE),)).opened
            if opened is not None:
                facts["thinking"] = f"begun by the prompt, until {opened.closes[0]}"
        return facts


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


def end_of_text(tokenizer: Any) -> set[int]:
    """The tokenizer's own end token, if it has one."""
    return set() if tokenizer.eos_token_id is None else {tokenizer.eos_token_id}


def end_of_turn(tokenizer: Any, render: Renderer, thinking: Thinking) -> set[int]:
    """The token that the chat template puts behind an answer, if it is a special one.

    Not every model's configuration lists it among its end tokens. One that closes
    thoughts, too, is none that a model is to stop at.
    """
    if not tokenizer.chat_template:
        return set()
    turns = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": PROBE},
    ]
    try:
        _, _, behind = render(turns, False).rpartition(PROBE)
    except Runaway:
        raise
    except Exception:  # a template that takes no such conversation shows no end
        return set()
    ids = tokenizer(behind.strip(), add_special_tokens=False).input_ids[:1]
    special = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}
    return {each for each in ids if each in special} - closing(tokenizer, thinking)


def closing(tokenizer: Any, thinking: Thinking) -> set[int]:
    """The tokens that close thoughts which begin with a token as well."""
    known: dict[str, int] = tokenizer.get_added_vocab()
    names = tuple(name for name in known if len(name) > 1)
    return {
        known[text]
        for each in thinking.tags
        if any(text.startswith(names) for text in each.opens)
        for text in each.closes
        if text in known
    }
