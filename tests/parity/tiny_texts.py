"""Texts for tiny models, and a tokenizer that has a token for each character."""

import random
from collections.abc import Iterable
from pathlib import Path

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

SPECIAL = ("<pad>", "<s>", "</s>")
PAD, BOS, EOS = range(3)
LETTERS = [chr(each) for each in range(33, 127) if chr(each) != "<"]
VOCABULARY = len(SPECIAL) + len(LETTERS)


def write_tokenizer(folder: Path) -> None:
    """Save a tokenizer that only knows single letters; it adds nothing to a text."""
    words = {word: token for token, word in enumerate((*SPECIAL, *LETTERS))}
    tokenizer = Tokenizer(models.BPE(words, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=SPECIAL[PAD],
        bos_token=SPECIAL[BOS],
        eos_token=SPECIAL[EOS],
    ).save_pretrained(folder)


def tokens(count: int, seed: int) -> list[int]:
    """So many letters as tokens, always the same ones."""
    return random.Random(seed).choices(range(len(SPECIAL), VOCABULARY), k=count)


def text(ids: Iterable[int]) -> str:
    """Tokens as people read them, special ones left out."""
    return "".join(LETTERS[each - len(SPECIAL)] for each in ids if each > EOS)
