"""From the 4-bit file of the built-in model to a folder like any other model's."""

from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from tokenizers import pre_tokenizers

from evalkit import BackendError
from evalkit_backends._models import builtin, wheel
from evalkit_backends._models.pretrained import (
    read_packed_model,
    read_packed_tokenizer,
)
from evalkit_backends._models.quiet import without_bars

CONTEXT = 8192
TOKENS = {
    "12345": ["1", "2", "3", "4", "5"],
    "a  12": ["a", "ĠĠ", "1", "2"],
    "<|im_start|>user": ["<|im_start|>", "user"],
}
"""How the original splits some texts."""


def ready(folder: Path) -> Path:
    """The folder to load for one that was found: itself, or what is made from it."""
    if not (folder / wheel.FILE).is_file():
        return folder
    target = builtin.unpacked()
    if (target / builtin.SOURCE).is_file():
        return target
    return builtin.publish(target, partial(convert, folder))


def convert(packed: Path, target: Path) -> None:
    """Write weights in float32, which holds the 4-bit ones exactly, and a tokenizer.

    Raises BackendError if the tokenizer does not split texts as the original does.
    """
    # Reading the file draws a bar that transformers has no switch for.
    with without_bars(), redirect_stderr(StringIO()):
        tokenizer = right_tokenizer(packed)
        model = read_packed_model(packed, wheel.FILE)
        model.generation_config.eos_token_id = tokenizer.eos_token_id
        model.generation_config.pad_token_id = tokenizer.pad_token_id
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)


def right_tokenizer(packed: Path) -> Any:
    """The tokenizer from the file, made to split digits one by one.

    The file names this rule ("smollm") but does not spell it out, and transformers
    takes another one.
    """
    tokenizer = read_packed_tokenizer(packed, wheel.FILE)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.model_max_length = CONTEXT
    for text, tokens in TOKENS.items():
        found = tokenizer.tokenize(text)
        if found != tokens:
            raise BackendError(
                f"the tokenizer of {wheel.FILE} reads {text!r} as {found}, and the "
                f"original as {tokens}: its scores would mislead"
            )
    return tokenizer
