"""Texts as token ids, without the token that some tokenizers end every text with.

What is to be gone on with must not end: a model that reads an end of text before its
answer was asked something else, and the tokens of a choice were counted from the wrong
place.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from evalkit import UsageError

PROBES = ("a", "7", "b.", "One two: (x)")
"""Texts without a common end: what their tokens all end with was added to them."""


class Unclosed:
    """A tokenizer whose texts can be gone on with."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._special = special_ids(tokenizer)
        self._nothing = {each: self._ids([""], each)[0] for each in (True, False)}
        """What an empty text becomes, with special tokens and without."""
        self._closing = {each: self._common_end(each) for each in (True, False)}
        self._check()

    def __call__(self, texts: Sequence[str], special: bool) -> list[list[int]]:
        """Token ids of texts; `special` says whether special tokens are added.

        Raises ValueError if a text is closed in a way that no other was.
        """
        closing = self._closing[special]
        found = self._ids(texts, special)
        if closing:
            found = [without(ids, closing) for ids in found]
        for text, ids in zip(texts, found, strict=True):
            if self._is_closed(text, ids, special):
                token = self._tokenizer.convert_ids_to_tokens(ids[-1])
                raise ValueError(f"its tokenizer ends some texts with {token!r}")
        return found

    def _ids(self, texts: Sequence[str], special: bool) -> list[list[int]]:
        encoded = self._tokenizer(list(texts), add_special_tokens=special)
        return [list(ids) for ids in encoded.input_ids]

    def _common_end(self, special: bool) -> list[int]:
        """The tokens that are put behind every text.

        What an empty text has, too, is one of them, and so is any special token, but
        for the one that stands for what a tokenizer does not know.
        """
        texts = self._ids(PROBES, special)
        nothing = self._nothing[special]
        added = self._special - {self._tokenizer.unk_token_id}
        count = 0
        while count < min(map(len, texts)):
            (last, *others) = {ids[-count - 1] for ids in texts}
            same = len(nothing) > count and nothing[-count - 1] == last
            if others or not (same or last in added):
                break
            count += 1
        return texts[0][len(texts[0]) - count :]

    def _check(self) -> None:
        """Raise UsageError if some texts are closed and others not."""
        for special in (True, False):
            try:
                self(PROBES, special)
            except ValueError as exc:
                raise UsageError(
                    f"the model cannot be asked, since {exc} and others not: what it "
                    "adds cannot be told from what is asked"
                ) from exc

    def _is_closed(self, text: str, ids: Sequence[int], special: bool) -> bool:
        """Whether tokens end with a special one that the text does not have."""
        if not ids or ids[-1] not in self._special:
            return False
        if list(ids) == without(self._nothing[special], self._closing[special]):
            return False
        token = str(self._tokenizer.convert_ids_to_tokens(ids[-1]))
        return not text.rstrip().endswith(token.strip())


def without(ids: list[int], closing: list[int]) -> list[int]:
    """Ids of a text without those that close it."""
    count = len(closing)
    return ids[:-count] if count and ids[-count:] == closing else ids


def special_ids(tokenizer: Any) -> frozenset[int]:
    """Ids of the tokens that are no text: decoding leaves them out if told to."""
    known: Any = getattr(tokenizer, "added_tokens_decoder", None)
    # A tokenizer that has no such table may have a method of that name.
    added: Iterable[tuple[int, Any]] = known.items() if hasattr(known, "items") else ()
    special = (number for number, token in added if token.special)
    return frozenset({*special, *tokenizer.all_special_ids})
